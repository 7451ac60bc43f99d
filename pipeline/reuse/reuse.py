"""Work that a run takes over from the run of `--reuse`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.config import Config
from pipeline.files import Output
from pipeline.inputs import Source
from pipeline.inputs.pictures import Task, beside
from pipeline.outputs.versions import versions
from pipeline.reuse.conditions import matches_differ, scores_differ
from pipeline.reuse.kept_index import KeptIndex, find_index
from pipeline.reuse.run import FinishedRun, read_finished
from pipeline.reuse.signals import Signals, find_signals
from pipeline.storage.copies import take_file

INDEX = "index of input files"
SCORES, MATCHES, DECODING = "porn scores", "images that match no evaluation image", "images that can be decoded"


@dataclass(frozen=True)
class Reuse:
    """A finished run, the identity of this one with its versions, and what is taken over."""

    run: FinishedRun
    this: Mapping[str, Any]
    index: KeptIndex
    signals: Signals
    differences: Mapping[str, list[str]]  # by what could be taken over, why it is not, or not all

    @property
    def inputs(self) -> list[dict[str, Any]]:
        """The entries of this run's input files, by number."""
        return list(self.this["inputs"])

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprint of each input file of this run, by number."""
        return tuple(entry["fingerprint"] for entry in self.inputs)

    def take_evaluation(self, output: Output, names: Sequence[str]) -> bool:
        """Takes over the index of the same evaluation sets, the files `names`; False where the run kept none."""
        kept = Output(self.run.root)
        if self.differences.get(MATCHES) != [] or not all(map(kept.has, names)):
            return False
        for name in names:
            take_file(kept.path(name), output, name)
        return True


def find_reuse(
    root: str,
    output: str,
    identity: Mapping[str, Any],
    config: Config,
    sources: Sequence[Source],
    tasks: Sequence[Task],
) -> Reuse:
    """Compares the run in the folder `root` with this one, which has this `identity`. Raises InputError.

    `tasks` are the pictures of the evaluation sets.
    """
    run = read_finished(root, output, identity["format"])
    this = dict(identity) | {"versions": versions()}
    index, not_indexed = find_index(run, this, sources)
    evaluated = config.filters.eval_duplicate.enabled and bool(tasks or identity["eval_indexes"])
    matches = matches_differ(run, this, evaluated=evaluated)
    if evaluated:
        matches += [f"the pictures beside {table} may have changed" for table in beside(tasks)]
    differences = {INDEX: not_indexed, MATCHES if evaluated else DECODING: matches}
    if config.filters.porn.enabled:
        differences[SCORES] = scores_differ(run, this)
    signals = find_signals(run, this, scores=differences.get(SCORES) == [], clear=not matches, matches=evaluated)
    return Reuse(run, this, index, signals, differences)
