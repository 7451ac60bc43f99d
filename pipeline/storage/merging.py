"""Sorted runs of several kinds, merged in levels. A merge of one level is a task that leaves a run of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.files import Output
from pipeline.storage.levels import Levels, Merge
from pipeline.storage.runs import (
    COUNTED,
    PAIRS,
    PARTS,
    Columns,
    distinct_pairs,
    merge_counts,
    run_name,
    slices,
    write_ranges,
)


class Kind(NamedTuple):
    """The columns of a kind of runs, and how several runs become one."""

    columns: tuple[np.dtype, ...]
    combine: Callable[[Iterable[Columns]], Columns]


KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("ngrams", "keys", "images-of", "texts-of"), Kind(COUNTED, merge_counts)),
    "pairs": Kind(PAIRS, distinct_pairs),
}


@dataclass(frozen=True)
class Merging:
    """The runs of some kinds in a folder, numbered from 0, and the levels in which they are merged.

    All runs, also merged ones, are written in `levels.parts` hash ranges. Merged ones are in `PARTS`, and named by the
    number of runs in a block, so that another size of blocks never finds them.
    """

    output: Output
    folder: str
    kinds: tuple[str, ...]  # the last one completes a merge
    levels: Levels

    def name(self, kind: str, merge: Merge) -> str:
        """The file of a kind, below the root."""
        if merge.level == 0:
            return run_name(self.folder, kind, merge.block)
        return f"{run_name(PARTS, f'{kind}-{self.levels.size(merge.level)}', merge.block)}-{merge.range:05d}"

    def between(self) -> Iterator[list[Merge]]:
        """The merges before the last level, level by level; none where all runs are merged at once."""
        return (self.levels.merges(level) for level in range(1, self.levels.depth))

    def needed(self) -> dict[str, list[str]]:
        """The files that each completion marker of these merges vouches for."""
        *others, last = self.kinds
        merges = [merge for level in self.between() for merge in level]
        return {self.name(last, merge): [self.name(kind, merge) for kind in others] for merge in merges}

    def merge(self, merge: Merge) -> None:
        """Writes the run of each kind, unless that is done."""
        if self.output.has(self.name(self.kinds[-1], merge)):
            return
        for kind in self.kinds:
            write_ranges(self.output, self.name(kind, merge), self._merged(kind, merge), self.levels.parts)

    def slices(self, kind: str, part: int) -> Iterator[Columns]:
        """Yields what the last level merges: the rows of all runs in hash range `part` of `levels.parts`."""
        return self._slices(kind, self.levels.last(part))

    def _merged(self, kind: str, merge: Merge) -> Columns:
        return KINDS[kind].combine(self._slices(kind, merge))

    def _slices(self, kind: str, merge: Merge) -> Iterator[Columns]:
        paths = [self.output.path(self.name(kind, source)) for source in self.levels.sources(merge)]
        ranges = self.levels.ranges(merge.level)
        return slices(paths, KINDS[kind].columns, merge.range, ranges, self.levels.parts)
