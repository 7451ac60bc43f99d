"""The log: each row is written at once, and a killed run's rows are dropped; and when checkpoints are written."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import tensorflow as tf

from tests.support.clock import Clock
from tests.support.training import changed
from train.log import HELD_OUT, Log, Row, read_log
from train.save_points import SavePoints

pytestmark = pytest.mark.slow

ROWS = [Row(10 * number, 1 / number, 0.07, 1e-3) for number in (1, 2, 3)]


def test_rows_are_in_the_file_at_once_and_later_ones_are_dropped(tmp_path: Path):
    path = tmp_path / "log.csv"
    Log(str(tmp_path), 0, events=False).add(ROWS[0], None)
    assert not path.exists()  # another host writes it
    log = Log(str(tmp_path), 0)
    for number, row in enumerate(ROWS, 1):
        log.add(row, None)
        assert read_log(str(path)) == log.rows == ROWS[:number]
    whole = path.read_bytes()
    path.write_bytes(whole + b"40,0.2")
    assert Log(str(tmp_path), 29).rows == ROWS[:2]
    assert path.read_bytes() == whole.rpartition(b"30,")[0]


def test_a_row_has_what_was_measured_after_its_step_and_others_have_empty_cells(tmp_path: Path):
    """Recalls of 0 are measured too; a row that comes after its measurement, in a run that goes on, has it as well."""
    log, found = Log(str(tmp_path), 0), {name: number / 8 for number, name in enumerate(HELD_OUT)}
    for row in ROWS[:2]:
        log.add(row, None)
    log.measured({20: found, 30: found})
    log.add(ROWS[2], None)
    with (tmp_path / "log.csv").open(newline="") as file:
        held_out = [[row[f"held_out_{name}"] for name in HELD_OUT] for row in csv.DictReader(file)]
    assert held_out == [[""] * 7, *2 * [[str(value) for value in found.values()]]]
    assert found["loss"] == 0 and list(found)[1:3] == ["text_to_image_r1", "text_to_image_r5"]
    assert read_log(str(tmp_path / "log.csv")) == ROWS


@pytest.mark.parametrize("cut", [0, 1, 5, 11])
def test_a_row_that_a_killed_run_left_unfinished_is_none(cut: int, tmp_path: Path):
    log = Log(str(tmp_path), 0)
    log.add(ROWS[0], None)
    path = tmp_path / "log.csv"
    path.write_bytes(path.read_bytes() + b"20,0.5,0.07"[:cut])
    assert read_log(str(path)) == ROWS[:1]


def test_a_checkpoint_is_due_by_steps_by_time_and_before_a_measurement():
    """Time is looked at where a row is logged, and counts from the last checkpoint."""
    settings = changed(checkpoints={"every": 50, "minutes": 2}, evaluation={"every": 40}, log_every=10, steps=93)
    clock = Clock()
    points = SavePoints(settings, tf.distribute.get_strategy(), clock)
    due = []
    for step in range(1, 94):
        clock.now += {10: 119.9, 11: 0.1, 55: 120.0}.get(step, 0)
        due += [step] if points.due(step) else []
    assert due == [20, 40, 50, 60, 80, 93]


def test_no_minutes_are_no_clock():
    clock = Clock()
    points = SavePoints(changed(checkpoints={"every": 50, "minutes": 0}), tf.distribute.get_strategy(), clock)
    clock.now += 1e9
    assert not points.due(1)
