"""The curves on the page of a training: on scale, thinned where there is much, and there where there is little."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pytest

from pipeline.commands.train.fit.chart import BOTTOM, LEFT, RIGHT
from pipeline.commands.train.fit.curves import MOST_POINTS, NUMBERS, thinned
from pipeline.commands.train.fit.page import training_page
from tests.support.page_cells import Report
from tests.support.train_pages import RETRIEVAL, ROWS, TOY, facts, page
from train.chance import candidates, chance_loss, floor_loss
from train.config import Loss, Queue, Temperature
from train.log import Row

pytestmark = pytest.mark.slow

NUMBER_TABLE = ["Step", "Loss", "Temperature", "Learning rate"]


def line(report: Report, which: int) -> np.ndarray:
    """The places of a curve, float (points, 2)."""
    return np.array([place.split(",") for place in report.attribute("points")[which].split()], float)


def levels(content: bytes) -> list[float]:
    """The heights of the dashed lines, in the order of the page."""
    return [float(y) for y in re.findall(r'<line class="level"[^>]* y1="([\d.]+)"', content.decode())]


# Curves


def test_curves_have_a_point_for_each_row_on_scale() -> None:
    content = training_page(facts(), ROWS, RETRIEVAL)
    report = Report(content)
    loss, temperature, rate = (line(report, which) for which in range(3))
    for curve in (loss, temperature, rate):
        assert curve[:, 0] == pytest.approx([LEFT + (RIGHT - LEFT) * row.step / 1000 for row in ROWS], abs=0.01)
    chance, floor, start, paper = levels(content)
    height = (BOTTOM - chance) / chance_loss(64)  # pixels per unit
    assert BOTTOM - loss[:, 1] == pytest.approx([height * row.loss for row in ROWS], abs=0.02)
    assert BOTTOM - floor == pytest.approx(height * floor_loss(64, 0.1), abs=0.02)
    decade = (paper - start) / math.log10(0.07 * 64)
    wanted = [start - decade * math.log10(row.temperature / 0.07) for row in ROWS]
    assert temperature[:, 1] == pytest.approx(wanted, abs=0.02)
    unit = (BOTTOM - rate[-1, 1]) / ROWS[-1].learning_rate
    assert BOTTOM - rate[:, 1] == pytest.approx([unit * row.learning_rate for row in ROWS], abs=0.02)


def test_charts_say_where_they_begin_and_end() -> None:
    report = page()
    assert report.all("desc")[0] == "From 8.95 at step 10 to 4 at step 1,000."
    assert [text for text in report.all("span") if "at step" in text] == [
        "4 at step 1,000",
        "0.189 at step 1,000",
        "0.1 at step 1,000",
    ]


def test_numbers_are_rows_of_the_log() -> None:
    known = [[f"{r.step:,}", f"{r.loss:#.4g}", f"{r.temperature:#.4g}", f"{r.learning_rate:.3g}"] for r in ROWS]
    shown = page().table(NUMBER_TABLE)
    assert shown[0] == known[0] and shown[-1] == known[-1] and len(shown) == NUMBERS
    assert [row for row in known if row in shown] == shown
    assert page(rows=ROWS[:3]).table(NUMBER_TABLE) == known[:3]


@pytest.mark.parametrize("rows", [MOST_POINTS, MOST_POINTS + 1, 120_000])
def test_a_long_log_is_thinned_to_means(rows: int) -> None:
    report = page(rows=[Row(step, 5.0 + step % 2, 0.07, 0.001) for step in range(rows)], steps=rows)
    assert [len(line(report, which)) for which in range(3)] == [MOST_POINTS] * 3
    assert ("is the mean of about" in report.words) == (rows > MOST_POINTS)
    assert len(report.table(NUMBER_TABLE)) == NUMBERS


def test_thinning_keeps_both_ends_and_the_mean_of_runs() -> None:
    points = [(float(step), float(step * step)) for step in range(11)]
    means = [(step, float(np.mean([(step + by) ** 2 for by in (-1, 0, 1)]))) for step in (2.0, 5.0, 8.0)]
    assert thinned(points[:11], 5) == [points[0], *means, points[10]]
    assert thinned(points, 11) == points and len(thinned(points, 10)) == 10


def test_an_empty_log_has_a_page() -> None:
    report = page(rows=[])
    assert "Nothing was logged" in report.words and not {"svg", "polyline"} & set(report.tags)
    assert report.all("dd") == page().all("dd")


@pytest.mark.parametrize("row", [ROWS[0], Row(1, 0.0, 1 / 64, 0.0), Row(5000, 1e4, 1e-6, 1e-9)])
def test_one_row_is_a_dot(row: Row) -> None:
    report = page(rows=[row])
    assert [len(line(report, which)) for which in range(3)] == [1, 1, 1] and report.tags.count("circle") == 3
    assert len(report.table(NUMBER_TABLE)) == 1
    assert all(LEFT <= place <= RIGHT for place in (line(report, which)[0, 0] for which in range(3)))


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_what_is_no_number_is_left_out_of_a_curve(loss: float) -> None:
    report = page(rows=[*ROWS, Row(1010, loss, 0.07, 0.001)])
    assert [len(line(report, which)) for which in range(3)] == [100, 101, 101]
    alone = page(rows=[Row(1010, loss, 0.07, 0.001)])
    assert alone.tags.count("polyline") == 2 and "No numbers were logged" in alone.words


@pytest.mark.parametrize("start", [1 / 64, 0.01, 0.07, 1.0])
def test_a_constant_temperature_is_a_level_line(start: float) -> None:
    train = dataclasses.replace(TOY, temperature=Temperature(start, learned=False))
    content = training_page(facts(train), [dataclasses.replace(row, temperature=start) for row in ROWS], RETRIEVAL)
    report = Report(content)
    assert set(line(report, 1)[:, 1]) == {levels(content)[2]}
    assert len(levels(content)) == (3 if start == 1 / 64 else 4)
    assert "Fixed here." in report.words and "Learned here." in page().words


@pytest.mark.parametrize(
    ("start", "last", "above"),
    [(0.07, 0.08, False), (0.07, 0.07, True), (0.07, 0.02, True), (0.02, 0.03, True), (0.01, 0.009, False)],
)
def test_the_label_of_the_start_is_not_on_the_curve(start: float, last: float, above: bool) -> None:
    train = dataclasses.replace(TOY, temperature=Temperature(start))
    content = training_page(facts(train), [*ROWS[:-1], dataclasses.replace(ROWS[-1], temperature=last)], RETRIEVAL)
    (label,) = re.findall(r'<text class="level-label"[^>]* y="([\d.]+)"[^>]*>start', content.decode())
    assert (float(label) < levels(content)[2]) == above


# The levels beside the loss


@pytest.mark.parametrize(
    ("batch", "negatives", "count"), [(2, 1.0, 2), (64, 1.0, 64), (64, 0.5, 33), (65, 0.5, 33), (64, 0.001, 2)]
)
def test_candidates_are_the_right_one_and_a_share_of_the_others(batch: int, negatives: float, count: int) -> None:
    assert candidates(batch, negatives) == count
    train = dataclasses.replace(TOY, batch=batch, loss=Loss(0.1, negatives))
    assert f"chance {2 * math.log(count):.2f}" in page(train).all("text")


@pytest.mark.parametrize(("size", "steps"), [(64, 1), (65, 2), (9600, 150)])
def test_with_a_queue_candidates_are_its_keys_and_the_right_one(size: int, steps: int) -> None:
    report = page(dataclasses.replace(TOY, queue=Queue(size)))
    assert f"chance {2 * math.log(size + 1):.2f}" in report.all("text")
    assert f"floor {floor_loss(size + 1, 0.1):.2f}" in report.all("text")
    assert f"{size:,} are in the queue; the first {steps:,} steps fill it, and have fewer." in report.words
    assert "queue;" not in page().words


@pytest.mark.parametrize(("count", "floor"), [(64, 0.7295), (2048, 1.0870), (16_384, 1.2954)])
def test_the_floor_of_the_loss_is_the_known_one(count: int, floor: float) -> None:
    assert floor_loss(count, 0.1) / 2 == pytest.approx(floor, abs=5e-5)


@pytest.mark.parametrize("smoothing", [0.01, 0.5, 0.9])
def test_the_floor_is_the_entropy_of_the_labels(smoothing: float) -> None:
    labels = np.full(5, smoothing / 5) + np.eye(5)[0] * (1 - smoothing)
    assert floor_loss(5, smoothing) == pytest.approx(-2 * float(labels @ np.log(labels)))


def test_without_smoothing_there_is_no_floor() -> None:
    report = page(dataclasses.replace(TOY, loss=Loss(0.0)))
    assert floor_loss(64, 0.0) == 0 and not any("floor" in text for text in report.all("text"))
    assert "floor 1.46" in page().all("text") and "The floor is" not in report.words
