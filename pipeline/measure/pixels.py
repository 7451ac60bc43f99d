"""The signals that need pixels, measured for each pair that no earlier rule drops.

An image is decoded small for the hash and matched with the evaluation sets, by its vector too if the hash finds
nothing and there is a model for vectors; then it is scored. Batches bound the memory, whatever a shard holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from PIL import Image

from filters import EvalDuplicate, Porn, failures, first_failures, survivors
from filters.image import pixels_of_image
from filters.image_errors import ImageError
from filters.picture import Picture, UndecodableImage
from filters.porn import QUICK_SIDE, Quick, Scorer
from pipeline.measure.measures import Measures
from pipeline.measure.pixel_signals import PixelSignals
from vocab.buffers import one_array

BATCH_IMAGES = 64
BATCH_PIXELS = 1 << 25  # decoded at once: 100 MB

Decode = Callable[[Picture], Image.Image]
Judged = tuple[int, Picture | None, int]  # row, its picture if it can be opened, the first rule that drops it or -1


def measure_pixels(
    images: Iterator[bytes | None], rows: np.ndarray, known: pa.Table, signals: PixelSignals, measures: Measures
) -> Iterator[Judged]:
    """Measures the `images` of `rows` (ascending row numbers) and judges them; `known` holds the other signals."""
    sizes = {name: known[name] for name in known.column_names}
    pixels = pixels_of_image(sizes).fill_null(0).to_numpy()[rows]
    for part in _batches(rows, pixels):
        pictures = [_open(next(images), measures.max_pixels) for _ in part]
        yield from Batch(part, pictures, known.take(part), signals, measures).judge()


def _batches(rows: np.ndarray, pixels: np.ndarray) -> Iterator[np.ndarray]:
    begin, total = 0, 0
    for end, more in enumerate(pixels.tolist()):
        if end > begin and (end - begin == BATCH_IMAGES or total + more > BATCH_PIXELS):
            yield rows[begin:end]
            begin, total = end, 0
        total += more
    if begin < len(rows):
        yield rows[begin:]


def _open(data: bytes | None, max_pixels: int) -> Picture | None:
    try:
        return Picture(data or b"", max_pixels)
    except UndecodableImage:
        return None


def _converted(picture: Picture) -> Image.Image:
    return picture.converted


@dataclass(frozen=True)
class Batch:
    """Pairs of a shard whose pictures are in memory together. An index is the position of a pair in the batch."""

    rows: np.ndarray  # int (n,), ascending: the pairs' rows in the shard
    pictures: list[Picture | None]  # None for bytes that can't be opened
    known: pa.Table  # the pairs' signals that need no pixel
    signals: PixelSignals  # all pairs of the shard
    measures: Measures

    def judge(self) -> Iterator[Judged]:
        """Measures and judges the batch. An image that occurs again in the shard is measured once."""
        needed = self._needing(EvalDuplicate)
        firsts = self._first_rows(needed)
        new = needed[firsts == self.rows[needed]]
        self._match(np.array([index for index in new if not self._is_clear(index)], np.int64))
        self.signals.copy(firsts, self.rows[needed])
        if self.measures.scorer is not None:
            self._score(np.intersect1d(self._needing(Porn), new), self.measures.scorer, self.measures.quick)
            self.signals.copy(firsts, self.rows[needed])
        rules = [*self.measures.rules, *self.measures.own]
        failed = failures(rules, self._columns(), len(self.rows))
        yield from zip(self.rows.tolist(), self.pictures, first_failures(failed).tolist(), strict=True)

    def _needing(self, late: type[EvalDuplicate] | type[Porn]) -> np.ndarray:
        """Indices of the pairs that need the signal of `late`: decodable, and dropped by no earlier rule."""
        decodable = self.signals.decodable[self.rows]
        if self.measures.everything:
            return np.flatnonzero(decodable)
        return np.flatnonzero(decodable & survivors(self.measures.before(late), self._columns(), len(self.rows)))

    def _columns(self) -> dict[str, pa.Array]:
        known = {name: one_array(self.known[name]) for name in self.known.column_names}
        return known | self.signals.columns(self.measures.eval_ids, self.rows)

    def _first_rows(self, indices: np.ndarray) -> np.ndarray:
        """The first row of the shard with the same image as each pair, int64 (indices,)."""
        images = self.known["image_hash"].to_numpy()
        firsts = (self.signals.first_with(images[index], self.pictures[index], self.rows[index]) for index in indices)
        return np.array(list(firsts), np.int64)

    def _is_clear(self, index: int) -> bool:
        """Returns whether a finished run decoded this picture and found no match."""
        return self.pictures[index] is not None and bool(self.signals.known.clear[self.rows[index]])

    def _match(self, indices: np.ndarray) -> None:
        """Matches pictures with the evaluation sets, by hashes and then by vectors; records decoding errors."""
        lumas = self._lumas(indices)
        if self.measures.index is not None and lumas:
            found = self.measures.index.match(np.stack(list(lumas.values())), self.measures.search)
            self.signals.add_matches(self.rows[list(lumas)], found)
        if self.measures.embedding is not None:
            images = self._images(index for index in lumas if self.signals.image[self.rows[index]] < 0)
            if images:
                nearest = self.measures.embedding.match(list(images.values()))
                self.signals.add_vector_matches(self.rows[list(images)], nearest)

    def _score(self, indices: np.ndarray, scorer: Scorer, quick: Quick | None) -> None:
        """Scores pictures, all that are not known: with `quick` first where it is given, and then those in doubt."""
        rows = self.rows[indices]
        known = self.signals.known.scores[rows]
        self.signals.score[rows], self.signals.exact[rows] = known, self.signals.known.exact[rows]
        indices = indices[np.isnan(known)]
        if quick is not None:
            indices = self._in_doubt(indices, quick)
        images = self._images(indices.tolist())
        if images:
            self.signals.add_scores(self.rows[list(images)], scorer(list(images.values())), exact=True)

    def _in_doubt(self, indices: np.ndarray, quick: Quick) -> np.ndarray:
        """Scores pictures with the quick model; returns those that the exact one has to decide, int64 (pictures,)."""
        images = self._images(indices.tolist(), lambda picture: picture.at_least(QUICK_SIDE))
        scores = quick.scorer(list(images.values()))
        scored = np.array(list(images), np.int64)
        self.signals.add_scores(self.rows[scored], scores, exact=False)
        return scored[scores >= quick.low]

    def _lumas(self, indices: np.ndarray) -> dict[int, np.ndarray]:
        """The luma of each picture that can be decoded, by index; the others' errors are recorded."""
        lumas = {}
        for index in indices.tolist():
            picture = self.pictures[index]
            try:
                if picture is None:
                    raise UndecodableImage("gone since its header was read", ImageError.MISSING)
                lumas[index] = picture.luma()
            except UndecodableImage as error:
                self.signals.fail(self.rows[index], error)
        return lumas

    def _images(self, indices: Iterable[int], decode: Decode = _converted) -> dict[int, Image.Image]:
        """The image of each picture that can be decoded, by index; the others' errors are recorded."""
        images = {}
        for index in indices:
            picture = self.pictures[index]
            try:
                if picture is not None:
                    images[index] = decode(picture)
            except UndecodableImage as error:
                self.signals.fail(self.rows[index], error)
        return images
