"""JSON from outside: limits that are counted, whatever the stack, and numbers that JSON doesn't have."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.inputs.json_files.json_text import NESTING, VALUES, OverLimit, parse


def depth(value: Any) -> int:
    inside = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(depth, inside), default=0)


def values(value: Any) -> int:
    inside = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return 1 + sum(map(values, inside))


def nested(rng: random.Random, levels: int) -> Any:
    """A value of so many levels, with brackets, commas, quotes and backslashes in its keys and strings."""
    value: Any = 5
    for _ in range(levels):
        text = "".join(rng.choice('[]{},"\\\n\ta é') for _ in range(rng.randrange(30)))
        value = rng.choice([[value, text], [text, value], {text: value, "b": text}, {"a": [], text: value}])
    return value


def test_a_text_is_read_as_json_reads_it_within_the_limit_and_refused_beyond_it() -> None:
    rng = random.Random(0)
    for levels in [5, 62, 63, 64, 65, 66, 120] * 40:
        value = nested(rng, levels)
        content = json.dumps(value, ensure_ascii=rng.random() < 0.5).encode()
        if depth(value) > NESTING:
            with pytest.raises(OverLimit, match=r"^nested more than 64 deep$"):
                parse(content)
        else:
            assert parse(content) == value


@pytest.mark.parametrize("opened", ["[", '{"a":', '[{"a":'])
def test_the_outcome_does_not_depend_on_the_stack(opened: str) -> None:
    closed = "".join({"[": "]", "{": "}"}[mark] for mark in reversed(opened) if mark in "[{")
    level = len(closed)

    def below(frames: int, call: Callable[[], Any]) -> Any:
        return below(frames - 1, call) if frames else call()

    def outcome(nested: int) -> str:
        try:
            return str(depth(parse((opened * nested + "1" + closed * nested).encode())))
        except OverLimit as error:
            return str(error)

    for frames in (0, 400):
        assert below(frames, lambda: outcome(NESTING // level)) == str(NESTING)
        assert below(frames, lambda: outcome(NESTING // level + 1)) == "nested more than 64 deep"
        assert below(frames, lambda: outcome(100_000)) == "nested more than 64 deep"


def test_brackets_in_a_damaged_text_are_an_error_too() -> None:
    for content in (b"[" * 65, b'["' + b"[" * 65, b"]" * 65 + b"[" * 99, b'{"a": \\"' + b"[" * 100_000, b"\xff[" * 65):
        with pytest.raises(ValueError, match=r"nested more than|Unterminated|Expecting"):
            parse(content)


def test_the_number_of_values_has_a_limit() -> None:
    for content in ([1] * 9, {str(number): number for number in range(9)}, [[1] * 3, {"a": {"b": [1]}}]):
        size = values(content)
        assert parse(json.dumps(content).encode(), most_values=size) == content
        with pytest.raises(OverLimit, match=f"^more than {size - 1} values$"):
            parse(json.dumps(content).encode(), most_values=size - 1)
    commas = "," * 99
    assert parse(json.dumps([commas, commas]).encode(), most_values=3) == [commas, commas]


def test_two_million_names_are_refused_unread() -> None:
    content = b'{"a":1' + b',"abcdef":1' * (2 * VALUES) + b"}"
    with pytest.raises(OverLimit, match="more than 1,000,000 values"):
        parse(content)


def test_numbers_that_json_does_not_have_are_null() -> None:
    assert parse(b'{"a": NaN, "b": [Infinity, -Infinity, 1.5], "c": "NaN"}') == {
        "a": None,
        "b": [None, None, 1.5],
        "c": "NaN",
    }


def test_bytes_that_are_not_utf8_and_a_mark_before_the_text() -> None:
    assert parse(b'\xef\xbb\xbf{"a": "\xff"}') == {"a": "\ufffd"}
