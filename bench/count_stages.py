"""The stages of the count pass as plain calls, in the order in which Beam executes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.counting import Counting
    from pipeline.storage.groups import Group


def count_in_order(groups: Sequence[Group], job: Counting) -> dict[str, Any]:
    """Counts groups of shards, merges their runs, and returns the summary."""
    from pipeline import count

    runs = [count.count_group(group, job) for group in groups]
    return merge_in_order(runs, job)


def merge_in_order(runs: list[int], job: Counting) -> dict[str, Any]:
    """Merges the runs of all groups; `runs` are their numbers of distinct n-grams. Returns the summary."""
    from pipeline import count

    _merge_levels(job.of_runs)
    merged = [count.merge_range(part, job, runs) for part in reversed(range(job.parts))]  # they arrive in any order
    cut = count.cut_of_ranges(merged, job.rule)
    _merge_levels(job.of_parts)
    finished = [count.finish_range(part, job, cut) for part in range(job.parts)]
    files = [name for kind in count.JOINED_KINDS for name in count.join(kind, job, cut, finished)]
    return count.summarise(None, job, merged, cut, files)


def _merge_levels(merging: Any) -> None:
    for level in merging.between():
        for merge in level:
            merging.merge(merge)
