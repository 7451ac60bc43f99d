"""Quotes, line breaks and delimiters in every order, against the written definition and Python's `csv`."""

from __future__ import annotations

import csv
import io
import random
import re
from pathlib import Path

import pytest
from hypothesis import settings

from pipeline.inputs import BadFile, Columns, Input
from pipeline.inputs.reader import WHOLE
from pipeline.inputs.text.delimited import DelimitedReader
from tests.support.delimited_statement import Refused, Row, Table
from tests.support.inputs import open_path

CASES = 4 * settings.default.max_examples  # fewer where only the fast tests run
MOST_LINES = 3
QUOTING = {"strict": True, "literal": False, "whole": None}


def pieces(rng: random.Random, delimiter: str) -> str:
    """A few characters of every kind that matters."""
    weights = {delimiter: 6, "\n": 4, "\r\n": 2, "\r": 1, '"': 5, '""': 2, '"""': 1, "a": 6, " b": 2, "é": 1}
    return "".join(rng.choices(list(weights), list(weights.values()), k=rng.randint(1, 40)))


def rows(rng: random.Random, delimiter: str) -> str:
    """A table of two columns, quoted as whole values, now and then with a lone quote or a broken row."""
    values = [
        "a",
        'in"ner',
        '"x"',
        '"x""y"',
        f'"p{delimiter}q"',
        '"k\nl"',
        '"k\r\nl"',
        '""',
        "",
        '"lone',
        'end"',
        f"w{delimiter}w",
    ]
    weights = [20, 20, 6, 4, 4, 4, 2, 2, 2, 3, 4, 1]
    end = rng.choice(["\n", "\r\n", "\r"])
    lines = [delimiter.join(rng.choices(values, weights, k=2)) for _ in range(rng.randint(1, 12))]
    return rng.choice(["", end, " " + end]) + end.join(lines) + rng.choice(["", end])


def expected(content: str, delimiter: str, quotes: str) -> list[Row] | int:
    """The rows, or the number of the row for which the table is refused."""
    try:
        return Table(content, delimiter, quotes, MOST_LINES).rows()
    except Refused as refused:
        return refused.row


def found(path: Path, delimiter: str, quotes: str) -> list[Row] | int:
    settings = Input(
        header=False,
        columns=Columns(text="0"),
        delimiter=delimiter,
        quoting=QUOTING[quotes],
        max_quoted_lines=MOST_LINES,
    )
    reader = open_path(path, settings, text_only=True)
    assert isinstance(reader, DelimitedReader)
    try:
        batches = [batch.to_pydict() for batch in reader.raw_batches(WHOLE)]
    except BadFile as error:
        return int(re.search(r"^row (\d+): ", error.reason)[1])  # type: ignore[index]
    return [list(row) for batch in batches for row in zip(*batch.values(), strict=True)]


@pytest.mark.parametrize("quotes", QUOTING)
@pytest.mark.parametrize("make", [pieces, rows])
def test_any_text_is_read_as_defined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quotes: str, make: type[object]
) -> None:
    """Also where blocks end at any byte."""
    rng = random.Random(f"{quotes} {make.__name__}")
    refused = 0
    for _ in range(CASES):
        delimiter = "\t" if quotes == "whole" else rng.choice(",\t;|")
        content = make(rng, delimiter)
        if not content.strip(" \r\n"):
            continue
        (tmp_path / "t.csv").write_bytes(content.encode())
        for name in ("_BLOCK", "_FIRST_BLOCK"):
            monkeypatch.setattr(f"pipeline.inputs.text.row_blocks.{name}", rng.choice([1, 2, 3, 7, 20, 1000]))
        monkeypatch.setattr("pipeline.inputs.text.encoding._LOOKED_AT", rng.choice([1, 4, 4096]))
        right = expected(content, delimiter, quotes)
        assert found(tmp_path / "t.csv", delimiter, quotes) == right, (content, delimiter)
        refused += isinstance(right, int)
    assert CASES / 20 < refused < CASES * 0.95


def test_the_definition_of_strict_quotes_is_that_of_python(tmp_path: Path) -> None:
    rng, compared = random.Random(5), 0
    for make in (pieces, rows):
        for _ in range(CASES):
            content = make(rng, ",").lstrip(" \r\n")
            right = expected(content, ",", "strict")
            if not isinstance(right, int):
                theirs = [
                    [value or None for value in row] for row in csv.reader(io.StringIO(content, newline="")) if row
                ]
                assert right == theirs, content
                compared += 1
    assert compared > CASES / 4
