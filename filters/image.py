"""The rules on images, each a sentence of ALIGN section 3, "Image-based filtering"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.base import Signals
from filters.bins import Bins, around, by_factors
from filters.image_errors import ImageError
from filters.porn import EXACT, FAST, OPEN_NSFW, SPEEDS, ModelSettings, lowest_doubt
from filters.wording import Row, size

HASH_BITS = 256


@dataclass(frozen=True)
class Undecodable:
    """Drops a pair without an image that can be decoded: none, empty, of no format, truncated, or over the pixel limit.

    Not in the paper, and can't be switched off. An image of exactly `max_pixels` stays. Pixels are counted as the
    image's bytes have them: see `pixels_of_image`.
    """

    reason: ClassVar[str] = "undecodable"
    needs: ClassVar[tuple[str, ...]] = ("decodable", "width", "height")
    enabled: ClassVar[bool] = True
    max_pixels: Annotated[int, "most pixels of an image that stays", "pixels"] = 89_478_485

    def drops(self, signals: Signals) -> pa.Array:
        too_large = pc.fill_null(pc.greater(pixels_of_image(signals), self.max_pixels), False)
        return pc.or_kleene(pc.invert(signals["decodable"]), pc.and_kleene(signals["decodable"], too_large))

    def sentence(self) -> str:
        return f"No image that can be decoded, or one of over {self.max_pixels:,} pixels"

    def decided(self, row: Row) -> str:
        error = row.get("image_error") or "not decodable"  # a run of an earlier version has no errors
        if error == ImageError.OVER_LIMIT:
            return f"{row['width'] * row['height']:,} pixels, at most {self.max_pixels:,}"
        return str(error) if row["width"] is None else f"{size(row)}, {error}"


@dataclass(frozen=True)
class ShortSide:
    """Drops an image whose short side is under 200 pixels. 200 stays."""

    reason: ClassVar[str] = "short_side"
    needs: ClassVar[tuple[str, ...]] = ("width", "height")
    min_pixels: Annotated[int, "smallest short side that stays", "pixels"] = 200
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        return pc.less(_short(signals), self.min_pixels)

    def sentence(self) -> str:
        return f"Short side under {self.min_pixels:,} pixels"

    def decided(self, row: Row) -> str:
        return f"short side {min(row['width'], row['height']):,} px, at least {self.min_pixels:,}"

    def bins(self) -> Bins:
        return Bins(
            value=_short,
            edges=by_factors(self.min_pixels, steps=4),
            cuts=((self.min_pixels, f"≥ {self.min_pixels:,}"),),
            title="Short side",
            unit="pixels",
            unmeasured="no image size is known",
            log_values=True,
        )


@dataclass(frozen=True)
class AspectRatio:
    """Drops an image whose long side is over 3 times its short side. 600 x 200 stays."""

    reason: ClassVar[str] = "aspect_ratio"
    needs: ClassVar[tuple[str, ...]] = ("width", "height")
    max_ratio: Annotated[float, "largest ratio of long to short side that stays"] = 3
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        return pc.greater(_long(signals), pc.multiply(_short(signals), float(self.max_ratio)))  # an int may overflow

    def sentence(self) -> str:
        return f"Long side over {self.max_ratio:g} times the short side"

    def decided(self, row: Row) -> str:
        short, long = sorted((row["width"], row["height"]))
        return f"{size(row)}, ratio {long / short:.4g}, at most {self.max_ratio:g}"

    def bins(self) -> Bins:
        return Bins(
            value=_ratio,
            edges=around(self.max_ratio, 1.0, 3 * max(self.max_ratio, 2) - 2, bins=60),
            cuts=((self.max_ratio, f"≤ {self.max_ratio:g}"),),
            title="Aspect ratio",
            unit="long side ÷ short side",
            unmeasured="no image size is known",
            whole=False,
        )


@dataclass(frozen=True)
class TextsOfImage:
    """Drops an image with more than 1000 alt-texts. 1000 stays."""

    reason: ClassVar[str] = "texts_of_image"
    needs: ClassVar[tuple[str, ...]] = ("texts_of_image",)
    max_texts: Annotated[int, "most alt-texts of an image that stays", "texts"] = 1000
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        return pc.greater(signals["texts_of_image"], self.max_texts)

    def sentence(self) -> str:
        return f"Image with more than {self.max_texts:,} alt-texts"

    def decided(self, row: Row) -> str:
        return f"{row['texts_of_image']:,} alt-texts, at most {self.max_texts:,}"

    def bins(self) -> Bins:
        return Bins(
            value="texts_of_image",
            edges=by_factors(self.max_texts + 1, steps=2),
            cuts=((self.max_texts + 1, f"≤ {self.max_texts:,}"),),
            title="Alt-texts of the image",
            unit="distinct texts",
            unmeasured="the image has no identity",
            log_values=True,
            log_pairs=True,
        )


@dataclass(frozen=True)
class EvalDuplicate:
    """Drops a near-duplicate of an image of an evaluation set (ALIGN appendix A).

    `dedup` measures the match, and its settings hold the distance; the rule drops every pair that has a match.
    """

    reason: ClassVar[str] = "eval_duplicate"
    needs: ClassVar[tuple[str, ...]] = ("eval_match",)
    mode: Annotated[str, "default; dense: more crops; thorough: collages, captions and frames, too"] = "default"
    enabled: bool = True

    def __post_init__(self) -> None:
        if self.mode not in EVAL_MODES:
            raise ValueError(f"mode: no such mode: {self.mode}; the modes are {', '.join(EVAL_MODES)}")

    def drops(self, signals: Signals) -> pa.Array:
        return pc.is_valid(signals["eval_match"])

    def sentence(self) -> str:
        return "Near-duplicate of an image of an evaluation set"

    def decided(self, row: Row) -> str:
        near = "by its vector" if row["eval_distance"] is None else f"at {row['eval_distance']:,} bits"
        return f"matches {row['eval_match']} {near}"

    def bins(self) -> Bins:
        return Bins(
            value="eval_distance",
            edges=np.arange(HASH_BITS),
            title="Distance to an evaluation image",
            unit="differing bits",
            unmeasured="no near-duplicate was found, or a rule before dropped the pair",
        )


@dataclass(frozen=True)
class Porn:
    """Drops an image whose porn score is over 0.2. A score of 0.2 stays.

    The paper names no detector and no number; open_nsfw's authors call scores under 0.2 safe.
    """

    reason: ClassVar[str] = "porn"
    needs: ClassVar[tuple[str, ...]] = ("porn_score",)
    max_score: Annotated[float, "highest score that stays, 0 to 1"] = 0.2
    model: Annotated[str, "open_nsfw, or the path of an .onnx or .keras classifier"] = OPEN_NSFW
    speed: Annotated[str, "fast: open_nsfw in 8-bit integers first, and as it is only where that may matter"] = EXACT
    preparation: ModelSettings = ModelSettings()  # for a model by path
    enabled: bool = True

    def __post_init__(self) -> None:
        if self.max_score > 1:  # a share in percent would keep everything
            raise ValueError(f"max_score: {self.max_score:g} is over 1; scores are from 0 to 1")
        if self.speed not in SPEEDS:
            raise ValueError(f"speed: no such speed: {self.speed}; the speeds are {', '.join(SPEEDS)}")
        if self.speed == FAST and self.model != OPEN_NSFW:
            raise ValueError(f"speed: {FAST} is for {OPEN_NSFW} alone; a model by path needs {EXACT}")
        if self.model == OPEN_NSFW and self.preparation != ModelSettings():
            raise ValueError(f"preparation: {OPEN_NSFW} has its own; it can be set for a model by path alone")

    def drops(self, signals: Signals) -> pa.Array:
        return pc.greater(signals["porn_score"], self.max_score)

    def sentence(self) -> str:
        return f"Porn score of {self.model} over {self.max_score:g}"

    def decided(self, row: Row) -> str:
        return f"score {row['porn_score']:.4g}, at most {self.max_score:g}"

    def bins(self) -> Bins:
        return Bins(
            value="porn_score",
            edges=around(self.max_score, 0.0, 1.0, bins=50),
            cuts=((self.max_score, f"≤ {self.max_score:g}"),),
            title="Porn score",
            unit="score",
            unmeasured="a rule before dropped the pair, or it has no image",
            note=self._note(),
            whole=False,
            log_pairs=True,
        )

    def _note(self) -> str:
        """Says which scores are approximate."""
        low = f"{lowest_doubt(self.max_score):.2g}"
        return f"Scores under {low} are approximate (speed={FAST})." if self.speed == FAST else ""


EVAL_MODES = ("default", "thorough", "dense")


def pixels_of_image(signals: Signals) -> pa.Array:
    """Pixels of each image as its bytes have them, int64, null where they aren't known.

    `width` and `height` may be the sides of a larger original; the bytes' own are `image_width` and `image_height`.
    """
    width = signals["image_width"] if "image_width" in signals else signals["width"]
    height = signals["image_height"] if "image_height" in signals else signals["height"]
    return pc.multiply(width.cast(pa.int64()), height.cast(pa.int64()))


def _short(signals: Signals) -> pa.Array:
    return pc.min_element_wise(signals["width"], signals["height"], skip_nulls=False)


def _long(signals: Signals) -> pa.Array:
    return pc.max_element_wise(signals["width"], signals["height"], skip_nulls=False)


def _ratio(signals: Signals) -> pa.Array:
    return pc.divide(_long(signals).cast(pa.float64()), _short(signals).cast(pa.float64()))
