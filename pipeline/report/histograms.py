"""Histograms of the signals over all verdicts, counted in one pass of batches: memory does not grow with the pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters import Signals, dropped
from pipeline.report.signals import COLUMNS, Signal

if TYPE_CHECKING:
    from pipeline.files import Output

PAIRS_AT_ONCE = 1 << 16


@dataclass
class Histogram:
    """How many pairs fall into each bin of a signal, and how many of them its rule drops."""

    signal: Signal
    pairs: np.ndarray = field(init=False)  # int64 (bins,)
    dropped: np.ndarray = field(init=False)  # int64 (bins,), all zero where the rule is off
    unmeasured: int = 0

    def __post_init__(self) -> None:
        self.pairs = np.zeros(len(self.signal.edges), dtype=np.int64)
        self.dropped = np.zeros_like(self.pairs)

    @property
    def measured(self) -> int:
        """Pairs that have a value."""
        return int(self.pairs.sum())

    @property
    def never(self) -> bool:
        """Whether the rule had nothing to compare. A distance exists for matches alone, so that none says nothing."""
        return not self.measured and bool(self.signal.cuts)

    def add(self, verdicts: Signals) -> None:
        """Counts a batch of verdicts, arrays by the names `COLUMNS`."""
        values = self.signal.value(verdicts)
        measured = np.asarray(pc.is_valid(values))
        bins = self._bins(np.asarray(values.drop_null()))
        self.pairs += np.bincount(bins, minlength=len(self.pairs))
        if self.signal.rule.enabled:
            drops = dropped(self.signal.rule, verdicts)[measured]
            self.dropped += np.bincount(bins[drops], minlength=len(self.pairs))
        self.unmeasured += len(measured) - len(bins)

    def _bins(self, values: np.ndarray) -> np.ndarray:
        """The bin of each value; below the first edge is the first bin, beyond the last edge the last."""
        bins = np.searchsorted(self.signal.edges, values, side="right" if self.signal.whole else "left") - 1
        return np.clip(bins, 0, len(self.pairs) - 1)


def count_histograms(output: Output, signals: Iterable[Signal]) -> list[Histogram]:
    """The histograms of `signals` over `verdicts/*.parquet`. Raises OSError, ArrowInvalid."""
    histograms = [Histogram(signal) for signal in signals]
    for batch in _verdicts(output):
        for histogram in histograms:
            histogram.add(batch)
    return histograms


def _verdicts(output: Output) -> Iterator[Signals]:
    from pipeline.files import open_file

    for name in output.names("verdicts", ".parquet"):
        with open_file(output.path(name)) as file:
            for batch in pq.ParquetFile(file).iter_batches(PAIRS_AT_ONCE, columns=list(COLUMNS), use_threads=False):
                yield dict(zip(batch.schema.names, batch.columns, strict=True))
