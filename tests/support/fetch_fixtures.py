"""Fixtures of the tests that fetch from servers of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crawl.fetching import plan
from tests.support.scripted_server import Servers


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with Servers().running() as running:
        yield running


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets hardly any time pass before another try."""
    monkeypatch.setattr(plan, "PAUSE", 0.02)
