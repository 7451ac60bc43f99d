"""Files that img2dataset writes beside images: a table of all downloads, failed ones too, and statistics.

Its formats `webdataset` and `tfrecord` have images in an archive, `files` in a folder, both beside the table and with
its name; in `parquet` they are in the table.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.files import exists, open_file
from pipeline.inputs.errors import BadFile, reading
from pipeline.remote import request_pool

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from pipeline.inputs.sources import Source

STATUS, ERROR = "status", "error_message"
"""The columns of every table of downloads: a download's status, and its error."""

_SUCCESS = "success"
_ARCHIVES = (".tar", ".tfrecord")
_FORMATS = ("jpg", "png", "webp")  # formats of the pictures that it writes
_STATISTICS = re.compile(r"[0-9]+_stats\.json")
_LISTED = 3  # names in a message


def is_statistics(path: str) -> bool:
    """Returns whether a path is img2dataset's count of a shard's downloads, by its name."""
    return _STATISTICS.fullmatch(path.rpartition("/")[2]) is not None


def without_sidecars(sources: Sequence[Source]) -> list[Source]:
    """Drops tables of downloads that stand beside their archive, if that is a source too.

    Their rows are the pairs of the archive. A line on stderr lists them.
    """
    archives = {stem for source in sources if (stem := _stem(source.path, _ARCHIVES))}
    beside = [source for source in sources if _stem(source.path, (".parquet",)) in archives]
    with request_pool() as threads:
        are_sidecars = list(threads.map(_is_sidecar, [source.path for source in beside]))
    left_out = {source.path: source.name for source, is_one in zip(beside, are_sidecars, strict=True) if is_one}
    if left_out:
        print(f"left out: {_counted(list(left_out.values()))}", file=sys.stderr, flush=True)
    kept = (source for source in sources if source.path not in left_out)
    return [replace(source, number=number) for number, source in enumerate(kept)]


def has_status(names: Iterable[str]) -> bool:
    """Returns whether these are the columns of a table of downloads."""
    return {STATUS, ERROR} <= set(names)


def has_failed(row: Mapping[str, Any]) -> bool:
    """Returns whether a pair's fields say that its image could not be downloaded. A null says nothing."""
    return ERROR in row and not may_be_pair(row)


def may_be_pair(row: Mapping[str, Any]) -> bool:
    """Returns whether a row's status is no failure of a download, whichever columns other rows of its table have."""
    status = row.get(STATUS)
    return not isinstance(status, str) or status in ("", _SUCCESS)


def succeeded(status: pa.ChunkedArray) -> pa.ChunkedArray:
    """Marks rows that are not failed downloads, by their column `status`: bool, never null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(status, pa.array(["", _SUCCESS, None], status.type))


def find_folder(path: str, table: pq.ParquetFile) -> tuple[str, str] | None:
    """Prefix and suffix of a key in the paths of images, if the table's format is `files`; else None.

    Such as `00000/` and `.jpg`, from the folder of the table. Raises OSError.
    """
    names = set(table.schema_arrow.names)
    key = _first_key(table) if has_status(names) and "key" in names else None
    if key is None:
        return None
    stem = _stem(path, (".parquet",)) or path
    found = (suffix for suffix in _FORMATS if exists(f"{stem}/{key}.{suffix}"))
    return next(((f"{stem.rpartition('/')[2]}/", f".{suffix}") for suffix in found), None)


def _first_key(table: pq.ParquetFile) -> str | None:
    """The key of the first successful download."""
    for batch in table.iter_batches(columns=["key", STATUS], use_threads=False):
        for key, status in zip(*(batch.column(name).to_pylist() for name in ("key", STATUS)), strict=True):
            if status == _SUCCESS and key:
                return str(key)
    return None


def _stem(path: str, endings: tuple[str, ...]) -> str | None:
    """The path without its ending among these; None if it has none."""
    ending = next((ending for ending in endings if path.lower().endswith(ending)), None)
    return path[: -len(ending)] if ending else None


def _is_sidecar(path: str) -> bool:
    """Returns whether a Parquet file is a table of downloads. False if unreadable: the first pass reports it."""
    import pyarrow.parquet as pq

    try:
        with reading(path), open_file(path) as file:
            return has_status(pq.read_schema(file).names)
    except BadFile:
        return False


def _counted(names: list[str]) -> str:
    shown = ", ".join(names[:_LISTED] + ["…"] * (len(names) > _LISTED))
    tables = "1 table" if len(names) == 1 else f"{len(names):,} tables"
    return f"{tables} of img2dataset beside their archives ({shown})"
