"""The signals that need pixels, measured where nothing before them dropped the pair.

An image is decoded small for the hash and matched with the evaluation sets, by its vector too where the hash finds
nothing and there is a model for it; then it is scored. Batches bound the memory, whatever a shard holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import google_crc32c
import numpy as np
import pyarrow as pa
from PIL import Image

from dedup.embedding import TRANSFORM
from dedup.evaluation import EvalIndex, Search
from filters import EvalDuplicate, Porn, Rule, failures, first_failures, survivors
from filters.image import pixels_of_image
from filters.image_errors import ImageError, Undecodable
from filters.pixels import Picture
from filters.porn import Scorer
from pipeline.measure.vectors import EmbeddingSearch
from vocab.buffers import one_array

BATCH_IMAGES = 64
BATCH_PIXELS = 1 << 25  # decoded at once: 100 MB

Judged = tuple[int, Picture | None, int]  # row, its picture if it can be opened, the first rule that drops it or -1


@dataclass(frozen=True)
class Measures:
    """What measures pixels in this run; `index` and `scorer` are None where their rule is off or has nothing to ask.

    `embedding`, if there is one, holds the images of `index` in the same order.
    """

    rules: Sequence[Rule]
    index: EvalIndex | None
    search: Search
    scorer: Scorer | None
    max_pixels: int
    everything: bool  # every enabled rule for every pair
    embedding: EmbeddingSearch | None = None
    own: Sequence[Rule] = ()  # the user's, judged after `rules`; they decide nothing that is measured

    @cached_property
    def eval_ids(self) -> pa.StringArray:
        """The ids of the images in the index."""
        return pa.array(self.index.ids if self.index else [], pa.string())

    def before(self, late: type[EvalDuplicate] | type[Porn]) -> list[Rule]:
        """The rules that are judged before `late` is measured."""
        later = {EvalDuplicate: (EvalDuplicate, Porn), Porn: (Porn,)}[late]
        return [rule for rule in self.rules if not isinstance(rule, later)]


class PixelSignals:
    """The signals of a shard's pairs that pixels give; null until measured."""

    def __init__(self, decodable: np.ndarray) -> None:
        rows = len(decodable)
        self.decodable = decodable  # bool (rows,): what the header said, then what decoding says
        self.error = np.full(rows, None)  # ImageError of what decoding failed at
        self.image = np.full(rows, -1, np.int32)  # the evaluation image that is matched
        self.distance = np.full(rows, -1, np.int32)  # bits; none of a match by vectors
        self.closeness = np.full(rows, np.nan, np.float32)  # score of the match, or cosine
        self.transform = np.full(rows, None)  # how the two differ
        self.score = np.full(rows, np.nan)  # of porn
        self._firsts: dict[tuple[int, int, int], int] = {}

    def first_with(self, image: int, picture: Picture | None, row: int) -> int:
        """The first row that was asked for with this image; `row` itself if there was none.

        An id that the input only claims may stand for several images, so their bytes count too.
        """
        if picture is None:
            return row
        return self._firsts.setdefault((image, len(picture.data), google_crc32c.value(picture.data)), row)

    def fail(self, row: int, error: Undecodable) -> None:
        """Notes that the image of a row can't be decoded after all."""
        self.decodable[row] = False
        self.error[row] = error.error

    def copy(self, sources: np.ndarray, targets: np.ndarray) -> None:
        """Gives rows the signals of others."""
        shared = (self.decodable, self.error, self.image, self.distance, self.closeness, self.transform, self.score)
        for column in shared:
            column[targets] = column[sources]

    def columns(self, eval_ids: pa.StringArray, rows: np.ndarray | slice = slice(None)) -> dict[str, pa.Array]:
        """As Arrow arrays, of all rows or of some; `eval_ids` are those of the images in the index."""
        image, distance, score = self.image[rows], self.distance[rows], self.score[rows]
        return {
            "decodable": pa.array(self.decodable[rows]),
            "image_error": pa.array(self.error[rows], pa.string()),
            "eval_match": eval_ids.take(pa.array(image, mask=image < 0)),
            "eval_distance": pa.array(distance, mask=distance < 0),
            "porn_score": pa.array(score, mask=np.isnan(score)),
        }


