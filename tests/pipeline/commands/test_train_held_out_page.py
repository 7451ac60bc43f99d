"""The page of a training: held-out pictures on the way, time, and the machine."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from pipeline.commands.train.fit.chart import BOTTOM, LEFT, RIGHT
from pipeline.commands.train.fit.recall_table import percent
from pipeline.page.markup import shortened, visible
from tests.support.page_cells import Report
from tests.support.train_pages import RETRIEVAL, TOY, page
from train.chance import chance_loss, floor_loss
from train.config import Loss
from train.measurements import Measurement
from train.times import MEASURING, SAVING, TRACING, TRAINING, Rate, Times

pytestmark = pytest.mark.slow

ROWS = [
    Measurement(
        step,
        9.5 - step / 200,
        64,
        (step / 20_000, step / 5_000, step / 3_000),
        (step / 10_000, step / 4_000, step / 2_000),
    )
    for step in range(100, 1001, 100)
]
NUMBERS = ["Step", "Loss", "Text to image R@1", "Image to text R@1"]
TIMES = Times({TRAINING: 300.0, TRACING: 20.0, MEASURING: 9.0, SAVING: 31.0}, 60_000, 1, {})


def lines(report: Report) -> list[np.ndarray]:
    """The places of the lines, float (points, 2) each: three recalls each way, and the held-out loss."""
    return [
        np.array([place.split(",") for place in points.split()], float) for points in report.attribute("points")[:7]
    ]


def test_curves_have_a_point_for_each_measurement_on_scale() -> None:
    *recalls, loss = lines(page(measurements=ROWS))
    wanted = np.array([row.text_to_image + row.image_to_text for row in ROWS]).T
    for line in (*recalls, loss):
        assert line[:, 0] == pytest.approx([LEFT + (RIGHT - LEFT) * row.step / 1000 for row in ROWS], abs=0.01)
    for way in (0, 3):
        unit = (BOTTOM - recalls[way + 2][-1, 1]) / wanted[way + 2][-1]
        for line, values in zip(recalls[way : way + 3], wanted[way : way + 3], strict=True):
            assert BOTTOM - line[:, 1] == pytest.approx(unit * values, abs=0.02)
    unit = (BOTTOM - loss[0, 1]) / ROWS[0].loss
    assert BOTTOM - loss[:, 1] == pytest.approx([unit * row.loss for row in ROWS], abs=0.02)


def test_recalls_and_loss_stand_beside_chance() -> None:
    report = page(measurements=ROWS)
    for recalls in (RETRIEVAL.text_to_image, RETRIEVAL.image_to_text):
        assert f"Dashed: chance, {', '.join(map(percent, recalls.chance))}." in report.words
    assert [text for text in report.all("span") if text.startswith("R@") and "%" in text] == [
        "R@1 5.0%", "R@5 20.0%", "R@10 33.3%", "R@1 10.0%", "R@5 25.0%", "R@10 50.0%",
    ]  # fmt: skip
    assert f"chance {chance_loss(64):.2f}" in report.all("text") and f"floor {floor_loss(64, 0.1):.2f}" in report.all(
        "text"
    )
    assert "Chance is 2 ln 64: all 64 candidates" in report.words and "of about the last ten steps" in report.words


def test_a_loss_without_smoothing_has_no_floor() -> None:
    report = page(dataclasses.replace(TOY, loss=Loss(0.0)), measurements=ROWS)
    assert not any("floor" in text for text in report.all("text"))


def test_candidates_are_those_that_were_measured() -> None:
    few = [dataclasses.replace(row, candidates=12) for row in ROWS]
    assert f"chance {2 * math.log(12):.2f}" in page(measurements=few).all("text")


def test_numbers_are_the_measurements() -> None:
    known = [
        [f"{row.step:,}", f"{row.loss:#.4g}", percent(row.text_to_image[0]), percent(row.image_to_text[0])]
        for row in ROWS
    ]
    assert page(measurements=ROWS).table(NUMBERS) == known


def test_every_chart_has_words_and_names_of_its_own() -> None:
    report = page(measurements=ROWS)
    assert report.all("desc")[0] == (
        "R@1 from 0.5% at step 100 to 5.0% at step 1,000; R@5 from 2.0% at step 100 to 20.0% at step 1,000; "
        "R@10 from 3.3% at step 100 to 33.3% at step 1,000."
    ).replace("0.5%", percent(0.005))
    assert len(report.all("desc")) == 6 and len(set(report.attribute("id"))) == len(report.attribute("id"))
    assert set(" ".join(report.attribute("aria-labelledby")).split()) <= set(report.attribute("id"))


def test_recalls_of_all_and_of_none_are_on_scale() -> None:
    for share in (0.0, 1.0):
        rows = [dataclasses.replace(row, text_to_image=(share,) * 3, image_to_text=(share,) * 3) for row in ROWS]
        assert all(0 <= line[:, 1].min() <= line[:, 1].max() <= BOTTOM for line in lines(page(measurements=rows)))


def test_the_end_alone_is_said_with_its_loss() -> None:
    report = page(measurements=ROWS[-1:])
    assert "The loss at the end is 4.5, where chance is 8.32." in report.words
    assert "measured at the end alone: train.evaluation.every" in report.words
    assert report.tags.count("polyline") == 3


# Time and machine


def test_the_rate_is_without_what_is_no_training() -> None:
    report = page(times=TIMES)
    assert report.all("dd")[-2:] == ["200", "6.0 min"] and "one session" in report.all("small")
    assert report.table(["Time", ""]) == [
        ["training steps", "5.0 min"],
        ["first steps, traced", "20.0 s"],
        ["measuring recall and loss", "9.0 s"],
        ["checkpoints and towers", "31.0 s"],
    ]


def test_sessions_are_counted() -> None:
    assert "3 sessions" in page(times=dataclasses.replace(TIMES, sessions=3)).all("small")


@pytest.mark.parametrize(("pairs", "says"), [(0, "not measured"), (150, "0.5"), (2_985, "10"), (2_970, "9.9")])
def test_a_rate_has_a_decimal_under_ten(pairs: int, says: str) -> None:
    assert page(times=dataclasses.replace(TIMES, pairs=pairs)).all("dd")[-2] == says


def test_a_run_without_times_says_so() -> None:
    report = page()
    assert "The time was not measured." in report.words and "pairs a second" not in report.words


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202etxt", "x" * 300])
def test_the_machine_is_shown_and_harmless(name: str) -> None:
    machine = {"cpu": name, "cores": 96, "memory": 2**34, "accelerators": {name: 8}}
    rows = page(times=dataclasses.replace(TIMES, machine=machine)).table(["Machine", ""])
    safe = visible(shortened(name, 100))
    assert rows == [["processor", safe], ["cores", "96"], ["memory", "17.2 GB"], ["accelerators", f"8 x {safe}"]]


def test_what_the_system_does_not_tell_is_not_known() -> None:
    machine = {"cpu": None, "cores": None, "memory": None, "accelerators": {}}
    for known in (machine, {}):
        rows = page(times=dataclasses.replace(TIMES, machine=known)).table(["Machine", ""])
        assert [value for _, value in rows] == ["not known", "not known", "not known", "none"]


def test_rates_are_a_curve_on_scale_where_there_are_any() -> None:
    rates = (Rate(10, 150.0), Rate(500, 200.0), Rate(1000, 50.0))
    report = page(times=dataclasses.replace(TIMES, rates=rates))
    assert "Pairs a second" in report.all("span") and "Pairs a second" not in page(times=TIMES).all("span")
    points = np.array([place.split(",") for place in report.attribute("points")[-1].split()], float)
    assert points[:, 0] == pytest.approx([LEFT + (RIGHT - LEFT) * rate.step / 1000 for rate in rates], abs=0.01)
    assert (BOTTOM - points[:, 1]) * 200 / (BOTTOM - points[1, 1]) == pytest.approx([150, 200, 50], abs=0.02)


def test_a_line_says_which_recall_is_which() -> None:
    row = Measurement(1_200, 7.5, 64, (0.014, 0.1, 0.2), (0.007, 0.1, 0.2))
    assert row.line == "fit: step 1,200, held-out R@1 1.4% text to image, 0.7% image to text; loss 7.500"
