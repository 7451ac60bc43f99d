"""The largest candidate of a srcset, by the HTML standard."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from crawl.pages.srcset import largest


@pytest.mark.parametrize(
    ("srcset", "expected"),
    [
        ("a", "a"),
        ("a 1x, b 2x", "b"),
        ("a 2x, b 2x", "a"),
        ("a 100w,b 200w", "b"),
        ("a 100w, b 99.5w", "a"),
        ("a, b 1.5x", "b"),
        ("a 0.5x, b", "b"),
        ("a .5x, b 0.4x", "a"),
        ("a 1e1x, b 9x", "a"),
        ("a?w=1,h=2 1x, b,c 2x", "b,c"),
        ("a,b", "a,b"),
        ("a, b", "a"),
        ("a,, ,b 2x", "b"),
        (", a 1x", "a"),
        ("a 1x 2x, b 1x", "b"),
        ("a 10w 5h, b 5w", "a"),
        ("a 10h 5w, b 4w", "a"),
        ("a 0w, b 1w", "b"),
        ("a -1x, b 0x", "b"),
        ("a foo(1, 2), b 1x", "b"),
        ("a foo(", None),
        ("data:x 9w, b 1w", "b"),
        ("#x 9w", None),
        ("", None),
        (" , ,", None),
        ("a\n  2x ,\n  b\t3x", "b"),
        (None, None),
    ],
)
def test_largest(srcset: str | None, expected: str | None) -> None:
    assert largest(srcset) == expected


@given(st.lists(st.tuples(st.text("ab/?=.", min_size=1), st.integers(1, 9)), min_size=1))
def test_the_largest_of_what_was_written(candidates: list[tuple[str, int]]) -> None:
    most = max(size for _, size in candidates)
    expected = next(url for url, size in candidates if size == most)
    assert largest(", ".join(f"{url} {size}w" for url, size in candidates)) == expected


@given(st.text("ab, \t()1wxh.-"))
def test_any_text(srcset: str) -> None:
    found = largest(srcset)
    assert found is None or (found in srcset and not found.endswith(","))


def test_a_million_candidates() -> None:
    assert largest("a 1w, " * 300_000 + "b 2w") == "b"
