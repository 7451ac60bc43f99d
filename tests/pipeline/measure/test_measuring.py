"""Order of measuring: header and counts for all, then the decode, then evaluation sets, then porn."""

import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from dedup.evaluation import build
from dedup.search import Search
from filters.porn import Quick
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


class Marked(Recorder):
    """A scorer that gives each image a score by its first pixel, and keeps the sizes it is asked for."""

    def __init__(self, scores: dict) -> None:
        super().__init__()
        self.scores, self.sizes = scores, []

    def __call__(self, images):
        self.asked += len(images)
        self.sizes += [image.size for image in images]
        return np.array([self.scores[image.getpixel((0, 0))] for image in images])


def measured(images, scorer, *, words=None, everything=False, index=None, embedding=None, quick=None):
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
    measures = Measures(Filters().enabled(), index, Search(31), scorer, MOST, everything, embedding, quick)
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


def plain(gray: int, side: int = 256) -> bytes:
    with io.BytesIO() as file:
        Image.new("L", (side, side), gray).save(file, "JPEG")
        return file.getvalue()


def test_the_exact_model_decides_from_the_lowest_doubt_on():
    quick = Marked({10: 0.0499, 20: 0.05, 30: 0.9, 40: 0.5})
    exact = Marked({20: 0.21, 30: 0.01, 40: 0.02})
    images = [plain(10), plain(20), plain(30), plain(40, 600), plain(20)]
    verdicts, signals = measured(images, exact, quick=Quick(quick, 0.05))
    assert verdicts == [None, "porn", None, None, "porn"]
    assert signals["porn_score"] == [0.0499, 0.21, 0.01, 0.02, 0.21]
    assert signals["porn_exact"] == [False, True, True, True, True]
    assert quick.sizes == [(256, 256)] * 3 + [(300, 300)]  # libjpeg halves it: no side is under 256
    assert exact.sizes == [(256, 256)] * 2 + [(600, 600)]


def test_without_a_quick_model_every_score_is_exact():
    _, signals = measured([plain(10), picture(3)[:2000]], Recorder(0.1))
    assert signals["porn_exact"] == [True, None] and signals["porn_score"] == [0.1, None]


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
