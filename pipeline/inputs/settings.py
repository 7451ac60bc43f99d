"""The settings of the input: the roles of columns, and the treatment of bad files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
"""The names under which each column is looked for, in this order: first as they are written, then in any case.

Width and height are looked for together. The size of the picture on the web goes before that of a copy.
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

    key: str | None = None
    text: str | None = None
    image: str | None = None
    image_path: str | None = None
    url: str | None = None
    sha256: str | None = None
    width: str | None = None
    height: str | None = None


@dataclass(frozen=True)
class Input:
    """Settings for reading input files."""

    columns: Columns = field(default_factory=Columns)
    header: bool = True  # true: the first row of a .csv or .tsv names its columns
    delimiter: str | None = None  # for delimited text: a character or tab, comma, semicolon, pipe; null: by extension
    quoting: bool | None = None  # true: quotes by RFC 4180, false: plain characters; null: by delimiter
    max_quoted_lines: int = 100  # line breaks in a quoted value; more make the file a bad one
    rows_per_shard: int = 20_000  # consecutive rows of a table that become one output shard
    on_bad_file: str = "fail"
    original_size: bool = True  # true: original_width and original_height decide short_side and aspect_ratio
    image_folder: str | None = None  # folder in which images' paths start; None: the folder of the file with the paths
    max_row_bytes: int = 16 << 20  # for a line, a row or a .txt or .json member, without its image; longer ones are bad

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
