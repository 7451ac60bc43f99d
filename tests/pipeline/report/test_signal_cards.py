"""Cards of the signals: what a card says about the values themselves."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from filters import Porn
from pipeline.report.histograms import histograms_of
from pipeline.report.signal_cards import _card

NOTES = {
    ("fast", 0.2): "Scores under 0.048 are approximate (speed=fast).",
    ("fast", 0.5): "Scores under 0.17 are approximate (speed=fast).",
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
