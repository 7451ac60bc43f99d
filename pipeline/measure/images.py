"""The images of a shard, read again: what pixels say of them, the records of what is kept, thumbnails of examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.evaluation import EvalIndex, Search
from filters import Rule, failures, first_failures
from filters.pixels import Picture, Undecodable
from filters.porn import Scorer, load_scorer
from filters.signals import needs_pixels
from pipeline.config import Config
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.inputs import Input, open_source
from pipeline.measure.close_calls import Audit, thumbnail
from pipeline.measure.eval_sets import EVAL_INDEX, open_index
from pipeline.measure.examples import KEPT, Examples
from pipeline.measure.pixels import Measures, PixelSignals, measure_pixels
from pipeline.measure.vectors import load_search
from pipeline.outputs.records import RecordShard
from pipeline.storage.plan import Shard

METER_STEP = 64  # images
UNDECODABLE = 0  # the number of the rule, which is the first and always on
IMAGE = ("image_hash", "width", "height", "image_width", "image_height")  # known of each image, whatever rules need

Columns = dict[str, pa.Array]


@dataclass(frozen=True)
class ShardImages:
    """A shard whose input has images, with all columns of its pairs that need no pixel."""

    shard: Shard
    columns: Columns
    settings: Input
    meter: Meter
    own: Columns = field(default_factory=dict)  # further columns, for the user's own rules

    def see(self, measures: Measures, records: RecordShard, examples: Examples, audit: Audit) -> Columns:
        """Measures what needs pixels, writes the records of what is kept, and sets pictures aside for the report.

        Returns the columns that pixels give.
        """
        first = first_failures(failures(measures.rules, self.columns, self.shard.rows))
        examples.choose(first, first != KEPT)  # who is kept is known only when pixels are seen
        signals = PixelSignals(self.columns["decodable"].to_numpy(zero_copy_only=False).copy())
        asked = (first == KEPT) | measures.everything
        asked[examples.rows] = True
        rows = np.flatnonzero(asked & signals.decodable)
        known = self._known([*measures.rules, *measures.own])
        for row, picture, rule in measure_pixels(self._read(rows), rows, known, signals, measures):
            if rule == KEPT:
                rule = self._record(row, picture, signals, records)
            if examples.wants(rule, row):
                examples.add(rule, row, thumbnail(picture))
            audit.see(row, picture, signals, measures.index)
            del picture  # the next batch is decoded without its pixels in memory
        seen = signals.columns(measures.eval_ids)
        return seen | {"image_error": pc.coalesce(self.columns["image_error"], seen["image_error"])}

    def _known(self, rules: Sequence[Rule]) -> pa.Table:
        """The columns that need no pixels, of the images and those that `rules` compare."""
        needs = (name for rule in rules for name in rule.needs if not needs_pixels(name))
        columns = self.columns | self.own
        return pa.table({name: columns[name] for name in dict.fromkeys((*IMAGE, *needs))})

    def _read(self, rows: np.ndarray) -> Iterator[bytes | None]:
        """The bytes of the images of these rows, in order; the meter follows."""
        wanted = pa.table({column: self.columns[column] for column in ("image_path", "offset", "length")}).take(rows)
        wanted = wanted.append_column("row", pa.array(rows + self.shard.first))
        others = self.shard.rows - len(rows)
        self.meter.add(others, others)
        images = open_source(self.shard.source, self.settings).images(wanted)
        for begin in range(0, len(rows), METER_STEP):
            step = min(METER_STEP, len(rows) - begin)
            self.meter.add(step, step)
            yield from islice(images, step)

    def _record(self, row: int, picture: Picture | None, signals: PixelSignals, records: RecordShard) -> int:
        """Writes the record of a kept pair; what can't be decoded whole after all is dropped here."""
        try:
            assert picture is not None, "a pair is kept only once it was decoded"
            records.add(picture.record_bytes(), {name: self.columns[name][row].as_py() for name in records.COLUMNS})
            return KEPT
        except Undecodable as error:
            signals.fail(row, error)
            return UNDECODABLE


@lru_cache(maxsize=1)
def load_measures(output: Output, config: Config) -> Measures:
    """What measures pixels, loaded once a process."""
    filters = config.filters
    index: EvalIndex | None = None
    if filters.eval_duplicate.enabled and output.has(EVAL_INDEX):
        index = open_index(output.path(EVAL_INDEX))
    scorer: Scorer | None = load_scorer(filters.porn.model, filters.porn.preparation) if filters.porn.enabled else None
    return Measures(
        rules=[rule for rule in filters.ours() if rule.enabled],
        index=index,
        search=search_of(config),
        scorer=scorer,
        max_pixels=filters.undecodable.max_pixels,
        everything=config.measure == "all",
        embedding=load_search(output, config.dedup.embedding) if index is not None else None,
        own=[rule for rule in filters.own() if rule.enabled],
    )


def search_of(config: Config) -> Search:
    """What counts as a near-duplicate by the settings."""
    dedup = config.dedup
    return Search(dedup.max_distance, dedup.min_score, thorough=config.filters.eval_duplicate.mode == "thorough")
