"""Order of measuring: header and counts for all, then the decode, then evaluation sets, then porn."""

import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from dedup.evaluation import build
from dedup.search import Search
from pipeline.measure import pixels
from pipeline.measure.measures import Measures
from pipeline.measure.pixel_signals import PixelSignals
from pipeline.measure.pixels import measure_pixels
from pipeline.rule_set import Filters

MOST = 89_478_485


def picture(seed: int, kind: str = "PNG") -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (16, 16, 3), np.uint8)
    with io.BytesIO() as file:
        Image.fromarray(noise).resize((256, 256)).save(file, kind)
        return file.getvalue()


class Recorder:
    """A scorer that gives every image one score and counts what it is asked."""

    def __init__(self, score: float = 0.0) -> None:
        self.score = score
        self.asked = 0

    def __call__(self, images):
        self.asked += len(images)
        return np.full(len(images), self.score)


def measured(images, scorer, *, words=None, everything=False, index=None, embedding=None):
    rows = len(images)
    known = pa.table(
        {
            "image_hash": pa.array([hash(image) % 2**64 for image in images], pa.uint64()),
            "width": pa.array([256] * rows, pa.int64()),
            "height": pa.array([256] * rows, pa.int64()),
            "texts_of_image": pa.array([1] * rows, pa.int64()),
            "images_of_text": pa.array([1] * rows, pa.int64()),
            "rare_ngram": pa.nulls(rows, pa.string()),
            "words": pa.array(words or [5] * rows, pa.int32()),
        }
    )
    signals = PixelSignals(np.ones(rows, bool))
    measures = Measures(Filters().enabled(), index, Search(31), scorer, MOST, everything, embedding)
    rules = [rule.reason for rule in measures.rules]
    judged = measure_pixels(iter(images), np.arange(rows), known, signals, measures)
    verdicts = [None if rule < 0 else rules[rule] for _, _, rule in judged]
    return verdicts, {name: column.to_pylist() for name, column in signals.columns(measures.eval_ids).items()}


def test_each_measure_is_asked_only_where_nothing_before_it_dropped_the_pair():
    copy, other, cut = picture(1), picture(2), picture(3)[:2000]
    index, _ = build([("set/one", picture(1, "JPEG"))], MOST)
    scorer = Recorder(0.25)
    verdicts, signals = measured([copy, other, cut, other], scorer, words=[5, 5, 5, 1], index=index)
    assert verdicts == ["eval_duplicate", "porn", "undecodable", "word_count"]
    assert signals["decodable"] == [True, True, False, True]
    assert signals["eval_match"] == ["set/one", None, None, None]
    assert signals["porn_score"] == [None, 0.25, None, None]
    assert scorer.asked == 1


def test_measuring_all_asks_every_measure_for_every_image_that_can_be_decoded():
    copy, other, cut = picture(1), picture(2), picture(3)[:2000]
    index, _ = build([("set/one", picture(1, "JPEG"))], MOST)
    verdicts, signals = measured([copy, other, cut], Recorder(0.25), words=[5, 1, 5], everything=True, index=index)
    assert verdicts == ["eval_duplicate", "word_count", "undecodable"]
    assert signals["porn_score"] == [0.25, 0.25, None]
    assert signals["eval_match"] == ["set/one", None, None]


def test_an_image_that_comes_again_is_measured_once(monkeypatch):
    monkeypatch.setattr(pixels, "BATCH_IMAGES", 2)
    scorer = Recorder(0.1)
    verdicts, signals = measured([picture(1), picture(1), picture(2), picture(1)], scorer)
    assert verdicts == [None] * 4
    assert signals["porn_score"] == [0.1] * 4
    assert scorer.asked == 2


@pytest.mark.parametrize(("score", "verdict"), [(0.20004, None), (0.20006, "porn")])
def test_a_score_is_rounded_before_it_is_judged(score, verdict):
    assert measured([picture(1)], Recorder(score))[0] == [verdict]


def test_batches_are_bounded_in_images_and_in_pixels():
    rows = np.arange(5)
    sizes = np.array([1, 1, pixels.BATCH_PIXELS, 1, 2 * pixels.BATCH_PIXELS])
    assert [batch.tolist() for batch in pixels._batches(rows, sizes)] == [[0, 1], [2], [3], [4]]
    many = np.arange(130)
    assert [len(batch) for batch in pixels._batches(many, np.ones(130, int))] == [64, 64, 2]
    assert list(pixels._batches(rows[:0], sizes[:0])) == []
