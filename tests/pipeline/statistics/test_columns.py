"""Columns of languages, licences and formats: which are taken, and what their values are called."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.statistics.columns import LANGUAGES, LICENCES, format_names, hashes_of, values_of
from pipeline.statistics.tables import LONGEST_NAME
from vocab.hashing import hash_strings


def values(columns: dict[str, object], names: tuple[str, ...] = LANGUAGES) -> list[str | None] | None:
    found = values_of(pa.table(columns), names)
    return None if found is None else found.to_pylist()


@pytest.mark.parametrize("order", [LANGUAGES, LANGUAGES[::-1]])
def test_the_first_name_comes_first_wherever_the_column_stands(order: tuple[str, ...]) -> None:
    assert values({name: [name] for name in order}) == ["lang"]
    assert values({name: [name] for name in order if name != "lang"}) == ["language"]
    assert values({name: [name] for name in ("page_lang", "LANGUAGE")}) == ["LANGUAGE"]


@pytest.mark.parametrize("name", ["Lang", "LANG", "Language", "Page_Lang"])
def test_a_name_in_another_case(name: str) -> None:
    assert values({name: ["en"]}) == ["en"]
    assert values({name: ["en"], "page_lang": ["fr"]}) == ["fr"]  # an exact name comes first


@pytest.mark.parametrize("name", ["licence", "license", "Licence", "LICENSE"])
def test_licences(name: str) -> None:
    assert values({name: ["CC0", None]}, LICENCES) == ["CC0", None]


@pytest.mark.parametrize("odd", [[["en"]], [1], [True], [{"a": "en"}], [None]])
def test_a_column_of_another_type_is_no_language(odd: list[object]) -> None:
    assert values({"lang": odd}) is None
    assert values({"lang": odd, "page_lang": ["fr"]}) == ["fr"]


def test_a_pair_without_a_value_takes_the_next_column() -> None:
    assert values({"lang": ["en", None, "", " \t"], "page_lang": ["a", "b", "c", None]}) == ["en", "b", "c", None]


def test_white_space_and_long_values() -> None:
    assert values({"lang": [" en\n", "x" * LONGEST_NAME, "é" * (LONGEST_NAME + 1)]}) == [
        "en",
        "x" * LONGEST_NAME,
        "é" * LONGEST_NAME,
    ]


def test_no_column_and_no_rows() -> None:
    assert values({"text": ["a", "b"]}) is None
    assert values({"lang": pa.array([], pa.string())}) == []


def test_formats_have_their_usual_names() -> None:
    formats = pa.array(["JPEG", "MPO", "PNG", "WEBP", None, "JPEG2000", "ODD"])
    assert format_names(formats).to_pylist() == ["JPEG", "JPEG", "PNG", "WebP", None, "JPEG 2000", "ODD"]


def test_hashes_are_those_of_the_strings() -> None:
    column = pa.array(["b", "a", "b", ""])
    assert hashes_of(column).tolist() == hash_strings(column).tolist()
