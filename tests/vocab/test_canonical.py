"""Canonical text of whole columns against that of one text, and what is copied and what is not."""

from __future__ import annotations

import html
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.real_text import ANY_TEXT, CODE_POINTS, REAL_TEXTS, lines
from vocab.buffers import utf8
from vocab.canonical import canonical_text, canonical_texts
from vocab.characters import nfc_orders
from vocab.quick_check import BLOCK, is_canonical

KINDS = [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()]


def unchanged(texts: list[str]) -> list[bool]:
    """Returns the result of the quick check."""
    return is_canonical(*utf8(pa.array(texts, pa.string())), nfc_orders()).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ""),
        ("", ""),
        (" \t\n ", ""),
        ("Ben &amp; Jerry&#39;s", "Ben & Jerry's"),
        ("salt & pepper &", "salt & pepper &"),
        ("&amp;amp;", "&amp;"),  # once
        ("a&nbsp;\u00a0b\u2003c\x1cd\x85e", "a b c d e"),
        ("&#32;a&#x20;", "a"),
        ("e\u0301 \u00e9 \u212b", "\u00e9 \u00e9 \u00c5"),
        ("e&#769;", "\u00e9"),
        ("A\u200bB \x01 \x7f", "A\u200bB \x01 \x7f"),  # no white space to str.split
        ("a\u0323\u0302", "\u1ead"),
        ("q\u0302\u0323", "q\u0323\u0302"),
        ("&#xD800;", "\ufffd"),
        ("\u1100\u1161\u11a8", "\uac01"),
    ],
)
def test_examples(text: str | None, expected: str) -> None:
    assert canonical_text(text) == expected
    assert canonical_texts(pa.array([text], pa.string())).to_pylist() == [expected]


@pytest.mark.slow
@given(st.lists(st.one_of(st.none(), ANY_TEXT)), st.sampled_from(KINDS), st.integers(0, 3))
@example(["a  b"], pa.string(), 0)
@example(["\u09c7\u09be", "\u0995\u09be", "\u0bc6\u0323\u0bbe"], pa.string(), 0)
def test_random_texts(texts: list[str | None], kind: pa.DataType, skipped: int) -> None:
    encoded = [None if text is None else text.encode() for text in texts]
    column = pa.array(encoded, pa.binary()).cast(kind)
    found = canonical_texts(column[skipped:])
    found.validate(full=True)
    assert found.type == pa.string()
    assert found.to_pylist() == [canonical_text(text) for text in texts[skipped:]]


