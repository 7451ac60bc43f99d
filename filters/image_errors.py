"""The causes for which an image can't be decoded: the codes of the column `image_error`, and the exception with one."""

from __future__ import annotations

from enum import StrEnum


class ImageError(StrEnum):
    """The code of an image's error. `docs/inputs.md` has the same explanations as `MEANINGS`."""

    MISSING = "missing"
    EMPTY = "empty"
    NO_FORMAT = "no image format"
    TRUNCATED = "truncated"
    OVER_LIMIT = "over the limit"
    REFUSED = "refused"


MEANINGS = {
    ImageError.MISSING: "no image: a null, or no file at the path",
    ImageError.EMPTY: "zero bytes",
    ImageError.NO_FORMAT: "bytes of no known image format, such as an HTML page",
    ImageError.TRUNCATED: "an image format, but truncated or damaged: it can't be decoded",
    ImageError.OVER_LIMIT: "more pixels than `filters.undecodable.max_pixels`",
    ImageError.REFUSED: "an image format that is not decoded, or an image that would take too much memory or time",
}


class UndecodableImage(ValueError):
    """The bytes are no image, a broken one, or one over a limit; `error` is the code."""

    def __init__(self, message: str, error: ImageError = ImageError.TRUNCATED) -> None:
        super().__init__(message)
        self.error = error
