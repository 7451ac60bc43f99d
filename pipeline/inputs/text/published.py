"""Tables of captions in the forms in which data sets publish them.

Flickr8k and Flickr30k exist as `name.jpg#0<TAB>caption` without a header (`Flickr8k.token.txt`), and as tables of the
columns `image,caption` (`captions.txt`) or `image_name| comment_number| comment` (`results.csv`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.inputs.settings import ALIASES, Columns

TOKEN_COLUMNS = ("key", "image_path", "text")
"""The columns of `split_tokens`."""

_TOKEN = re.compile(r"[^\s].*\.(?:jpe?g|png|gif|webp)(?:\.[0-9]+)?#[0-9]+", re.IGNORECASE)
_FLICKR30K = {"image_name", "comment"}
_PLACES = (*ALIASES["image_path"], *ALIASES["url"])
_NO_DELIMITER = re.compile(rb"^([^|\t\r\n]*([|\t]) *[0-9]+)( {2,}[^|\t\r\n]*)(?=[\r\n]|\Z)", re.MULTILINE)


def is_token_row(values: Sequence[str]) -> bool:
    """Returns whether a row is `name.jpg#0` and a caption."""
    return len(values) == 2 and _TOKEN.fullmatch(values[0]) is not None


def split_tokens(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Splits rows of `name.jpg#0` and a caption: the key, i.e. the first value, the image's path, and the text."""
    key, text = batch.columns
    return pa.RecordBatch.from_arrays([key, pc.replace_substring_regex(key, "#[0-9]+$", ""), text], TOKEN_COLUMNS)


def known_columns(names: Sequence[str], columns: Columns) -> Columns:
    """The columns of a table with these names: the chosen ones, and those of published captions.

    A column `image` holds paths if no other column locates the images: text holds no image.
    """
    if set(names) >= _FLICKR30K:
        return replace(columns, text=columns.text or "comment", image_path=columns.image_path or "image_name")
    if "image" in names and columns.url is None and columns.image is None and not set(names) & set(_PLACES):
        return replace(columns, image_path=columns.image_path or "image")
    return columns


def mend_flickr30k(rows: bytes) -> bytes:
    """Inserts the delimiter that a row of Flickr30k lacks: `2199200615.jpg| 4   A dog runs`. In a TSV it is a tab."""
    return _NO_DELIMITER.sub(rb"\1\2\3", rows)
