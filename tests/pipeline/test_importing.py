"""Imports without a search for garbage: on again after them, and what they made is left out."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from pipeline.importing import importing


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.parametrize("on", [True, False])
def test_a_search_is_on_afterwards_if_it_was_before(on: bool) -> None:
    (gc.enable if on else gc.disable)()
    with pytest.raises(ImportError), importing():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled() is on


def test_objects_of_the_block_are_left_out_of_later_searches() -> None:
    with importing():
        inside = [object()]
    outside = [object()]
    searched = {id(one) for one in gc.get_objects()}
    assert id(inside) not in searched and id(outside) in searched
