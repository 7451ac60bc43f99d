"""Lists of captions: a row becomes one pair per caption, with the row's image, URL and passthrough columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.inputs import convert
from pipeline.inputs.batching import set_columns
from pipeline.inputs.reader import BATCH_ROWS, IMAGE_BATCH_BYTES

LISTS = "captions:"
"""The name of a list<binary> column, after all others, that holds each row's captions until `spread` takes it."""

MOST_BYTES = 256 << 20
"""The most bytes of a row after it is repeated for each of its captions, without its image."""

MIXED = pa.struct([("one", pa.binary()), ("many", pa.list_(pa.binary()))])
"""The type of a column with a caption in some rows and a list of captions in others."""

_NOT_EMPTY = r"[^\t-\r ]"


def captions_of(column: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Returns a column's captions, binary, and its lists of captions, list<binary>; None where it can't hold lists."""
    column = convert.plain(column)
    if column.type == MIXED:
        return column.field("one"), column.field("many")
    if not convert.is_list(column.type):
        return convert.binary(column), None
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    values = convert.binary(pc.list_flatten(column))
    return pa.nulls(len(column), pa.binary()), pa.ListArray.from_arrays(pa.array(offsets), values)


def first_captions(columns: Sequence[pa.Array]) -> tuple[pa.Array, pa.Array | None]:
    """Like `captions_of`, with each row's captions from the first of several columns that isn't empty."""
    text, lists = captions_of(columns[0])
    if len(columns) > 1:
        text = _filled(text)
    for one, many in map(captions_of, columns[1:]):
        text, lists = or_else(text, lists, _filled(one), many)
    return text, lists


def or_else(
    text: pa.Array, lists: pa.Array | None, one: pa.Array, many: pa.Array | None
) -> tuple[pa.Array, pa.Array | None]:
    """Returns captions and lists of captions, using `one` and `many` in rows that have neither."""
    if lists is None and many is None:
        return pc.coalesce(text, one), None
    none = convert.nulls(MIXED["many"].type, len(text))
    lists, many = none if lists is None else lists, none if many is None else many
    free = pc.and_(text.is_null(), pc.equal(pc.fill_null(pc.list_value_length(lists), 0), 0))
    return pc.if_else(free, one, text), pc.if_else(free, many, lists)


def _filled(texts: pa.Array) -> pa.Array:
    """Replaces texts of ASCII white space alone by null."""
    return pc.if_else(pc.match_substring_regex(texts, _NOT_EMPTY), texts, pa.scalar(None, texts.type))


def with_lists(table: pa.Table, lists: pa.Array) -> pa.Table:
    """Returns the table with each row's captions, for `spread`. For a row without, the list is null or empty."""
    return table.append_column(LISTS, lists)


def spread(table: pa.Table, source: str, first: int) -> Iterator[pa.Table]:
    """Yields the rows of a batch once for each of their captions, in tables of bounded bytes of images.

    `source` is the name of the file, `first` the number of the batch's first row in it. A batch without the column
    LISTS is yielded unchanged. The text is the caption and the key `<key>#<n>`, n from 0. A row whose list is null or
    empty stays one, with its text and key. A row without a key gets one from its position, `<source>#<row>`. Raises
    ValueError that names a row that its captions make too large.
    """
    if LISTS not in table.column_names:
        yield table
        return
    lists, rows = table[LISTS].combine_chunks(), _with_keys(table.drop_columns(LISTS), source, first)
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    sizes = _sizes(rows, lengths, first)
    parents = np.repeat(np.arange(len(rows)), np.maximum(lengths, 1))
    numbers = np.arange(len(parents)) - np.searchsorted(parents, parents)
    listed = lengths[parents] > 0
    captions = pc.list_flatten(lists).take(pa.array(np.cumsum(listed) - 1, mask=~listed))
    for begin, end in _pieces(sizes[parents]):
        part = slice(begin, end)
        yield _repeat(rows, parents[part], numbers[part], captions[part], listed[part])


def _repeat(
    rows: pa.Table, parents: np.ndarray, numbers: np.ndarray, captions: pa.Array, listed: np.ndarray
) -> pa.Table:
    """The rows `parents`; where `listed`, with these captions, and keys that end with these numbers."""
    table, is_listed = rows.take(pa.array(parents)), pa.array(listed)
    keys = pc.binary_join_element_wise(table["key"], pa.array(numbers).cast(pa.string()), "#")
    return set_columns(
        table,
        text=pc.if_else(is_listed, captions, table["text"]),
        key=pc.if_else(is_listed, keys, table["key"]),
    )


def _with_keys(rows: pa.Table, source: str, first: int) -> pa.Table:
    """Adds keys from the row's position to rows that have none."""
    if not rows["key"].null_count:
        return rows
    keys = pa.array([f"{source}#{row:09d}" for row in range(first, first + len(rows))], pa.string())
    return set_columns(rows, key=pc.coalesce(rows["key"], keys))


def _sizes(rows: pa.Table, lengths: NDArray[np.int64], first: int) -> NDArray[np.int64]:
    """Bytes of each row that are repeated, int64 (rows,); only images' bytes if the others can't matter.

    Raises ValueError for a row that grows to over MOST_BYTES.
    """
    held = pc.fill_null(pc.binary_length(rows["image"]), 0)
    images: NDArray[np.int64] = held.to_numpy(zero_copy_only=False).astype(np.int64)
    others = rows.drop_columns("image")
    if others.nbytes * int(lengths.max(initial=0)) <= MOST_BYTES:
        return images
    sizes: NDArray[np.int64] = np.array([others.slice(row, 1).nbytes for row in range(len(others))])
    for row in np.flatnonzero(sizes * lengths > MOST_BYTES).tolist():
        raise ValueError(f"row {first + row + 1} comes to over {MOST_BYTES:,} bytes with its {lengths[row]:,} captions")
    return images + sizes


def _pieces(sizes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges of pairs with these sizes: up to BATCH_ROWS pairs and about IMAGE_BATCH_BYTES; at least one."""
    block = (np.cumsum(sizes) - sizes) // IMAGE_BATCH_BYTES
    cuts = np.flatnonzero(np.diff(block)) + 1
    ends = np.unique([*cuts, *range(BATCH_ROWS, len(sizes), BATCH_ROWS), len(sizes)]).tolist()
    yield from zip([0, *ends], ends, strict=False)
