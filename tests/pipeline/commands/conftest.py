"""Fixtures of several tests of commands: an index of eleven pictures by a small model."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def small_models(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.support.indexes import use_small_models  # imports TensorFlow, which the fast tests do without

    use_small_models(monkeypatch)


@pytest.fixture
def index(small_models: None, tmp_path: Path) -> Path:
    from tests.support.indexes import index_of_eleven

    return index_of_eleven(tmp_path)