@given(st.lists(st.binary()))
@example([b"caf\xe9", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98\x80", b"\xe2\x82"])
@example([b"\x80", b"\xff\xfe a", b"\xf8\x88\x80\x80\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xc3\xa9\xc3"])
def test_invalid_utf8(rows: list[bytes]) -> None:
    """In a binary column, and in a string one, as Arrow's Parquet reader doesn't check them."""
    expected = [canonical_text(row.decode("utf-8", "replace")) for row in rows]
    for column in (pa.array(rows, pa.binary()), pa.array(rows, pa.binary()).view(pa.string())):
        found = canonical_texts(column)
        found.validate(full=True)
        assert found.to_pylist() == expected


@pytest.mark.parametrize("path", REAL_TEXTS, ids=lambda path: path.stem)
def test_real_lines(path: Path) -> None:
    texts = lines(path)
    assert canonical_texts(pa.array(texts)).to_pylist() == [canonical_text(text) for text in texts]


# The quick check: never a wrong yes


def test_every_code_point() -> None:
    texts = [f"a{chr(c)}b" for c in CODE_POINTS] + [chr(c) for c in CODE_POINTS]
    changing = [
        text for text, same in zip(texts, unchanged(texts), strict=True) if same and canonical_text(text) != text
    ]
    assert changing == []


@pytest.mark.slow
def test_every_code_point_after_one_that_it_may_join() -> None:
    """The first parts of all compositions, each followed by all second parts, and by all marks."""
    pairs = {chr(c): unicodedata.decomposition(chr(c)).split() for c in CODE_POINTS}
    parts = [pair for pair in pairs.values() if len(pair) == 2 and not pair[0].startswith("<")]
    first, second = ({chr(int(pair[place], 16)) for pair in parts} for place in (0, 1))
    marks = {chr(c) for c in CODE_POINTS if unicodedata.combining(chr(c))}
    texts = [a + b for a in sorted(first) for b in sorted(second | marks)]
    texts += [a + b + "\u0327" for a in sorted(marks) for b in sorted(second)]
    same = np.array(unchanged(texts))
    assert all(canonical_text(text) == text for text, is_same in zip(texts, same, strict=True) if is_same)
    assert same.mean() > 0.1


@given(ANY_TEXT)
def test_quick_check_is_never_wrong(text: str) -> None:
    if unchanged([text])[0]:
        assert canonical_text(text) == text == unicodedata.normalize("NFC", html.unescape(text))


def test_quick_check_knows_common_text() -> None:
    """Rows that should never cost a look by Python."""
    assert all(
        unchanged(
            [
                "",
                "A man & a dog, 3 km away!",
                "Ein schönes Haus",
                "東京タワー",
                "Привет мир",
                "한국어",
                "שלום",
                "السَّلام",
                "ไทย",
                "👍🏽",
            ]
        )
    )


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
@pytest.mark.parametrize("awkward", ["  ", "&lt;", "\t", "\u0301", "\x85", " \x1f"])
def test_awkward_text_at_every_place(length: int, awkward: str) -> None:
    """Within rows about as long as the blocks that are checked at once, with neighbours that stay."""
    for place in range(length + 1):
        row = "x" * place + awkward + "y" * (length - place)
        texts = ["before", row, "after", " " + row, row + " "]
        assert canonical_texts(pa.array(texts)).to_pylist() == list(map(canonical_text, texts))


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1])
def test_spaces_at_the_ends_of_rows(length: int) -> None:
    texts = ["x" * length, " " + "x" * length, "x" * length + " ", "x" * length, " ", "", "  "]
    assert canonical_texts(pa.array(texts)).to_pylist() == [text.strip() for text in texts]


# Columns


def test_canonical_column_is_not_copied() -> None:
    column = pa.array(["a b", "", "é"])
    assert canonical_texts(column).buffers()[2].address == column.buffers()[2].address
    part = column[1:]
    assert canonical_texts(part).buffers()[2].address == column.buffers()[2].address
    binary = pa.array([b"a b"])
    assert canonical_texts(binary).buffers()[2].address == binary.buffers()[2].address
    chunked = pa.chunked_array([column])
    assert canonical_texts(chunked).buffers()[2].address == column.buffers()[2].address


def test_chunks_become_one_array() -> None:
    chunks = pa.chunked_array([["a ", None], [], ["b"]], pa.string())
    assert canonical_texts(chunks).to_pylist() == ["a", "", "b"]
    assert canonical_texts(chunks[1:]).to_pylist() == ["", "b"]


@pytest.mark.parametrize("kind", [*KINDS, pa.null()])
def test_columns_without_text(kind: pa.DataType) -> None:
    assert canonical_texts(pa.array([], kind)).to_pylist() == []
    assert canonical_texts(pa.chunked_array([], kind)).to_pylist() == []
    assert canonical_texts(pa.nulls(2, kind)).to_pylist() == ["", ""]
    assert canonical_texts(pa.nulls(2, kind)).null_count == 0


def test_nulls_over_bytes_are_empty() -> None:
    """A null slot may have bytes below it."""
    offsets, validity = pa.py_buffer(np.array([0, 3, 4], np.int32)), pa.py_buffer(b"\x02")
    column = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"\xff  x"), validity)
    assert canonical_texts(column).to_pylist() == ["", "x"]


def test_other_types_are_refused() -> None:
    with pytest.raises(
        TypeError, match="text column of type int64: the choices are string, large_string, binary, larg"
    ):
        canonical_texts(pa.array([1]))


def test_over_2_gb_is_refused() -> None:
    """Two rows that share their bytes, so that it takes no memory."""
    size = 1 << 30
    offsets = pa.py_buffer(np.array([0, size, 2 * size], np.int64))
    data = pa.py_buffer(np.zeros(2 * size, np.uint8))  # never touched
    column = pa.LargeStringArray.from_buffers(2, offsets, data)
    with pytest.raises(ValueError, match="over 2 GB of text"):
        canonical_texts(column)