def measure_pixels(
    images: Iterator[bytes | None], rows: np.ndarray, known: pa.Table, signals: PixelSignals, measures: Measures
) -> Iterator[Judged]:
    """Measures the `images` of `rows` (ascending row numbers) and judges them; `known` holds the other signals."""
    sizes = {name: known[name] for name in known.column_names}
    pixels = pixels_of_image(sizes).fill_null(0).to_numpy()[rows]
    for batch in _batches(rows, pixels):
        pictures = [_open(next(images), measures.max_pixels) for _ in batch]
        yield from _judge(batch, pictures, known.take(batch), signals, measures)


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
    except Undecodable:
        return None


def _judge(
    rows: np.ndarray, pictures: list[Picture | None], known: pa.Table, signals: PixelSignals, measures: Measures
) -> Iterator[Judged]:
    """Measures and judges a batch. An image that comes again in the shard, with another text, is measured once."""
    asked = _alive(measures.before(EvalDuplicate), rows, known, signals, measures)
    images = known["image_hash"].to_numpy()
    firsts = np.array([signals.first_with(images[place], pictures[place], rows[place]) for place in asked], np.int64)
    new = asked[firsts == rows[asked]]
    lumas = _decode(rows, pictures, new, signals)
    if measures.index is not None and lumas:
        _match(rows[list(lumas)], np.stack(list(lumas.values())), signals, measures)
    if measures.embedding is not None:
        unmatched = [place for place in lumas if signals.image[rows[place]] < 0]
        _match_vectors(rows, _convert(rows, pictures, unmatched, signals), signals, measures.embedding)
    signals.copy(firsts, rows[asked])
    if measures.scorer is not None:
        still = _alive(measures.before(Porn), rows, known, signals, measures)
        _score(rows, _convert(rows, pictures, np.intersect1d(still, new), signals), signals, measures.scorer)
        signals.copy(firsts, rows[asked])
    failed = failures([*measures.rules, *measures.own], _columns(rows, known, signals, measures), len(rows))
    yield from zip(rows.tolist(), pictures, first_failures(failed).tolist(), strict=True)


def _alive(
    rules: Sequence[Rule], rows: np.ndarray, known: pa.Table, signals: PixelSignals, measures: Measures
) -> np.ndarray:
    """The places in the batch where the next measure is asked for."""
    decodable = signals.decodable[rows]
    if measures.everything:
        return np.flatnonzero(decodable)
    return np.flatnonzero(decodable & survivors(rules, _columns(rows, known, signals, measures), len(rows)))


def _columns(rows: np.ndarray, known: pa.Table, signals: PixelSignals, measures: Measures) -> dict[str, pa.Array]:
    return {name: one_array(known[name]) for name in known.column_names} | signals.columns(measures.eval_ids, rows)


def _decode(
    rows: np.ndarray, pictures: list[Picture | None], asked: np.ndarray, signals: PixelSignals
) -> dict[int, np.ndarray]:
    """The luma of each picture asked for, by place in the batch; what can't be decoded is noted."""
    lumas = {}
    for place in asked.tolist():
        picture = pictures[place]
        try:
            if picture is None:
                raise Undecodable("gone since its header was read", ImageError.MISSING)
            lumas[place] = picture.luma()
        except Undecodable as error:
            signals.fail(rows[place], error)
    return lumas


def _match(rows: np.ndarray, lumas: np.ndarray, signals: PixelSignals, measures: Measures) -> None:
    assert measures.index is not None
    found = measures.index.match(lumas, measures.search)
    signals.image[rows], signals.distance[rows] = found.image, found.distance
    signals.closeness[rows], signals.transform[rows] = found.score, found.transform


def _match_vectors(
    rows: np.ndarray, images: dict[int, Image.Image], signals: PixelSignals, embedding: EmbeddingSearch
) -> None:
    if images:
        asked = rows[list(images)]
        found = embedding.match(list(images.values()))
        signals.image[asked], signals.closeness[asked] = found.image, found.cosine
        signals.transform[asked[found.image >= 0]] = TRANSFORM


def _score(rows: np.ndarray, images: dict[int, Image.Image], signals: PixelSignals, scorer: Scorer) -> None:
    """Scores are rounded before they are judged, so that a verdict shows the number that decided."""
    if images:
        signals.score[rows[list(images)]] = np.round(scorer(list(images.values())), 4)


def _convert(
    rows: np.ndarray, pictures: list[Picture | None], asked: Iterable[int], signals: PixelSignals
) -> dict[int, Image.Image]:
    """The whole image of each picture asked for, by place in the batch; what can't be decoded is noted."""
    converted = {}
    for place in asked:
        picture = pictures[place]
        try:
            if picture is not None:
                converted[int(place)] = picture.converted
        except Undecodable as error:
            signals.fail(rows[place], error)
    return converted
