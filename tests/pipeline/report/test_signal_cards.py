"""Cards of the signals: what a card says about the values themselves."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from filters import EvalDuplicate, Porn
from pipeline.report.histograms import histograms_of, with_distance
from pipeline.report.signal_cards import _card
from tests.support.report_runs import config_tree

NOTES = {
    ("fast", 0.2): "Scores under 0.048 are approximate (speed=fast).",
    ("fast", 0.5): "Scores under 0.05 are approximate (speed=fast).",
    ("exact", 0.2): None,
}


@pytest.mark.parametrize(("speed", "max_score"), NOTES)
def test_a_card_says_which_scores_are_approximate(speed: str, max_score: float) -> None:
    (histogram,) = histograms_of([Porn(max_score=max_score, speed=speed)])
    histogram.add({"porn_score": pa.array([0.01, 0.9])}, np.array([False, True]))
    words = [paragraph.text for paragraph in _card(histogram).iter("p")]
    note = NOTES[speed, max_score]
    assert [note is not None and text.endswith(note) for text in words] == [note is not None]
    assert "approximate" not in words[0] or note


VECTOR = ("dedup.embedding.model", "model.onnx")
CARDS = {
    (1, ()): "1 pair with a distance. 2 without: no near-duplicate was found, or a rule before dropped the pair.",
    (2, ()): "2 pairs with a distance. 1 without: no near-duplicate was found, or a rule before dropped the pair.",
    (3, ()): "3 pairs with a distance.",
    (2, (VECTOR,)): "2 pairs with a distance. 1 without: no near-duplicate was found, a model's vector found it, "
    "or a rule before dropped the pair.",
}


@pytest.mark.parametrize(("found", "settings"), CARDS)
def test_distances_are_not_a_share_of_the_near_duplicates(found: int, settings: tuple[tuple[str, str], ...]) -> None:
    histograms = histograms_of([EvalDuplicate()])
    distances = [3] * found + [None] * (3 - found)
    histograms[0].add(
        {"eval_distance": pa.array(distances, pa.int32())}, np.array([True] * found + [False] * (3 - found))
    )
    (histogram,) = with_distance(histograms, config_tree(*settings))
    (words,) = [paragraph.text for paragraph in _card(histogram).iter("p")]
    assert words == f"Near-duplicate of an image of an evaluation set: {CARDS[found, settings]}"
