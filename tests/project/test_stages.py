"""The passes as the benchmark calls them, without Beam: they make a corpus, and call each function that is measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.captions import Crawl
from bench.hot_spots import Stages
from bench.origins import seconds

pytestmark = pytest.mark.slow


def test_the_passes_make_a_corpus_and_call_what_is_measured(tmp_path: Path) -> None:
    Crawl(300).write(tmp_path / "crawl")
    assert all(seconds(Stages(tmp_path / "crawl", tmp_path / "out")).values())
    assert json.loads((tmp_path / "out" / "funnel.json").read_text())["raw"] == 300
