"""Canonical text: the form of an alt-text that is counted, judged and emitted."""

from __future__ import annotations

import html
import unicodedata

import pyarrow as pa

from vocab.buffers import one_array, replace_rows, utf8
from vocab.characters import nfc_orders


def canonical_text(text: str | None) -> str:
    """HTML entities resolved, NFC, and single spaces where `str.split` finds white space; '' for None."""
    return " ".join(unicodedata.normalize("NFC", html.unescape(text or "")).split())


def canonical_texts(texts: pa.Array | pa.ChunkedArray) -> pa.StringArray:
    """The canonical text of every row of a string or binary column, large or not; '' for a null.

    Invalid UTF-8 becomes U+FFFD (Arrow's readers don't check). A string column without nulls that is canonical is
    returned without a copy. Only rows that may change pass through Python. Raises TypeError for a column of another
    type, ValueError for over 2 GB of text.
    """
    from vocab.quick_check import is_canonical

    column = _one_string_array(texts)
    changing = ~is_canonical(*utf8(column), nfc_orders())
    if not changing.any():
        return column
    raw = column.view(pa.binary()).filter(pa.array(changing)).to_pylist()
    return replace_rows(column, changing, [canonical_text(row.decode(errors="replace")) for row in raw])


def _one_string_array(texts: pa.Array | pa.ChunkedArray) -> pa.StringArray:
    """The column as one array of type string without nulls, which may hold invalid UTF-8."""
    small = {pa.large_string(): pa.string(), pa.large_binary(): pa.binary(), pa.null(): pa.string()}
    target = small.get(texts.type, texts.type)
    if target not in (pa.string(), pa.binary()):
        raise TypeError(f"text column of type {texts.type}: the choices are string, large_string, binary, large_binary")
    try:
        column = one_array(texts.cast(target))
    except pa.ArrowInvalid as error:
        raise ValueError("over 2 GB of text in one table: take fewer rows at a time") from error
    column = column.view(pa.string())
    return column.fill_null("") if column.null_count else column
