"""Borderline near-duplicates of a run, saved with their thumbnails for review in the report."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image

from dedup.evaluation import EvalIndex
from dedup.search import Search
from filters.picture import Picture, thumbnail
from pipeline.files import Output, read_bytes
from pipeline.inputs import Source
from pipeline.measure.examples import THUMBNAIL_SIDE, thumbnail_of
from pipeline.measure.pixel_signals import PixelSignals
from pipeline.storage.for_report import CLOSE_CALLS, CLOSE_CALLS_SHOWN, SHARDS_CLOSE_CALLS, small_files
from pipeline.storage.gathered import AT_ONCE, batches, read_small_files

CANDIDATES = 1000  # from all shards together
VERDICTS = ("key", "source", "text", "image_id", "eval_match", "eval_distance")
MORE = pa.schema(
    [
        ("margin", pa.float32()),
        ("eval_score", pa.float32()),  # the cosine if there is no distance
        ("transform", pa.string()),
        ("picture", pa.binary()),
        ("eval_picture", pa.binary()),
    ]
)


@dataclass(frozen=True, order=True)
class CloseCall:
    """A match; the smallest margin comes first, then the smallest row."""

    margin: float
    row: int
    columns: dict[str, Any] = field(compare=False)


class CloseCalls:
    """One shard's most borderline matches, one per image: the first pair with it."""

    def __init__(self, images: np.ndarray, shards: int, search: Search, min_cosine: float) -> None:
        self.images = images  # uint64 (rows,): the hash of each image id
        self.search, self.min_cosine = search, min_cosine
        self.quota = max(1, min(CLOSE_CALLS_SHOWN, CANDIDATES // shards))
        self.chosen: dict[int, CloseCall] = {}  # by image

    def offer(self, row: int, picture: Picture | None, signals: PixelSignals, index: EvalIndex | None) -> None:
        """Takes the pair `row` if it is a match, and among the most borderline ones so far."""
        image = int(self.images[row])
        if index is None or signals.image[row] < 0 or image in self.chosen:
            return
        margin = self._margin(float(signals.closeness[row]), int(signals.distance[row]))
        if not self._has_room(margin, row):
            return
        columns = {
            "margin": margin,
            "eval_score": signals.closeness[row],
            "transform": signals.transform[row],
            "picture": thumbnail_of(picture),
            "eval_picture": view_of(index, signals.image[row]),
        }
        self.chosen[image] = CloseCall(margin, row, columns)

    def _margin(self, score: float, distance: int) -> float:
        """Distance of a score (a cosine if there is no distance) from the least that is enough, 0 to 1."""
        least = self.search.least_score(distance) if distance >= 0 else self.min_cosine
        return (score - least) / max(1 - least, 1e-6)

    def _has_room(self, margin: float, row: int) -> bool:
        """Returns whether a match with this margin has room; evicts the least borderline match if needed."""
        if len(self.chosen) < self.quota:
            return True
        last = max(self.chosen, key=self.chosen.__getitem__)
        if (self.chosen[last].margin, self.chosen[last].row) < (margin, row):
            return False
        del self.chosen[last]
        return True

    def write(self, output: Output, name: str, verdicts: pa.Table) -> None:
        """Writes the matches, if there are any, with the columns VERDICTS and MORE."""
        if not self.chosen:
            return
        chosen = sorted(self.chosen.values())
        table = verdicts.select(VERDICTS).take(pa.array([call.row for call in chosen]))
        for item in MORE:
            table = table.append_column(item, pa.array([call.columns[item.name] for call in chosen], item.type))
        with output.write(f"{SHARDS_CLOSE_CALLS}/{name}.parquet") as file:
            pq.write_table(table, file, store_schema=False)


def view_of(index: EvalIndex, image: int) -> bytes:
    """The index's view of an image, in the image's proportions, as JPEG."""
    width, height = index.sizes[image].tolist()
    factor = THUMBNAIL_SIDE / max(width, height)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    content = io.BytesIO()
    Image.fromarray(index.views[image]).resize(size).save(content, "JPEG")
    return content.getvalue()


def join_close_calls(output: Output, images: Sequence[Source], max_pixels: int) -> None:
    """Joins the matches of all shards in one file: the most borderline first, and one per image.

    `images` are the evaluation pictures, whose thumbnails replace the views.
    """
    if output.has(CLOSE_CALLS):  # made of all shards, whose files an interrupted clean-up may have removed
        return
    table = None
    for contents in batches(read_small_files(output, small_files()[SHARDS_CLOSE_CALLS].listed(output)), AT_ONCE):
        some = [pq.read_table(pa.BufferReader(content)) for content in contents]
        table = _closest(pa.concat_tables(some if table is None else [table, *some]))
    if table is None:
        return
    pictures = _evaluation_pictures(table, images, max_pixels)
    table = table.set_column(table.column_names.index("eval_picture"), "eval_picture", pictures)
    with output.write(CLOSE_CALLS) as file:
        pq.write_table(table, file, store_schema=False)


def _closest(table: pa.Table) -> pa.Table:
    """The most borderline matches, the first one of each image; ties stay in their order."""
    table = table.sort_by([("margin", "ascending"), ("source", "ascending"), ("key", "ascending")])
    _, first = np.unique(table["image_id"].to_numpy(zero_copy_only=False).astype(str), return_index=True)
    return table.take(pa.array(np.sort(first)[:CLOSE_CALLS_SHOWN]))


def _evaluation_pictures(table: pa.Table, images: Sequence[Source], max_pixels: int) -> pa.Array:
    wanted = set(table["eval_match"].to_pylist())
    paths = {image.name: image.path for image in images if image.name in wanted}
    found = [
        thumbnail(read_bytes(paths[name]), THUMBNAIL_SIDE, max_pixels) if name in paths else None
        for name in table["eval_match"].to_pylist()
    ]
    return pc.coalesce(pa.array(found, pa.binary()), table["eval_picture"].combine_chunks())
