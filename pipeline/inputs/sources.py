"""The files to read, and their order."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.files import is_local
from pipeline.filesystems import filesystem
from pipeline.inputs.errors import InputError
from pipeline.inputs.hidden import is_hidden, visible
from pipeline.inputs.img2dataset import is_statistics, without_sidecars
from pipeline.inputs.leftovers import hidden_files, nothing_to_read, packed_kinds, remedy
from pipeline.inputs.pages.extra import PAGES, check_extra
from pipeline.inputs.passed_over import find_passed_over

EXTENSIONS = (
    ".parquet",
    ".csv",
    ".csv.gz",
    ".tsv",
    ".tsv.gz",
    ".jsonl",
    ".jsonl.gz",
    ".tar",
    ".tfrecord",
    ".arrow",
    ".json",
    *PAGES,
)
NAMED = (".txt", ".token")
"""Kinds of caption files that are read if a pattern is their path: other files have such endings too."""

_GLOB = r"[*?\[]"


@dataclass(frozen=True)
class Source:
    """An input file."""

    number: int  # its index in the order
    path: str
    name: str  # the path below the fixed part of its glob
    size: int  # bytes
    modified: float  # seconds since 1970


def extension(path: str) -> str | None:
    """The member of `EXTENSIONS` that `path` ends with, in any case; None if there is none."""
    return next((known for known in EXTENSIONS if path.lower().endswith(known)), None)


def find_sources(patterns: Sequence[str], kinds: tuple[str, ...] = EXTENSIONS) -> list[Source]:
    """The files of these kinds of all patterns: patterns as given, names sorted within each, without repeats.

    In a directory, files of other kinds are skipped: the images of a table may lie there too. So are the files that
    img2dataset writes beside its archives, and path parts below a directory, or below the fixed part of a glob, that
    begin with `.` or `_`. Raises InputError for a pattern without a file to read, for a file of another kind that is
    named or matched, and for pages without the packages that read them.
    """
    found: dict[str, Source] = {}
    for pattern in patterns:
        for file in _inputs(pattern, kinds):
            if is_statistics(file.path):
                continue
            if not file.path.lower().endswith((*kinds, *NAMED) if file.path == pattern else kinds):
                raise InputError(_other_kind(file.path, kinds))
            place = os.path.abspath(file.path) if is_local(file.path) else file.path
            found.setdefault(place, replace(file, number=len(found)))
    if not found:
        raise InputError(f"input: no file matches {', '.join(map(repr, patterns))} but statistics of img2dataset")
    check_extra(found)
    return without_sidecars(list(found.values()))


def _inputs(pattern: str, kinds: tuple[str, ...]) -> list[Source]:
    """The files of a pattern; of a directory only the inputs."""
    if os.path.isfile(pattern) or not pattern or not _is_directory(pattern):
        return list_files(pattern, kinds, hidden=False)
    files = list_files(pattern, (*kinds, *packed_kinds(kinds)), hidden=False)
    paths = [file.path for file in files if file.path.lower().endswith(kinds)]
    inputs = set(paths) - find_passed_over(paths)
    if not inputs:
        raise InputError(f"input: no file matches {pattern!r}{_instead(pattern, pattern, [], kinds)}")
    if packed := [file.path for file in files if not file.path.lower().endswith(kinds)]:
        names = f"{len(packed):,} packed file{'s' * (len(packed) > 1)}"
        print(f"input: {pattern}: {names} not read; to read the first: {remedy(packed[0], kinds)}", file=sys.stderr)
    return [file for file in files if file.path in inputs]


def _other_kind(path: str, kinds: tuple[str, ...]) -> str:
    command = remedy(path, kinds)
    return f"input: {path} is of another kind than {', '.join(kinds)}" + (
        f"; make it readable with: {command}" if command else ""
    )


def check_output(output: str, patterns: Sequence[str]) -> None:
    """Raises InputError if `output` lies in a folder that is read whole: a run would read its own verdicts."""
    for pattern in patterns:
        folder = pattern if _is_directory(pattern) else _fixed_part(pattern) if "**" in pattern else None
        if folder is not None and lies_in(output, folder):
            raise InputError(f"output: {output} lies in the input {pattern}, so that its own tables would be read")


def lies_in(path: str, folder: str) -> bool:
    """Returns whether a path is `folder` or lies in it."""
    return _full(path).startswith(_full(folder))


def _full(folder: str) -> str:
    return (os.path.realpath(folder) if is_local(folder) else folder).rstrip("/") + "/"


def list_files(pattern: str, kinds: tuple[str, ...] = ("",), *, hidden: bool = True) -> list[Source]:
    """The files of a pattern, sorted by name; at least one.

    A pattern is a file, a directory (the files below it with an ending of `kinds`) or a glob: `*` and `?` stay within a
    folder, `**` doesn't. Without `hidden`, files are skipped that `is_hidden` by their names. Raises InputError if
    there is none.
    """
    root, files = _match(pattern, kinds, hidden)
    named = {_below(root, file.path): file for file in files}
    shown = sorted(name for name in named if hidden or not is_hidden(name, pattern))
    if not shown:
        raise InputError(f"input: no file matches {pattern!r}{_instead(pattern, root, list(named), kinds)}")
    return [replace(named[name], number=number, name=name) for number, name in enumerate(shown)]


def _instead(pattern: str, root: str, skipped: list[str], kinds: tuple[str, ...]) -> str:
    """Describes the contents in place of files to read."""
    if skipped:
        return f": {hidden_files(skipped, root)}"
    if not pattern or not _is_directory(pattern):
        return ""
    names = [_below(pattern, file.path) for file in _match(pattern, ("",), True)[1]]
    return nothing_to_read(names, pattern, kinds) or (": it is empty" if is_local(pattern) else "")


def _match(pattern: str, kinds: tuple[str, ...], hidden: bool) -> tuple[str, list[Source]]:
    """The folder in which names start, and the files, not named yet. Without `hidden`, a local walk skips those."""
    if is_local(pattern) and os.path.isfile(pattern):
        return os.path.dirname(pattern), [_local(pattern)]
    if not pattern or not _is_directory(pattern):
        return _fixed_part(pattern), _glob(pattern) if pattern else []
    if is_local(pattern):
        return pattern, _walk(pattern, kinds, hidden)
    return pattern, [file for file in _glob(pattern.rstrip("/") + "/**") if file.path.lower().endswith(kinds)]


def _is_directory(pattern: str) -> bool:
    """Returns whether a pattern is a directory; a remote path is one if it names no file and no glob."""
    if is_local(pattern):
        return os.path.isdir(pattern)
    return not re.search(_GLOB, pattern) and (pattern.endswith("/") or not _glob(pattern))


def _walk(directory: str, kinds: tuple[str, ...], hidden: bool) -> list[Source]:
    def fail(error: OSError) -> None:
        raise InputError(f"input: can't read {error.filename}: {error.strerror}") from error

    paths = []
    for folder, folders, names in os.walk(directory, onerror=fail):
        if not hidden:
            folders[:], names = visible(folders), visible(names)
        paths += [os.path.join(folder, name) for name in names if name.lower().endswith(kinds)]
    return [_local(path) for path in paths if os.path.isfile(path)]


def _local(path: str) -> Source:
    status = os.stat(path)
    return Source(0, path, path, status.st_size, status.st_mtime)


def _glob(pattern: str) -> list[Source]:
    """Files that Beam matches; `**/` also matches no folder at all, as in a shell."""
    start = "./" if is_local(pattern) and not os.path.isabs(pattern) else ""  # without a folder Beam finds nothing
    try:
        found = [filesystem(pattern).match([start + variant])[0].metadata_list for variant in _variants(pattern)]
    except (OSError, ValueError) as error:
        raise InputError(f"input: can't list {pattern}: {' '.join(str(error).split())}") from error
    return [_matched(file, file.path.removeprefix(start)) for files in found for file in files]


def _matched(file: Any, path: str) -> Source:
    return Source(0, path, path, file.size_in_bytes, file.last_updated_in_seconds)


def _variants(pattern: str) -> Iterator[str]:
    yield pattern
    if "**/" in pattern:
        yield pattern.replace("**/", "")


def _fixed_part(pattern: str) -> str:
    """The folder before the first glob character."""
    fixed = re.split(_GLOB, pattern, maxsplit=1)[0]
    return fixed.rpartition("/")[0]


def _below(root: str, path: str) -> str:
    root = root.rstrip("/") + "/" if root else ""
    return path.removeprefix(root).lstrip("/")
