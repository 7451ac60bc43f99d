"""Fixtures of several tests of commands: an index of eleven pictures by a small model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.indexes import index_of_eleven, use_small_models


@pytest.fixture
def small_models(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_models(monkeypatch)


@pytest.fixture
def index(small_models: None, tmp_path: Path) -> Path:
    return index_of_eleven(tmp_path)
