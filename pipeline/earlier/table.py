"""The pairs of an earlier run, found by key, URL and text, else by URL and text alone.

Files in `work/earlier`: the values of each verdict shard, and one sorted table of hashes with row numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.earlier.judged import JUDGED
from pipeline.earlier.run import TAKEN, EarlierRun
from pipeline.files import Output, local_copy, open_file
from pipeline.formats import VERDICTS
from pipeline.storage import ranges
from pipeline.storage.runs import PAIRS, read_run, write_ranges
from pipeline.storage.sorting import distinct_of_sorted, sort_with
from vocab.buffers import one_array
from vocab.hashing import hash_strings
from vocab.lookup import SortedTable

FOLDER = "work/earlier"
TABLE = f"{FOLDER}/table"
READ = ("key", "url", "text", "reasons", *TAKEN)
ENTRIES_PER_PART = 4_000_000  # merged at once: some 200 MB
_SPREAD = np.uint64(0x9E3779B97F4A7C15)

Columns = Mapping[str, pa.Array]


def values_name(shard: int) -> str:
    """The file with the values of a verdict shard."""
    return f"{FOLDER}/values-{shard:06d}.arrow"


def parts_of(run: EarlierRun) -> int:
    """Number of hash ranges in which the table is merged, a power of two."""
    return 1 << (2 * run.pairs // ENTRIES_PER_PART).bit_length()


def hashes_of(pairs: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hashes of (key, URL, text) and of (URL, text), uint64 (pairs,), and where the latter holds: there is a URL."""
    url = one_array(pairs["url"])
    text = pc.utf8_ltrim(one_array(pairs["text"]), "\ufeff")  # a mark that a reader of `.txt` may have taken off
    located = hash_strings(url) * _SPREAD + hash_strings(text)
    return located * _SPREAD + hash_strings(one_array(pairs["key"])), located, np.asarray(pc.is_valid(url))


def read_values(shard: int, run: EarlierRun, output: Output) -> int:
    """Writes the values of a verdict shard, and the sorted hashes of its pairs with their row numbers."""
    entries = f"{FOLDER}/entries-{shard:06d}"
    if output.has(entries) and output.has(values_name(shard)):
        return shard
    with open_file(Output(run.root).path(VERDICTS.file(run.shards[shard]))) as file:
        table = pq.read_table(file, columns=list(READ), use_threads=False)
    columns = {name: one_array(table[name]) for name in table.column_names}
    values = pa.table([columns["reasons"], *(columns[name] for name in TAKEN)], names=[JUDGED, *TAKEN])
    with output.write(values_name(shard)) as file, pa.ipc.new_file(file, values.schema) as writer:
        writer.write_table(values)
    keyed, located, has_url = hashes_of(columns)
    rows = np.arange(len(table), dtype=np.uint64) + np.uint64(sum(run.rows[:shard]))
    found = sort_with(np.concatenate([keyed, located[has_url]]), np.concatenate([rows, rows[has_url]]))
    write_ranges(output, entries, found, parts_of(run))
    return shard


def merge_part(part: int, run: EarlierRun, output: Output, _: list[int]) -> int:
    """Merges one hash range of all shards, which are read by then: each hash with the first of its rows."""
    entries = [f"{FOLDER}/entries-{shard:06d}" for shard in range(len(run.shards))]
    ranges.merge_part(output, f"{FOLDER}/part-{part:06d}", entries, part, parts_of(run), _first_rows)
    return part


def _first_rows(hashes: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    hashes, rows = distinct_of_sorted(*sort_with(hashes, rows))
    first = np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)]
    return hashes[first], rows[first]


def join_parts(_: None, output: Output, parts: list[int]) -> None:
    """Concatenates the ranges, which are in hash order, into one table."""
    ranges.join_parts(output, TABLE, [f"{FOLDER}/part-{part:06d}" for part in sorted(parts)])


@dataclass(frozen=True)
class EarlierPairs:
    """The table of an earlier run's pairs, memory-mapped."""

    table: SortedTable
    starts: np.ndarray  # the first row of each shard, and the number of all, int64 (shards + 1,)
    output: Output

    def rows_of(self, pairs: Columns) -> np.ndarray:
        """The row of each pair, int64 (pairs,): by key, URL and text, else by URL and text; -1 if there is none."""
        keyed, located, has_url = hashes_of(pairs)
        rows, others = self.table.counts_of(keyed, -1), self.table.counts_of(located, -1)
        return np.where(rows >= 0, rows, np.where(has_url, others, -1))

    def values(self, rows: np.ndarray) -> pa.Table:
        """The values at these rows, all of which exist, in order."""
        shards = np.searchsorted(self.starts, rows, side="right") - 1
        order = np.argsort(shards, kind="stable")
        some = np.unique(shards).tolist() or [0]  # no rows are a table without rows
        pieces = [self._of_shard(shard, rows[shards == shard]) for shard in some]
        back = np.empty(len(rows), np.int64)
        back[order] = np.arange(len(rows))
        return pa.concat_tables(pieces).combine_chunks().take(pa.array(back))

    def _of_shard(self, shard: int, rows: np.ndarray) -> pa.Table:
        with pa.memory_map(local_copy(self.output.path(values_name(shard)))) as file:
            return pa.ipc.open_file(file).read_all().take(pa.array(rows - self.starts[shard]))


@lru_cache(maxsize=1)
def load_pairs(run: EarlierRun, output: Output) -> EarlierPairs:
    """Opens the table; cached per process."""
    hashes, rows = read_run(local_copy(output.path(TABLE)), PAIRS)
    starts = np.concatenate([[0], np.cumsum(run.rows)]).astype(np.int64)
    return EarlierPairs(SortedTable(hashes, rows), starts, output)
