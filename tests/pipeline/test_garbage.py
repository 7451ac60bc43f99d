"""How often Python looks for garbage, and that it still does."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from pipeline.garbage import OBJECTS, search_rarely


class Node:
    """A thing that only a search frees: it holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    gc.collect()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize(("made", "freed"), [(OBJECTS // 2, False), (2 * OBJECTS, True)])
def test_garbage_is_found_after_so_many_objects_and_not_before(made: int, freed: bool) -> None:
    search_rarely()
    node = Node()
    seen = weakref.ref(node)
    del node
    kept = [[] for _ in range(made)]  # type: ignore[var-annotated]
    assert (seen() is None) == freed and len(kept) == made
