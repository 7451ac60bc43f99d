"""A finished run whose work another run takes over, and its verdict shards."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from filters import EvalDuplicate, Porn
from pipeline.config import config_of
from pipeline.files import Output
from pipeline.formats import VERDICTS
from pipeline.inputs import InputError, check_output
from pipeline.outputs.manifest import no_run, plain_config, read_manifest
from pipeline.rule_set import Filters

LATE = (EvalDuplicate.reason, Porn.reason)  # rules on what pixels give


class VerdictShard(NamedTuple):
    """A verdict shard of a finished run; `identified_by` as in `pipeline.storage.plan.Shard`."""

    name: str
    fingerprint: str  # of its input file; empty if several input files have one name
    first: int
    rows: int
    identified_by: str | None


@dataclass(frozen=True)
class FinishedRun:
    """The folder of a finished run, and its manifest."""

    root: str
    manifest: Mapping[str, Any]

    @cached_property
    def config(self) -> dict[str, Any]:
        """Settings of the run as a tree; one that is newer than the run has its default."""
        return dataclasses.asdict(config_of(plain_config(self.manifest)))

    @property
    def early(self) -> tuple[str, ...]:
        """The reasons of rules that left a pair unmeasured; none where every pair was measured."""
        if self.config["measure"] == "all":
            return ()
        return tuple(rule.name for rule in dataclasses.fields(Filters) if rule.name not in LATE)

    @cached_property
    def lost(self) -> tuple[str, ...]:
        """Paths of missing verdict files, below the folder of the run."""
        there = set(Output(self.root).names("verdicts"))
        names = (VERDICTS.file(shard["name"]) for shard in self.manifest["shards"])
        return tuple(name for name in names if name not in there)

    @cached_property
    def shards(self) -> tuple[VerdictShard, ...]:
        """Verdict shards of the run that exist, in order."""
        inputs = self.manifest["inputs"]
        names = Counter(entry["name"] for entry in inputs)
        fingerprints = {entry["name"]: entry["fingerprint"] for entry in inputs if names[entry["name"]] == 1}
        return tuple(
            VerdictShard(
                shard["name"],
                fingerprints.get(shard["source"], ""),
                shard["first_row"],
                shard["rows"],
                shard.get("identified_by"),
            )
            for shard in self.manifest["shards"]
            if VERDICTS.file(shard["name"]) not in self.lost
        )


def read_finished(root: str, output: str, format_: int) -> FinishedRun:
    """Reads the run in the folder `root`. Raises InputError for a folder without a finished run of this format."""
    if os.path.realpath(root) == os.path.realpath(output):
        raise InputError(f"reuse: {root} is the output itself; give the folder of another run")
    try:
        check_output(output, [root])
    except InputError as error:
        raise InputError(f"reuse: {output} lies in {root}; give an output outside of it") from error
    try:
        manifest = read_manifest(Output(root))
    except InputError as error:
        raise InputError(f"reuse: {root} {no_run(Output(root))}") from error
    if "parent" in manifest:
        raise InputError(f"reuse: {root} is a subset, without the verdicts of all pairs; give the run it was made from")
    if manifest["format"] != format_:
        raise InputError(
            f"reuse: {root} is a run of format {manifest['format']}, made by align-corpus "
            f"{manifest['versions']['align-corpus']}, and this is format {format_}: nothing of it can be reused; "
            f"leave --reuse out"
        )
    return FinishedRun(root, manifest)
