"""Sorted runs of pass 2 that a finished run kept, for groups of shards with the same composition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.files import Output
from pipeline.reuse.kept import read_kept
from pipeline.reuse.reuse import Reuse
from pipeline.storage.copies import take_file
from pipeline.storage.groups import Group
from pipeline.storage.runs import COUNTED, PAIRS, RUNS, read_ranges, run_name, write_ranges

KINDS: Mapping[str, tuple[np.dtype, ...]] = {
    "ngrams": COUNTED,
    "pairs": PAIRS,
    "keys": COUNTED,
}  # the last one completes a run


@dataclass(frozen=True)
class KeptRuns:
    """Runs of a finished run, by the number of the same run here."""

    root: str
    parts: int  # hash ranges in which they were written
    numbers: Mapping[int, int] = field(default_factory=dict)

    def take(self, number: int, output: Output, parts: int) -> bool:
        """Writes run `number` in `parts` hash ranges; returns False where the finished run has none like it."""
        if (old := self.numbers.get(number)) is None:
            return False
        for kind, columns in KINDS.items():
            source, name = Output(self.root).path(run_name(RUNS, kind, old)), run_name(RUNS, kind, number)
            if parts == self.parts:
                take_file(source, output, name)
            else:
                write_ranges(output, name, read_ranges(source, columns, self.parts), parts)
        return True


def find_runs(reuse: Reuse | None, groups: Sequence[Group], made_of: Sequence[str | None]) -> KeptRuns | None:
    """Finds the runs that a finished run kept for groups of the same composition, `made_of`, by number."""
    if reuse is None or not reuse.index.files:
        return None
    run = Output(reuse.run.root)
    kept, there = read_kept(run), set(run.names(RUNS))
    if kept is None:
        return None
    old = {name: number for number, name in enumerate(kept["groups"]) if name and _is_whole(number, there)}
    numbers = {
        number: old[name]
        for (number, shards), name in zip(groups, made_of, strict=True)
        if name in old and reuse.index.files.keys() >= {shard.source.number for shard in shards}
    }
    return KeptRuns(run.root, kept["parts"], numbers)


def _is_whole(number: int, there: set[str]) -> bool:
    return all(run_name(RUNS, kind, number) in there for kind in KINDS)
