"""Sizes of the count pass, the files that it needs, and which of them are there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from filters import RareNgram
from pipeline.engines.progress import Meter
from pipeline.files import Output, is_local, read_bytes
from pipeline.reuse.kept_runs import KeptRuns
from pipeline.storage.groups import Group, group
from pipeline.storage.levels import Levels
from pipeline.storage.markers import forget_lost, read_json_files
from pipeline.storage.merging import Merging
from pipeline.storage.plan import Plan, Shard
from pipeline.storage.runs import COUNTS, PARTS, RUNS, run_name

SUMMARY = f"{COUNTS}/summary.json"
ROWS_PER_RUN = 250_000
ENTRIES_PER_PART = 4_000_000  # merged at once: some 100 MB
REMOTE = 8  # both limits are 8 times larger on remote storage, where each range of each run costs several requests
MOST_MERGED, MOST_MERGED_REMOTE = 256, 32  # files read by a merge: more of them cost more reads than a level saves
NGRAMS_PER_ROW = 16  # alt-texts have some 8 words; the number sizes the merges and affects no result


@dataclass(frozen=True)
class Counting:
    """Parameters of the count pass; `parts` is the number of hash ranges, a power of two."""

    output: Output
    profile: str
    rule: RareNgram
    keys: bool  # whether keys are counted too: some may repeat
    runs: int
    parts: int
    meter: Meter
    kept: KeptRuns | None = None  # runs that a finished run left

    @property
    def of_runs(self) -> Merging:
        """How the runs of all groups are merged."""
        return Merging(self.output, RUNS, ("ngrams", "pairs", "keys"), self._levels(self.runs))

    @property
    def of_parts(self) -> Merging:
        """How the images and texts that each range of the runs left are merged."""
        return Merging(self.output, PARTS, ("images-of", "texts-of"), self._levels(self.parts))

    def _levels(self, files: int) -> Levels:
        return Levels(files, self.parts, MOST_MERGED if is_local(self.output.root) else MOST_MERGED_REMOTE)


def counting(output: Output, plan: Plan, profile: str, rule: RareNgram, meter: Meter) -> Counting:
    """Sizes the count pass for a plan: hash ranges are small enough for flat memory."""
    parts = 1 << (plan.pairs * NGRAMS_PER_ROW // (ENTRIES_PER_PART * _scale(output))).bit_length()
    return Counting(output, profile, rule, plan.keys_may_repeat, len(groups(output, plan.shards)), parts, meter)


def _scale(output: Output) -> int:
    return 1 if is_local(output.root) else REMOTE


def groups(output: Output, shards: Iterable[Shard]) -> list[Group]:
    """Numbers groups of shards with about ROWS_PER_RUN rows; each group becomes one run of each kind."""
    return group(shards, ROWS_PER_RUN * _scale(output))


def is_counted(output: Output) -> bool:
    """Returns whether the count pass is done and all its files exist."""
    if not output.has(SUMMARY):
        return False
    files = json.loads(read_bytes(output.path(SUMMARY)))["files"]
    forget_lost(output, {SUMMARY: files})
    return output.has(SUMMARY)


def forget_lost_runs(counting: Counting) -> None:
    """Deletes the completion markers of groups and ranges whose files are missing."""
    output = counting.output
    needed = {
        run_name(RUNS, "keys", number): [run_name(RUNS, kind, number) for kind in ("ngrams", "pairs")]
        for number in range(counting.runs)
    }
    notes = output.names(PARTS, ".json")
    contents = read_json_files([output.path(name) for name in notes])
    merged = {name: content["files"] for name, content in zip(notes, contents, strict=True)}
    forget_lost(output, needed | merged | counting.of_runs.needed() | counting.of_parts.needed())
