"""The signals: every column that a verdict shows or a rule compares, with its type and the place that measures it.

Everything else that has to know the signals is derived from this table: the schema of the verdicts, the names that a
passthrough column can't have, the columns that the image pass hands to rules, and the columns of the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Measured(StrEnum):
    """The place that gives a signal."""

    INPUT = "the input file"
    HEADER = "the image's header in pass 1, else the input file"
    IMAGE = "the image's bytes, in pass 1"
    TEXT = "the text alone"
    COUNTS = "the counts over the whole raw corpus, from pass 2"
    PIXELS = "the pixels, in pass 3"
    RULES = "the rules themselves"


@dataclass(frozen=True)
class Signal:
    """A column with one value a pair; null where the value was not measured."""

    type: pa.DataType
    sentence: str
    measured: Measured
    shown: bool = True  # the verdicts have the column


SIGNALS: Mapping[str, Signal] = {
    "key": Signal(pa.string(), "the key of the pair: the input's own, or file and row", Measured.INPUT),
    "source": Signal(pa.string(), "the name of the input file", Measured.INPUT),
    "image_id": Signal(pa.string(), "the sha256 of the image, else its URL, else its path", Measured.HEADER),
    "image_path": Signal(pa.string(), "the path of the image, where the input names one", Measured.INPUT),
    "url": Signal(pa.string(), "the URL of the image", Measured.INPUT),
    "text": Signal(pa.string(), "the canonical alt-text", Measured.TEXT),
    "width": Signal(pa.int64(), "pixels; the original's where the input has both sides", Measured.HEADER),
    "height": Signal(pa.int64(), "pixels; the original's where the input has both sides", Measured.HEADER),
    "words": Signal(pa.int32(), "words of the alt-text", Measured.TEXT),
    "texts_of_image": Signal(pa.int64(), "distinct alt-texts of the image", Measured.COUNTS),
    "images_of_text": Signal(pa.int64(), "distinct images of the alt-text", Measured.COUNTS),
    "rare_ngram": Signal(pa.string(), "the first rare unigram or bigram of the text", Measured.COUNTS),
    "eval_match": Signal(pa.string(), "the evaluation image that the image nearly duplicates", Measured.PIXELS),
    "eval_distance": Signal(pa.int32(), "differing bits of both hashes; null for a match by vectors", Measured.PIXELS),
    "porn_score": Signal(pa.float64(), "the probability that the image is porn", Measured.PIXELS),
    "porn_exact": Signal(pa.bool_(), "whether the exact model gave porn_score", Measured.PIXELS),
    "image_error": Signal(pa.string(), "the code of why the image can't be decoded", Measured.IMAGE),
    "kept": Signal(pa.bool_(), "whether no rule drops the pair", Measured.RULES),
    "reasons": Signal(pa.list_(pa.string()), "the codes of the rules that drop the pair", Measured.RULES),
    "decodable": Signal(pa.bool_(), "whether the image can be decoded", Measured.IMAGE, shown=False),
    "image_width": Signal(pa.int64(), "pixels of the image's own bytes", Measured.IMAGE, shown=False),
    "image_height": Signal(pa.int64(), "pixels of the image's own bytes", Measured.IMAGE, shown=False),
    "image_hash": Signal(pa.uint64(), "the hash of image_id", Measured.HEADER, shown=False),
}

SHOWN = tuple(name for name, signal in SIGNALS.items() if signal.shown)
"""The columns of the verdicts, in order."""

COMPARABLE = tuple(name for name, signal in SIGNALS.items() if signal.measured != Measured.RULES)
"""The signals that a rule may need."""


def needs_image(name: str) -> bool:
    """True for a signal that is null where the input has no images."""
    return name in SIGNALS and SIGNALS[name].measured in (Measured.IMAGE, Measured.PIXELS)


def needs_pixels(name: str) -> bool:
    """True for a signal that is null until pixels are measured. A passthrough column needs no pixels."""
    return name in SIGNALS and SIGNALS[name].measured == Measured.PIXELS
