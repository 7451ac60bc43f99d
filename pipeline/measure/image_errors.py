"""The column `image_error` of a shard, and how many images of a run have each error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from filters.image_errors import ImageError


def header_errors(columns: Mapping[str, pa.Array], max_pixels: int) -> pa.Array:
    """The error that the header of each image of an index shard tells, as a string; null where it tells none."""
    pixels = pc.multiply(columns["width"].cast(pa.int64()), columns["height"].cast(pa.int64()))
    too_large = pc.and_kleene(columns["decodable"], pc.greater(pixels, max_pixels))
    return pc.if_else(pc.fill_null(too_large, False), ImageError.OVER_LIMIT.value, columns["image_error"])


def count_errors(errors: pa.Array | pa.ChunkedArray) -> dict[str, int]:
    """Counts the images with each error."""
    return {count["values"]: count["counts"] for count in pc.value_counts(errors.drop_null()).to_pylist()}


def add_errors(counts: Sequence[Mapping[str, int] | None]) -> dict[str, int] | None:
    """The sums of the counts of all shards, by every code in order; None where no shard has images."""
    asked = [Counter(count) for count in counts if count is not None]
    total = sum(asked, Counter[str]())
    return {error.value: total[error.value] for error in ImageError} if asked else None
