"""The rules on images, each a sentence of ALIGN section 3, "Image-based filtering"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from filters.base import Signals
from filters.porn import OPEN_NSFW, ModelSettings


@dataclass(frozen=True)
class Undecodable:
    """Drops a pair without an image that can be decoded: none, empty, of no format, truncated, or over the pixel limit.

    Not in the paper, and can't be switched off. An image of exactly `max_pixels` stays. The pixels are those of the
    bytes: see `pixels_of_image`.
    """

    reason: ClassVar[str] = "undecodable"
    needs: ClassVar[tuple[str, ...]] = ("decodable", "width", "height")
    enabled: ClassVar[bool] = True
    max_pixels: Annotated[int, "most pixels of an image that stays", "pixels"] = 89_478_485

    def drops(self, signals: Signals) -> pa.Array:
        too_large = pc.fill_null(pc.greater(pixels_of_image(signals), self.max_pixels), False)
        return pc.or_kleene(pc.invert(signals["decodable"]), pc.and_kleene(signals["decodable"], too_large))


@dataclass(frozen=True)
class ShortSide:
    """Drops an image whose short side is under 200 pixels. 200 stays."""

    reason: ClassVar[str] = "short_side"
    needs: ClassVar[tuple[str, ...]] = ("width", "height")
    min_pixels: Annotated[int, "smallest short side that stays", "pixels"] = 200
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        return pc.less(_short(signals), self.min_pixels)


@dataclass(frozen=True)
class AspectRatio:
    """Drops an image whose long side is over 3 times its short side. 600 x 200 stays."""

    reason: ClassVar[str] = "aspect_ratio"
    needs: ClassVar[tuple[str, ...]] = ("width", "height")
    max_ratio: Annotated[float, "largest ratio of long to short side that stays"] = 3
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        return pc.greater(_long(signals), pc.multiply(_short(signals), self.max_ratio))


@dataclass(frozen=True)
class TextsOfImage:
    """Drops an image with more than 1000 alt-texts. 1000 stays."""

    reason: ClassVar[str] = "texts_of_image"
    needs: ClassVar[tuple[str, ...]] = ("texts_of_image",)
    max_texts: Annotated[int, "most alt-texts of an image that stays", "texts"] = 1000
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        return pc.greater(signals["texts_of_image"], self.max_texts)


@dataclass(frozen=True)
class EvalDuplicate:
    """Drops a near-duplicate of an image of an evaluation set (ALIGN appendix A).

    What counts as a match is measured in `dedup`, whose settings hold the distance; the rule asks whether there is one.
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


@dataclass(frozen=True)
class Porn:
    """Drops an image whose porn score is over 0.2. A score of 0.2 stays.

    The paper names no detector and no number; open_nsfw's authors call scores under 0.2 safe.
    """

    reason: ClassVar[str] = "porn"
    needs: ClassVar[tuple[str, ...]] = ("porn_score",)
    max_score: Annotated[float, "highest score that stays, 0 to 1"] = 0.2
    model: Annotated[str, "open_nsfw, or the path of an .onnx or .keras classifier"] = OPEN_NSFW
    preparation: ModelSettings = ModelSettings()  # of a model by path
    enabled: bool = True

    def __post_init__(self) -> None:
        if self.model == OPEN_NSFW and self.preparation != ModelSettings():
            raise ValueError(f"preparation: {OPEN_NSFW} has its own; it can be set for a model by path alone")

    def drops(self, signals: Signals) -> pa.Array:
        return pc.greater(signals["porn_score"], self.max_score)


EVAL_MODES = ("default", "thorough", "dense")


def pixels_of_image(signals: Signals) -> pa.Array:
    """The pixels of each image as its bytes have them, int64, null where they aren't known.

    `width` and `height` may be those of a larger original; then `image_width` and `image_height` are the bytes' own.
    """
    width = signals["image_width"] if "image_width" in signals else signals["width"]
    height = signals["image_height"] if "image_height" in signals else signals["height"]
    return pc.multiply(width.cast(pa.int64()), height.cast(pa.int64()))


def _short(signals: Signals) -> pa.Array:
    return pc.min_element_wise(signals["width"], signals["height"], skip_nulls=False)


def _long(signals: Signals) -> pa.Array:
    return pc.max_element_wise(signals["width"], signals["height"], skip_nulls=False)
