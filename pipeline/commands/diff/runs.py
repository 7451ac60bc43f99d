"""The two finished runs that are compared."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

from filters import Rule
from pipeline.files import Output
from pipeline.formats import VERDICTS
from pipeline.inputs import InputError
from pipeline.outputs.formats.chosen import format_at_hand
from pipeline.outputs.manifest import no_run, read_manifest
from pipeline.report.described import rules_of
from pipeline.storage.markers import Listing

KEPT, ABSENT = "kept", "absent"  # outcomes of a pair in a run; the others are first reasons


@dataclass(frozen=True)
class Run:
    """A finished run by its name on the command line, RUN1 or RUN2."""

    name: str
    output: Output
    manifest: Mapping[str, Any]

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The rules by reason."""
        return rules_of(self.manifest)

    @cached_property
    def shards(self) -> tuple[str, ...]:
        """The names of the verdict shards, in order."""
        return tuple(VERDICTS.file(shard["name"]) for shard in self.manifest["shards"])

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The first row of each shard, and the number of all rows."""
        return tuple(accumulate((shard["rows"] for shard in self.manifest["shards"]), initial=0))

    @cached_property
    def pictured(self) -> tuple[str | None, ...]:
        """The format to read the images of each shard's kept pairs from; None where the run has none of them."""
        files, shards = Listing(self.output), self.manifest["shards"]
        return tuple(format_at_hand(files, one["name"]) if one.get("records") else None for one in shards)

    @property
    def pairs(self) -> int:
        return self.starts[-1]

    @property
    def kept(self) -> int:
        return sum(shard["kept"] for shard in self.manifest["shards"])


def outcomes_of(*runs: Run) -> tuple[str, ...]:
    """All outcomes, in the order of rules; a pair's outcome is a number in this order."""
    return tuple(dict.fromkeys([KEPT, *(reason for run in runs for reason in run.rules), ABSENT]))


def read_runs(roots: Mapping[str, str]) -> list[Run]:
    """The runs in these folders, by name. Raises InputError if one holds none, or both are one."""
    if len({os.path.realpath(root) for root in roots.values()}) < len(roots):
        raise InputError(f"{' and '.join(roots)} are the same folder, {next(iter(roots.values()))}; give two runs")
    return [_read_run(name, root) for name, root in roots.items()]


def _read_run(name: str, root: str) -> Run:
    output = Output(root)
    try:
        return Run(name, output, read_manifest(output))
    except InputError as error:
        raise InputError(f"{name}: {root} {no_run(output)}") from error
