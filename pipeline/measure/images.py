"""The images of a shard, read again: measured, recorded if kept, and offered to the report's examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import Rule, failures, first_failures
from filters.picture import Picture, UndecodableImage
from filters.signals import needs_pixels
from pipeline.engines.progress import Meter
from pipeline.inputs import Input, open_source
from pipeline.measure.close_calls import CloseCalls
from pipeline.measure.examples import NO_RULE, Examples, thumbnail_of
from pipeline.measure.measures import Measures
from pipeline.measure.pixel_signals import PixelSignals
from pipeline.measure.pixels import measure_pixels
from pipeline.outputs.formats.shards import Shards
from pipeline.outputs.formats.sink import PairImage
from pipeline.reuse.facts import Facts
from pipeline.storage.plan import Shard

METER_STEP = 64  # images
UNDECODABLE = 0  # the number of the rule, which is the first and always on
IMAGE = ("image_hash", "width", "height", "image_width", "image_height")  # known of each image, whatever rules need

Columns = dict[str, pa.Array]


@dataclass(frozen=True)
class ImageOutputs:
    """Receivers of a shard's images: the corpus, and the report's examples and close calls."""

    corpus: Shards
    examples: Examples
    close_calls: CloseCalls


@dataclass(frozen=True)
class ShardImages:
    """A shard whose input has images, with all columns of its pairs that need no pixel."""

    shard: Shard
    columns: Columns
    settings: Input
    meter: Meter
    own: Columns = field(default_factory=dict)  # further columns, for the user's own rules
    known: Facts | None = None  # what the run of --reuse measured

    def process(self, measures: Measures, outputs: ImageOutputs) -> Columns:
        """Measures and judges the images, and gives each to the outputs; returns the columns that pixels give."""
        signals = PixelSignals(self.columns["decodable"].to_numpy(zero_copy_only=False).copy(), self.known)
        rows = self._rows_to_decode(signals, measures, outputs.examples)
        known = self._known([*measures.rules, *measures.own])
        for row, picture, rule in measure_pixels(self._read(rows), rows, known, signals, measures):
            if rule == NO_RULE:
                rule = self._record(row, picture, signals, outputs.corpus)
            if outputs.examples.wants(rule, row):
                outputs.examples.add(rule, row, thumbnail_of(picture))
            outputs.close_calls.offer(row, picture, signals, measures.index)
            del picture  # the next batch is decoded without its pixels in memory
        found = signals.columns(measures.eval_ids)
        return found | {"image_error": pc.coalesce(self.columns["image_error"], found["image_error"])}

    def _rows_to_decode(self, signals: PixelSignals, measures: Measures, examples: Examples) -> np.ndarray:
        """The rows that no rule has dropped so far, and the examples of those that one has, ascending."""
        first = first_failures(failures(measures.rules, self.columns, self.shard.rows))
        examples.choose(first, first != NO_RULE)  # kept pairs are known only once pixels are measured
        needed = (first == NO_RULE) | measures.everything
        needed[examples.rows] = True
        return np.flatnonzero(needed & signals.decodable)

    def _known(self, rules: Sequence[Rule]) -> pa.Table:
        """Returns the columns that need no pixels: those of the images, and those that `rules` compare."""
        needs = (name for rule in rules for name in rule.needs if not needs_pixels(name))
        columns = self.columns | self.own
        return pa.table({name: columns[name] for name in dict.fromkeys((*IMAGE, *needs))})

    def _read(self, rows: np.ndarray) -> Iterator[bytes | None]:
        """The bytes of these rows' images, in order; the meter counts the pairs as they are read."""
        wanted = pa.table({column: self.columns[column] for column in ("image_path", "offset", "length")}).take(rows)
        wanted = wanted.append_column("row", pa.array(rows + self.shard.first))
        others = self.shard.rows - len(rows)
        self.meter.add(others, others)
        images = open_source(self.shard.source, self.settings).images(wanted)
        for begin in range(0, len(rows), METER_STEP):
            step = min(METER_STEP, len(rows) - begin)
            self.meter.add(step, step)
            yield from islice(images, step)

    def _record(self, row: int, picture: Picture | None, signals: PixelSignals, corpus: Shards) -> int:
        """Writes a kept pair; returns the rule that drops it if its image can't be decoded in full."""
        try:
            assert picture is not None, "a pair is kept only once it was decoded"
            width, height = (self.columns[name][row].as_py() for name in ("image_width", "image_height"))
            corpus.add(PairImage(row, picture.record_bytes(), width, height))
            return NO_RULE
        except UndecodableImage as error:
            signals.fail(row, error)
            return UNDECODABLE
