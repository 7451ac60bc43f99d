"""The export in a folder: the same one resumes, another is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.files import Output
from pipeline.formats import FOLDERS, FORMATS
from pipeline.identity import MANIFEST, RUN, OtherRun, held_run, refuse_other
from pipeline.outputs.card.corpus import CARD, CROISSANT
from pipeline.outputs.manifest import corpus_name
from pipeline.storage.markers import Listing
from pipeline.storage.overwriting import make_room

FORMAT = 1  # grows by one with a release that gives an export other bytes
NOTES = "work/exported"  # a folder: completion markers of shards
DESCRIBED = (CARD, CROISSANT)
WRITTEN = (MANIFEST, *DESCRIBED, *(folder for folder in FOLDERS if folder != "corpus"))  # in the order of their removal


def identity(manifest: Mapping[str, Any], formats: tuple[str, ...]) -> dict[str, Any]:
    """Returns what identifies an export, from the manifest of its corpus."""
    return {"export": {"format": FORMAT, "formats": list(formats)}, "parent": corpus_name(manifest)}


def claim(output: Output, this: dict[str, Any], overwrite: bool) -> bool:
    """Claims the folder for the export `this`; returns whether it is already finished. Raises OtherRun."""
    _refuse_others(output)
    make_room(output, WRITTEN, overwrite)
    held = held_run(output, WRITTEN)
    if held is None:
        output.clear_work()
        output.write_bytes(RUN, json.dumps(this, indent=1).encode())
        return False
    refuse_other(output, held, this)
    return all(map(output.has, (MANIFEST, *DESCRIBED))) and _is_whole(output, held)


def files_of(shard: str, formats: tuple[str, ...]) -> list[str]:
    """The files of a shard, below the root."""
    return [FORMATS[one].file(shard) for one in formats]


def _refuse_others(output: Output) -> None:
    """Raises OtherRun for what another command has written, which --overwrite would leave half removed."""
    held = held_run(output, ())
    if held is not None and "export" not in held:
        raise OtherRun(f"{output.root} holds what another command wrote; give the export a folder of its own")


def _is_whole(output: Output, held: Mapping[str, Any]) -> bool:
    there, formats = Listing(output), tuple(held["export"]["formats"])
    files = (file for shard in held["shards"] for file in files_of(shard["name"], formats))
    return all(file in there for file in files)
