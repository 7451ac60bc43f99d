"""The settings of the input: the roles of columns, and the treatment of bad files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from crawl.pages.settings import Pages

Aliases = Mapping[str, tuple[str, ...]]

ALIASES: Aliases = {
    "key": ("key", "__key__"),
    "text": ("text", "TEXT", "caption", "alt_text", "alt", "txt", "captions"),
    "image": ("image", "jpg", "jpeg", "png", "webp", "image_bytes", "bytes"),
    "image_path": ("image_path",),
    "url": ("url", "URL", "image_url"),
    "sha256": ("sha256",),
    "width": ("original_width", "orig_width", "width", "image_width"),
    "height": ("original_height", "orig_height", "height", "image_height"),
}
"""The names of each column, tried in this order: first exactly, then in any case.

Width and height are looked up together. The size of the image on the web takes precedence over a copy's.
"""

PATH_ALIASES = ("file_name", "filepath", "filename", "path")
"""The names of columns that are paths of images if there are such files, or no other column refers to an image."""

ON_BAD_FILE = ("fail", "skip")

DELIMITERS: Mapping[str, str] = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
"""The names of common delimiters."""


def delimiter_of(value: str) -> str:
    """The delimiter for `input.delimiter`: one byte, or a name. Raises ValueError."""
    delimiter = DELIMITERS.get(value, "\t" if value == "\\t" else value)
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0':
        raise ValueError(f"delimiter: {value!r} is neither one character nor one of {', '.join(DELIMITERS)}")
    return delimiter


@dataclass(frozen=True)
class Columns:
    """The name of each column, or its number in a table without a header. None: the first of its `ALIASES`.

    A name such as meta.caption is a field inside the objects of a column. Several names for the text, separated by
    commas, are tried row by row: the first that isn't empty.
    """

    key: Annotated[str | None, "column of the key"] = None
    text: Annotated[str | None, "column of the alt-text; of several names with commas, the first that isn't empty"] = (
        None
    )
    image: Annotated[str | None, "column of the image's bytes"] = None
    image_path: Annotated[str | None, "column of the path of an image file"] = None
    url: Annotated[str | None, "column of the image's URL"] = None
    sha256: Annotated[str | None, "column of the SHA-256 of the image's bytes"] = None
    width: Annotated[str | None, "column of the width of the original image"] = None
    height: Annotated[str | None, "column of the height of the original image"] = None


@dataclass(frozen=True)
class Input:
    """Settings for reading input files."""

    columns: Columns = field(default_factory=Columns)
    pages: Pages = field(default_factory=Pages)
    header: Annotated[bool, "the first row of a .csv or .tsv names its columns"] = True
    delimiter: Annotated[
        str | None, "delimiter of text: a character, or tab, comma, semicolon, pipe; null: by extension"
    ] = None
    quoting: Annotated[
        bool | None, "true: quotes by RFC 4180; false: quotes are plain characters; null: by delimiter"
    ] = None
    max_quoted_lines: Annotated[int, "most line breaks in a quoted value; more make the file a bad one", "lines"] = 100
    rows_per_shard: Annotated[int, "consecutive rows of a table that become one output shard", "rows"] = 20_000
    on_bad_file: Annotated[str, "fail: the run fails and lists bad files; skip: they are skipped and counted"] = "fail"
    original_size: Annotated[bool, "original_width and original_height decide short_side and aspect_ratio"] = True
    image_folder: Annotated[
        str | None, "folder where paths of images start; null: the folder of the file that has them"
    ] = None
    max_row_bytes: Annotated[
        int,
        "longest line, row, or .txt or .json member, without its image; a longer one makes the file a bad one",
        "bytes",
    ] = 16 << 20
    limit: Annotated[
        int | None, "pairs of each input file that are read, from its beginning, for a first try; null: all", "pairs"
    ] = None

    def __post_init__(self) -> None:
        if self.on_bad_file not in ON_BAD_FILE:
            raise ValueError(
                f"on_bad_file: no such choice: {self.on_bad_file}; the choices are {', '.join(ON_BAD_FILE)}"
            )
        if self.delimiter is not None:
            delimiter_of(self.delimiter)
        if self.max_quoted_lines < 1:
            raise ValueError(f"max_quoted_lines: must be 1 or more: {self.max_quoted_lines}")
        if self.rows_per_shard < 1:
            raise ValueError(f"rows_per_shard: must be 1 or more: {self.rows_per_shard}")
        if self.max_row_bytes < 1:
            raise ValueError(f"max_row_bytes: must be 1 or more: {self.max_row_bytes}")
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"limit: must be 1 or more: {self.limit}")
