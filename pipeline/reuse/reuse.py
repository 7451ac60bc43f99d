"""What a run takes over from the run of `--reuse`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.config import Config
from pipeline.outputs.versions import versions
from pipeline.reuse.conditions import matches_differ, scores_differ
from pipeline.reuse.run import FinishedRun, read_finished
from pipeline.reuse.signals import Signals, find_signals

SCORES, MATCHES, DECODING = "porn scores", "images that match no evaluation image", "images that can be decoded"


@dataclass(frozen=True)
class Reuse:
    """A finished run, the identity of this one with its versions, and what is taken over."""

    run: FinishedRun
    this: Mapping[str, Any]
    signals: Signals
    differences: Mapping[str, list[str]]  # by kind of signal, why it isn't taken over

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprint of each input file of this run, by number."""
        return tuple(entry["fingerprint"] for entry in self.this["inputs"])


def find_reuse(root: str, output: str, identity: Mapping[str, Any], config: Config, *, sets: bool) -> Reuse:
    """Compares the run in the folder `root` with this one, which has this `identity`. Raises InputError.

    `sets` is true if there are evaluation sets.
    """
    run = read_finished(root, output, identity["format"])
    this = dict(identity) | {"versions": versions()}
    evaluated = sets and config.filters.eval_duplicate.enabled
    matches = matches_differ(run, this, evaluated=evaluated)
    differences = {MATCHES if evaluated else DECODING: matches}
    if config.filters.porn.enabled:
        differences[SCORES] = scores_differ(run, this)
    signals = find_signals(run, this, scores=differences.get(SCORES) == [], clear=not matches, matches=evaluated)
    return Reuse(run, this, signals, differences)
