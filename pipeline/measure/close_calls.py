"""The near-duplicates that a run found, set aside with their pictures: those whose call was closest, to look at."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image

from dedup.evaluation import EvalIndex, Search
from filters.picture import Picture, UndecodableImage
from pipeline.files import Output, open_file, read_bytes
from pipeline.inputs import Source
from pipeline.measure.examples import THUMBNAIL_SIDE
from pipeline.measure.pixels import PixelSignals

FOLDER = "work/audit"
FILE = "work/audit.parquet"
CANDIDATES = 1000  # from all shards together
SHOWN = 60  # by the report
VERDICTS = ("key", "source", "text", "image_id", "eval_match", "eval_distance")
MORE = pa.schema(
    [
        ("margin", pa.float32()),
        ("eval_score", pa.float32()),  # or cosine, where there is no distance
        ("transform", pa.string()),
        ("picture", pa.binary()),
        ("eval_picture", pa.binary()),
    ]
)


class Audit:
    """The matches of one shard that were nearest to none; of several pairs with one image the first."""

    def __init__(self, images: np.ndarray, shards: int, search: Search, min_cosine: float) -> None:
        self.images = images  # uint64 (rows,): the hash of each image id
        self.search, self.min_cosine = search, min_cosine
        self.quota = max(1, min(SHOWN, CANDIDATES // shards))
        self.chosen: dict[int, tuple[float, int, dict[str, Any]]] = {}  # image to margin, row and what is written

    def see(self, row: int, picture: Picture | None, signals: PixelSignals, index: EvalIndex | None) -> None:
        """Takes the pair `row` if it is a match, and among the closest calls so far."""
        image = int(self.images[row])
        if index is None or signals.image[row] < 0 or image in self.chosen:
            return
        margin = self._margin(float(signals.closeness[row]), int(signals.distance[row]))
        if not self._has_room(margin, row):
            return
        self.chosen[image] = (
            margin,
            row,
            {
                "margin": margin,
                "eval_score": signals.closeness[row],
                "transform": signals.transform[row],
                "picture": thumbnail(picture),
                "eval_picture": view_of(index, signals.image[row]),
            },
        )

    def _margin(self, score: float, distance: int) -> float:
        """How far a score, or a cosine where there is no distance, is from the least that is enough, 0, to 1."""
        least = self.search.least_score(distance) if distance >= 0 else self.min_cosine
        return (score - least) / max(1 - least, 1e-6)

    def _has_room(self, margin: float, row: int) -> bool:
        """Whether such a match belongs here; the one that has to go for it goes."""
        if len(self.chosen) < self.quota:
            return True
        last = max(self.chosen, key=lambda image: self.chosen[image][:2])
        if self.chosen[last][:2] < (margin, row):
            return False
        del self.chosen[last]
        return True

    def write(self, output: Output, name: str, verdicts: pa.Table) -> None:
        """Writes the matches, if there are any: what VERDICTS and MORE name."""
        if not self.chosen:
            return
        chosen = sorted(self.chosen.values(), key=lambda match: match[:2])
        table = verdicts.select(VERDICTS).take(pa.array([row for _, row, _ in chosen]))
        for field in MORE:
            table = table.append_column(field, pa.array([more[field.name] for *_, more in chosen], field.type))
        with output.write(f"{FOLDER}/{name}.parquet") as file:
            pq.write_table(table, file, store_schema=False)


def thumbnail(picture: Picture | None) -> bytes | None:
    """A small JPEG of a picture, if it can be decoded."""
    try:
        return picture.thumbnail(THUMBNAIL_SIDE) if picture is not None else None
    except UndecodableImage:
        return None


def view_of(index: EvalIndex, image: int) -> bytes:
    """The view that an index keeps of an image, in the image's proportions, as JPEG."""
    width, height = index.sizes[image].tolist()
    factor = THUMBNAIL_SIDE / max(width, height)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    content = io.BytesIO()
    Image.fromarray(index.views[image]).resize(size).save(content, "JPEG")
    return content.getvalue()


def finish_audit(output: Output, images: Sequence[Source], max_pixels: int) -> None:
    """Joins the matches of all shards in one file: the closest calls first, and one a picture.

    `images` are the evaluation pictures, whose thumbnails take the place of the views.
    """
    if output.has(FILE):  # made of all shards, of which an ended run may have lost some
        return
    tables = []
    for name in output.names(FOLDER, ".parquet"):
        with open_file(output.path(name)) as file:
            tables.append(pq.read_table(file))
    if not tables:
        return
    table = pa.concat_tables(tables).sort_by([("margin", "ascending"), ("source", "ascending"), ("key", "ascending")])
    _, first = np.unique(table["image_id"].to_numpy(zero_copy_only=False).astype(str), return_index=True)
    table = table.take(pa.array(np.sort(first)[:SHOWN]))
    pictures = _evaluation_pictures(table, images, max_pixels)
    table = table.set_column(table.column_names.index("eval_picture"), "eval_picture", pictures)
    with output.write(FILE) as file:
        pq.write_table(table, file, store_schema=False)


def _evaluation_pictures(table: pa.Table, images: Sequence[Source], max_pixels: int) -> pa.Array:
    wanted = set(table["eval_match"].to_pylist())
    paths = {image.name: image.path for image in images if image.name in wanted}
    found = [
        thumbnail(Picture(read_bytes(paths[name]), max_pixels)) if name in paths else None
        for name in table["eval_match"].to_pylist()
    ]
    return pc.coalesce(pa.array(found, pa.binary()), table["eval_picture"].combine_chunks())
