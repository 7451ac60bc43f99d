"""The ways in which two runs differ before any pair is judged: settings, versions, inputs, evaluation sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.outputs.changed import NONE, changed

LISTED = 20  # input files
DIGITS = 16  # of a digest, as on the page of a corpus
SETS = {
    "eval_images": "evaluation images",
    "eval_indexes": "evaluation indexes",
    "rules": "files of rules",
    "porn_model": "porn model",
    "embedding_model": "embedding model",
    "dictionaries": "dictionaries",
    "counts": "run of --counts",
    "parent": "parent corpus",
    "subset": "choice of the subset",
}


@dataclass(frozen=True)
class Difference:
    """A setting, version or file that differs, and its value in each run."""

    kind: str
    name: str
    one: str
    two: str


def differences(one: Mapping[str, Any], two: Mapping[str, Any]) -> list[Difference]:
    """Lists the differences between two manifests, settings first."""
    settings = (Difference("setting", *found) for found in changed(one["config"], two["config"]))
    return [*settings, *_versions(one, two), *_inputs(one, two), *_sets(one, two)]


def _versions(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[Difference]:
    before, after = (manifest.get("versions") or {} for manifest in (one, two))
    for name in before | after:
        if before.get(name) != after.get(name):
            yield Difference("version", name, before.get(name, NONE), after.get(name, NONE))


def _inputs(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[Difference]:
    before, after = ({entry["name"]: entry for entry in manifest.get("inputs") or ()} for manifest in (one, two))
    names = [name for name in before | after if before.get(name) != after.get(name)]
    for name in names[:LISTED]:
        yield Difference("input", name, _file(before.get(name)), _file(after.get(name)))
    if len(names) > LISTED:
        yield Difference("input", f"and {len(names) - LISTED:,} more files", "", "")


def _file(entry: Mapping[str, Any] | None) -> str:
    return f"{entry['size']:,} bytes, {entry['fingerprint']}" if entry else "absent"


def _sets(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[Difference]:
    for name, says in SETS.items():
        if not (_knows(one, name) and _knows(two, name)):
            continue
        before, after = (_value(manifest.get(name)) for manifest in (one, two))
        if before != after:
            yield Difference("made with", says, _named(one, name, before), _named(two, name, after))


def _knows(manifest: Mapping[str, Any], name: str) -> bool:
    """Returns whether an absent entry means none: a subset leaves out what its corpus was made with."""
    return name in manifest or "parent" not in manifest


def _named(manifest: Mapping[str, Any], name: str, value: str) -> str:
    """A value, after the names of the evaluation sets if it is their digest."""
    sets = (manifest.get("evaluation") or {}).get("sets") or {}
    if name != "eval_images" or value == "none" or not sets:
        return value
    return f"{', '.join(f'{each} ({images:,})' for each, images in sets.items())}: {value}"


def _value(content: Any) -> str:
    """An entry of a manifest in words; `none` for an absent or empty one."""
    if isinstance(content, Mapping):
        content = [
            f"{name} {value[:DIGITS] if name == 'sha256' else value}" for name, value in content.items() if value
        ]
    if isinstance(content, list | tuple):
        content = ", ".join(map(_value, content))
    return str(content) if content else "none"
