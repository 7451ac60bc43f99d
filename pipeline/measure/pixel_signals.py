"""Signals of a shard's pairs that need pixels: arrays that batches fill, and their Arrow columns."""

from __future__ import annotations

import google_crc32c
import numpy as np
import pyarrow as pa

from dedup.embedding_index import TRANSFORM, VectorMatches
from dedup.evaluation import Matches
from filters.picture import Picture, UndecodableImage
from pipeline.reuse.facts import Facts

DECIMALS = 4  # of a porn score


class PixelSignals:
    """The signals of a shard's pairs that pixels give; null until measured."""

    def __init__(self, decodable: np.ndarray, known: Facts | None = None) -> None:
        rows = len(decodable)
        self.known = known or Facts.none(rows)  # measured in the run of --reuse
        self.decodable = decodable  # bool (rows,): by the header, and once the image is decoded by that
        self.error = np.full(rows, None)  # ImageError of a failed decoding
        self.image = np.full(rows, -1, np.int32)  # number of the matched evaluation image
        self.distance = np.full(rows, -1, np.int32)  # bits; -1 also for a match by vectors
        self.closeness = np.full(rows, np.nan, np.float32)  # score of the match, or cosine
        self.transform = np.full(rows, None)  # difference between the two images
        self.score = np.full(rows, np.nan)  # porn score
        self.exact = np.zeros(rows, bool)  # the porn score is the exact model's
        self._firsts: dict[tuple[int, int, int], int] = {}

    def first_with(self, image: int, picture: Picture | None, row: int) -> int:
        """The first row given here with this image; `row` itself if it is the first.

        An id that the input only claims may stand for several images, so their bytes count too.
        """
        if picture is None:
            return row
        return self._firsts.setdefault((image, len(picture.data), google_crc32c.value(picture.data)), row)

    def fail(self, row: int, error: UndecodableImage) -> None:
        """Records that decoding a row's image failed."""
        self.decodable[row] = False
        self.error[row] = error.error

    def add_matches(self, rows: np.ndarray, found: Matches) -> None:
        """Records the matches of rows' images by their hashes."""
        self.image[rows], self.distance[rows] = found.image, found.distance
        self.closeness[rows], self.transform[rows] = found.score, found.transform

    def add_vector_matches(self, rows: np.ndarray, found: VectorMatches) -> None:
        """Records the matches of rows' images by their vectors."""
        self.image[rows], self.closeness[rows] = found.image, found.cosine
        self.transform[rows[found.image >= 0]] = TRANSFORM

    def add_scores(self, rows: np.ndarray, scores: np.ndarray, exact: bool) -> None:
        """Records porn scores, rounded before they are judged, so that a verdict shows the number that decided."""
        self.score[rows], self.exact[rows] = np.round(scores, DECIMALS), exact

    def copy(self, sources: np.ndarray, targets: np.ndarray) -> None:
        """Gives the rows `targets` the signals of the rows `sources`."""
        match = (self.image, self.distance, self.closeness, self.transform)
        for column in (self.decodable, self.error, *match, self.score, self.exact):
            column[targets] = column[sources]

    def columns(self, eval_ids: pa.StringArray, rows: np.ndarray | slice = slice(None)) -> dict[str, pa.Array]:
        """Arrow arrays of all rows or of some; `eval_ids` are the ids of the images in the index."""
        image, distance, score = self.image[rows], self.distance[rows], self.score[rows]
        unscored = np.isnan(score)
        return {
            "decodable": pa.array(self.decodable[rows]),
            "image_error": pa.array(self.error[rows], pa.string()),
            "eval_match": eval_ids.take(pa.array(image, mask=image < 0)),
            "eval_distance": pa.array(distance, mask=distance < 0),
            "porn_score": pa.array(score, mask=unscored),
            "porn_exact": pa.array(self.exact[rows], mask=unscored),
        }
