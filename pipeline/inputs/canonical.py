"""Files of a corpus: their texts are canonical, and are read as they are.

Other texts are as a page has them, and become canonical when they are read: entities are decoded, once.
"""

from __future__ import annotations

import html
import tarfile
from collections.abc import Mapping
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

OWNER = "align-corpus"  # of the files in such a tar, by name
OURS = ("key", "url", "width", "height", "sha256")  # such a file has them beside the text; they never pass through
METADATA = {b"align-corpus": b'{"text": "canonical"}'}  # of such a Parquet file

_OWNER_AT = slice(265, 265 + 32)  # in a tar's header


def is_canonical_tar(file: BinaryIO, begin: int = 0) -> bool:
    """Returns whether the archive at byte `begin` has canonical texts, by its first header."""
    file.seek(begin)
    return file.read(tarfile.BLOCKSIZE)[_OWNER_AT].rstrip(tarfile.NUL) == OWNER.encode()


def is_canonical_table(metadata: Mapping[bytes, bytes] | None) -> bool:
    """Returns whether a Parquet file with this metadata has canonical texts."""
    return METADATA.items() <= (metadata or {}).items()


def escaped(texts: pa.StringArray) -> pa.StringArray:
    """Canonical texts in a form whose canonical text they are."""
    doubtful = pc.match_substring(texts, "&").fill_null(False)
    found: list[str] = texts.filter(doubtful).to_pylist()
    return pc.replace_with_mask(texts, doubtful, pa.array(map(escaped_text, found), pa.string()))


def escaped_text(text: str) -> str:
    """The text itself, or with `&amp;` for every `&` if it looks as if it had entities."""
    return text if html.unescape(text) == text else text.replace("&", "&amp;")
