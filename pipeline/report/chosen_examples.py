"""Examples for the page: for each reason, the candidates of a run with the smallest hash rank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.signals import SHOWN as SHOWN_SIGNALS
from pipeline.files import Output, read_many
from pipeline.report.described import DECIDED
from pipeline.storage.for_report import EXAMPLES, EXAMPLES_SHOWN, small_files
from pipeline.storage.gathered import AT_ONCE, batches, read_small_files

KEPT = "kept"
COLUMNS = (*SHOWN_SIGNALS, "thumbnail", DECIDED)  # a file may lack some


@dataclass(frozen=True)
class Group:
    """The examples of one reason, or of kept pairs."""

    rows: list[dict[str, Any]]  # verdicts with their thumbnails
    first: bool = True  # whether these pairs have the reason as their first one
    repeats: bool = False  # whether more pairs were drawn, with images that are among these


def choose_examples(output: Output, reasons: Iterable[str]) -> dict[str, Group]:
    """Up to `EXAMPLES_SHOWN` examples under `kept` and under each of `reasons`. Raises OSError."""
    names = small_files()[EXAMPLES].listed(output)
    candidates = _Candidates.read(output, names)
    drawn = {KEPT: (candidates.first(""), True)}
    for reason in reasons:
        first = candidates.first(reason)
        drawn[reason] = (first, True) if len(first) else (candidates.any(reason), False)
    chosen = {name: candidates.smallest(rows) for name, (rows, _) in drawn.items()}
    verdicts = _fetch(output, names, candidates.sizes, np.unique(np.concatenate([*chosen.values()])))
    return {
        name: Group([verdicts[row] for row in chosen[name].tolist()], first, candidates.repeat(rows))
        for name, (rows, first) in drawn.items()
    }


@dataclass(frozen=True)
class _Candidates:
    """Ranks and reasons of all candidates; a candidate's number is its row in the concatenated files."""

    ranks: np.ndarray  # uint64 (candidates,)
    images: np.ndarray  # int64 (candidates,): equal numbers for equal images
    reasons: pa.ListArray
    sizes: list[int]  # candidates in each file

    @classmethod
    def read(cls, output: Output, names: list[str]) -> _Candidates:
        schema = pa.schema([("draw", pa.uint64()), ("image_id", pa.string()), ("reasons", pa.list_(pa.string()))])
        tables, sizes = [schema.empty_table()], list[int]()
        for contents in batches(read_small_files(output, names), AT_ONCE):
            some = [_table(content, schema.names) for content in contents]
            sizes += [table.num_rows for table in some]
            tables.append(pa.concat_tables(some, promote_options="permissive").combine_chunks())
        table = pa.concat_tables(tables, promote_options="permissive").combine_chunks()
        codes = table["image_id"].combine_chunks().dictionary_encode().indices
        images = np.where(codes.is_valid(), codes.fill_null(0), -1 - np.arange(len(codes)))  # each null is another
        return cls(np.asarray(table["draw"]), images, table["reasons"].combine_chunks(), sizes)

    def first(self, reason: str) -> np.ndarray:
        """The candidates with this first reason; the kept pairs if `reason` is empty."""
        firsts = pc.replace_substring_regex(pc.binary_join(self.reasons, " "), pattern=" .*", replacement="")
        return np.flatnonzero(pc.equal(firsts, reason))

    def any(self, reason: str) -> np.ndarray:
        """The candidates with this reason, at any position."""
        has = np.asarray(pc.equal(pc.list_flatten(self.reasons), reason))
        rows: np.ndarray = np.asarray(pc.list_parent_indices(self.reasons))[has]
        return rows

    def repeat(self, rows: np.ndarray) -> bool:
        """Returns whether several of these rows have the same image."""
        return len(np.unique(self.images[rows])) < len(rows)

    def smallest(self, rows: np.ndarray) -> np.ndarray:
        """The rows with the smallest ranks, in that order, one for each image."""
        ranked = rows[np.argsort(self.ranks[rows], kind="stable")]
        _, first = np.unique(self.images[ranked], return_index=True)
        chosen: np.ndarray = ranked[np.sort(first)[:EXAMPLES_SHOWN]]
        return chosen


def _fetch(output: Output, names: list[str], sizes: list[int], wanted: np.ndarray) -> dict[int, dict[str, Any]]:
    """The verdicts of the candidates `wanted`, sorted; only the small files that hold one of them are read."""
    starts = np.cumsum([0, *sizes])
    files = np.searchsorted(starts, wanted, side="right") - 1
    verdicts: dict[int, dict[str, Any]] = {}
    for few in batches(np.unique(files).tolist(), AT_ONCE):
        for file, content in zip(few, read_many([output.path(names[file]) for file in few]), strict=True):
            rows = wanted[files == file]
            table = _table(content, COLUMNS).take(rows - starts[file])
            verdicts.update(zip(rows.tolist(), table.to_pylist(), strict=True))
    return verdicts


def _table(content: bytes, columns: Sequence[str]) -> pa.Table:
    return pq.ParquetFile(pa.BufferReader(content)).read(columns=[*columns])
