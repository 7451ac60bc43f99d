"""Messages about files that no reader takes: a folder's contents, and the command that makes a file readable."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Sequence

from pipeline.files import is_local
from pipeline.inputs.hidden import is_hidden

_LISTED = 5  # kinds of files in a message
_PACKED = {".gz": "gunzip -k", ".bz2": "bunzip2 -k", ".xz": "unxz -k", ".zst": "unzstd", ".lz4": "unlz4"}
_TARS = {".tgz": "gunzip -k", ".tbz2": "bunzip2 -k", ".txz": "unxz -k", ".tzst": "unzstd"}
_OTHER_NAMES = {".ndjson": ".jsonl", ".pq": ".parquet", ".parq": ".parquet", ".tfrecords": ".tfrecord", ".tab": ".tsv"}
_CAPTIONS = ("captions.txt", ".token", ".token.txt")
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")


def remedy(path: str, kinds: Sequence[str]) -> str | None:
    """The shell command after which the content of `path` can be read; None if there is none."""
    command = _command(path if is_local(path) else path.rpartition("/")[2], tuple(kinds))
    return command if command is None or is_local(path) else f"copy it to this machine, then {command}"


def _command(path: str, kinds: tuple[str, ...]) -> str | None:
    stem, ending = os.path.splitext(path)
    ending = ending.lower()
    if ending == ".zip":
        return f"unzip -q {shlex.quote(path)} -d {shlex.quote(stem)}"
    if ending in _TARS or (ending in _PACKED and stem.lower().endswith(kinds)):
        return f"{(_TARS | _PACKED)[ending]} {shlex.quote(path)}"
    if ending in _OTHER_NAMES and _OTHER_NAMES[ending] in kinds:
        return f"mv {shlex.quote(path)} {shlex.quote(stem + _OTHER_NAMES[ending])}"
    return None


def packed_kinds(kinds: Sequence[str]) -> tuple[str, ...]:
    """The endings of archives, and of compressed files of `kinds`, that have a `remedy`."""
    return (".zip", *_TARS, *(kind + packed for kind in kinds for packed in _PACKED if kind + packed not in kinds))


def nothing_to_read(names: Sequence[str], root: str, kinds: Sequence[str]) -> str:
    """Describes a folder's contents in place of files of `kinds`, with a remedy; empty for an empty folder.

    `names` are the paths of all its files below `root`.
    """
    if not names:
        return ""
    return ": it holds " + _counts(names) + _help(names, root, kinds)


def _help(names: Sequence[str], root: str, kinds: Sequence[str]) -> str:
    if hidden := [name for name in names if is_hidden(name) and name.lower().endswith(tuple(kinds))]:
        return f"; {hidden_files(hidden, root)}"
    commands = (remedy(os.path.join(root, name), kinds) for name in sorted(names) if not is_hidden(name))
    if command := next(filter(None, commands), None):
        return f"; make them readable with: {command}"
    if ".json" in kinds and (others := [name for name in names if name.lower().endswith(".json")]):
        return f"; the .json files hold no captions in the form of COCO or Karpathy, such as {min(others)}"
    if ".json" in kinds and (captions := [name for name in names if name.lower().endswith(_CAPTIONS)]):
        file = shlex.quote(os.path.join(root, min(captions)))
        return f"; caption files are read if named: --input={file} --input.image_folder=DIR"
    if _PICTURES[0] not in kinds and any(name.lower().endswith(_PICTURES) for name in names):
        return "; images alone have no texts: put a metadata.csv with the columns file_name and text beside them"
    return ""


def hidden_files(names: Sequence[str], root: str) -> str:
    """Tells how to read files that `is_hidden` skips; `names` are their paths below `root`."""
    files = f"{len(names):,} file{'s' * (len(names) > 1)}"
    example = os.path.join(root, min(names))
    return f"skipped for a name that begins with . or _: {files}, such as {example}; name it to read it"


def _counts(names: Sequence[str]) -> str:
    """Counts by ending, such as `312 .jpg, 2 .tar.gz`, the most frequent first."""
    counts = sorted(Counter(map(_ending, names)).items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{count:,} {ending}" for ending, count in counts[:_LISTED]]
    return ", ".join(shown) + (f" and {len(counts) - _LISTED} more kinds" if len(counts) > _LISTED else "")


def _ending(name: str) -> str:
    stem, ending = os.path.splitext(os.path.basename(name).lower())
    return (os.path.splitext(stem)[1] if ending in _PACKED else "") + ending or "without an ending"
