"""Identity of the run in an output directory: the same run resumes, another is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from filters import Porn
from filters.open_nsfw import QUANTISED_SHA256
from filters.porn import FAST, OPEN_NSFW
from pipeline.config import APART, Config
from pipeline.files import Output, open_file, read_bytes
from pipeline.formats import FOLDERS, FORMATS, RECORDS, VERDICTS, formats_of
from pipeline.inputs import Source
from pipeline.measure.eval_sets import EvalSets
from pipeline.outputs.card.corpus import CARD, CROISSANT
from pipeline.storage.markers import Listing
from pipeline.storage.overwriting import make_room
from vocab.segment import dictionaries

RUN = "work/run.json"
MANIFEST = "manifest.json"
REPORT = "report.html"  # written last
FUNNEL = "funnel.json"
OVERWRITTEN = (REPORT, MANIFEST, FUNNEL, CARD, CROISSANT, *FOLDERS, "verdicts")  # removed by --overwrite, with `work`
METADATA = ("corpus/features.json", "corpus/dataset_info.json")
# Grows by one with a release that gives other bytes of corpus or verdicts for the same inputs and settings, or that
# can't continue the unfinished work of the release before it. The version of the package is no part of a run's
# identity: a new release resumes the runs of an older one of the same format.
FORMAT = 3
_ENDS = 1 << 16  # bytes of a file's head and tail that are part of its fingerprint


class OtherRun(ValueError):
    """The output directory holds another run."""


def identity(config: Config, sources: Sequence[Source], sets: EvalSets, counts: str = "") -> dict[str, Any]:
    """Returns what identifies a run. Workers, runner, and the folders of input and output are not part of it.

    `counts` is the digest of the earlier run whose counts apply.
    """
    settings = dataclasses.asdict(config)
    return {
        "format": FORMAT,
        "config": {section: settings[section] for section in settings if section not in APART},
        "inputs": [entry(source) for source in sources],
        "dictionaries": dictionaries() if config.text.segment else None,
        "porn_model": _porn_model(config.filters.porn),
        "embedding_model": _embedding_model(config, sets),
        "eval_images": _pictures([*sets.images, *sets.tables]),
        "eval_indexes": [fingerprint(index) for index in sets.indexes],
        **({"rules": [file.sha256 for file in config.filters.files]} if config.filters.files else {}),
        **({"counts": counts} if counts else {}),
    }


def _porn_model(porn: Porn) -> str | None:
    if not porn.enabled:
        return None
    if porn.model == OPEN_NSFW:
        return QUANTISED_SHA256[:16] if porn.speed == FAST else None
    return _content(porn.model)


def _embedding_model(config: Config, sets: EvalSets) -> str | None:
    used = config.filters.eval_duplicate.enabled and sets
    return _content(config.dedup.embedding.model) if used and config.dedup.embedding.model else None


def _content(model: str) -> str:
    """Hashes the file of a user's model, which may change under the same path."""
    with open(model, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _pictures(images: Sequence[Source]) -> str:
    return _digest(json.dumps([[image.name, image.size, image.modified] for image in images]).encode())


def entry(source: Source) -> dict[str, Any]:
    """Describes an input file in a run's identity."""
    return {"name": source.name, "size": source.size, "fingerprint": fingerprint(source)}


def fingerprint(source: Source) -> str:
    """Hashes size, time and both ends of a file: reading all of a large crawl would cost as much as pass 1."""
    return _digest(json.dumps([source.size, source.modified]).encode() + _head_and_tail(source))


def _head_and_tail(source: Source) -> bytes:
    """Returns the first and last 64 KiB of a file, or b"" if it can't be read: pass 1 reports all unreadable files."""
    try:
        with open_file(source.path) as file:
            head = file.read(_ENDS)
            file.seek(max(0, source.size - _ENDS))
            return head + file.read(_ENDS)
    except OSError:
        return b""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def claim(output: Output, run: dict[str, Any], overwrite: bool) -> bool:
    """Claims the directory for `run`; returns whether the run is already finished. Raises OtherRun."""
    make_room(output, OVERWRITTEN, overwrite)
    held = held_run(output, OVERWRITTEN)
    if held is None:
        output.clear_work()  # left by an unknown run
        output.write_bytes(RUN, json.dumps(run, indent=1).encode())
        return False
    defaults = json.loads(json.dumps(dataclasses.asdict(Config())))
    known = _ABSENT | held | {"config": _complete(held.get("config", {}), defaults)}
    refuse_other(output, known, _ABSENT | run)
    return all(output.has(name) for name in (REPORT, MANIFEST, FUNNEL, CARD, CROISSANT)) and _is_whole(output, held)


_ABSENT: dict[str, Any] = {"rules": [], "counts": ""}  # entries that runs without user rules or --counts lack


def _is_whole(output: Output, held: Mapping[str, Any]) -> bool:
    """Returns whether all files of a finished run still exist; one listing a folder."""
    names, there, formats = [shard["name"] for shard in held["shards"]], Listing(output), formats_of(held["config"])
    shards = [FORMATS[one].file(name) for name in names for one in formats]
    verdicts = [VERDICTS.file(name) for name in names]
    return all(name in there for name in (*shards, *verdicts, *(METADATA if RECORDS in formats else ())))


def refuse_other(output: Output, held: Mapping[str, Any], run: Mapping[str, Any]) -> None:
    """Raises OtherRun, with the first differences, if the run that an output holds differs from `run`."""
    if found := list(_differences(held, run)):
        if found == [_FORMATS] and output.has(REPORT):
            raise OtherRun(_other_formats(output, held, run))
        shown = ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
        raise OtherRun(f"{output.root} holds another run, which differs in {shown}; --overwrite replaces it")


_FORMATS = "output.formats"


def _other_formats(output: Output, held: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    """Says how a finished run gets further formats."""
    there, asked = formats_of(held["config"]), formats_of(run["config"])
    more = ",".join(name for name in asked if name not in there and name != RECORDS)
    advice = f"; python -m pipeline export {output.root} --format={more} --output=DIR writes it from the records"
    said = f"{output.root} holds the same run with {_FORMATS}=[{','.join(there)}]"
    return f"{said}{advice if more and RECORDS in there else ''}; --overwrite replaces it"


def held_run(output: Output, signs: Sequence[str]) -> dict[str, Any] | None:
    """Returns the identity of the run that an output holds, None if it holds none.

    `signs` are files and folders of runs. Raises OtherRun if one exists without an identity.
    """
    for name in (MANIFEST, RUN):
        if output.has(name):
            held: dict[str, Any] = json.loads(read_bytes(output.path(name)))
            return held
    for name in signs:
        if output.has(name):
            raise OtherRun(f"{output.root} holds files of an unknown run, such as {name}; --overwrite replaces it")
    return None


def _complete(held: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run, with the default of every setting that is newer than the run."""
    nested = {
        name: _complete(value, defaults[name])
        for name, value in held.items()
        if isinstance(value, Mapping) and isinstance(defaults.get(name), Mapping)
    }
    return {**defaults, **held, **nested}


def _differences(held: Any, run: Any, path: str = "") -> Iterator[str]:
    """Yields the paths at which `held` differs from `run`; entries of `held` alone don't count."""
    run = json.loads(json.dumps(run)) if not path else run
    if isinstance(run, Mapping) and isinstance(held, Mapping):
        for name in run:
            yield from _differences(held.get(name), run[name], f"{path}.{name}" if path else str(name))
    elif held != run:
        yield path.removeprefix("config.")
