"""The lines before pass 1 and 2 that say what a run takes over, and what not and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.reuse.kept_runs import KeptRuns
from pipeline.reuse.reuse import Reuse
from pipeline.storage.groups import Group


def described(reuse: Reuse, counts: Mapping[str, int] | None) -> str:
    """Returns the line; `counts` are the images by kind of fact, None if no verdict was read."""
    taken, left = [*_index(reuse), *_signals(reuse, counts or {})], list(_left(reuse))
    parts = ", ".join(taken) or "nothing"
    return f"reuse: {parts} of {reuse.run.root}" + (f"; not reused: {'; '.join(left)}" if left else "")


def described_runs(kept: KeptRuns, groups: Sequence[Group]) -> str:
    """Returns the line before pass 2, which says how much is counted already."""
    sizes = [sum(shard.rows for shard in shards) for _, shards in groups]
    taken, pairs = sum(sizes[number] for number in kept.numbers), sum(sizes)
    others = "" if taken == pairs else "; others are counted: it has no run of the same group of files"
    return f"reuse: sorted runs of {taken:,} of {pairs:,} pairs{others}"


def _index(reuse: Reuse) -> Iterator[str]:
    if files := len(reuse.index.files):
        yield f"index of {files:,} of {len(reuse.inputs):,} input files ({reuse.index.pairs:,} pairs)"


def _signals(reuse: Reuse, counts: Mapping[str, int]) -> Iterator[str]:
    if counts.get("scores"):
        yield f"porn scores of {counts['scores']:,} images"
    if counts.get("clear"):
        what = "no near-duplicate among" if reuse.signals.matches else "decoding of"
        yield f"{what} {counts['clear']:,} images"


def _left(reuse: Reuse) -> Iterator[str]:
    for what, causes in reuse.differences.items():
        if causes:
            yield f"{what} ({', '.join(causes)})"
    if lost := reuse.run.lost:
        yield f"{len(lost):,} files of verdicts, which are missing, such as {lost[0]}"
    elif not reuse.signals.shards and (reuse.signals.scores or reuse.signals.clear):
        yield "pixels (no image is known by its bytes, or by its row in a file that is an input again)"
