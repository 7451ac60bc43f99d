"""The log of a run: a row of numbers every few steps, as CSV and for TensorBoard."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

import tensorflow as tf

from train.files import atomic_write

COLUMNS = ("step", "loss", "temperature", "learning_rate")


@dataclass(frozen=True)
class Row:
    """A step's loss, and the temperature and rate it used."""

    step: int
    loss: float
    temperature: float
    learning_rate: float


class Log:
    """The rows so far in `log.csv`, and the same with the speed below `tensorboard/`."""

    def __init__(self, output: str, step: int, events: bool = True) -> None:
        """Resumes after `step` steps: drops later rows, which a killed run left.

        `events` are what TensorBoard reads; only one of several hosts writes them.
        """
        self.path = f"{output}/log.csv"
        self.rows = [row for row in read_log(self.path) if row.step <= step]
        self.events = (
            tf.summary.create_file_writer(f"{output}/tensorboard") if events else tf.summary.create_noop_writer()
        )

    def add(self, row: Row, speed: float | None) -> None:
        """Logs a row; `speed` is in pairs per second, if it is known."""
        self.rows.append(row)
        known = {} if speed is None else {"pairs_per_second": speed}
        self.scalars({name: getattr(row, name) for name in COLUMNS[1:]} | known, row.step)

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Shows values by their names in TensorBoard."""
        with self.events.as_default():
            for name, value in values.items():
                tf.summary.scalar(name, value, step)

    def save(self) -> None:
        """Writes the rows via a temporary file."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows([getattr(row, name) for name in COLUMNS] for row in self.rows)
        with atomic_write(self.path, "w") as file:
            file.write(text.getvalue())
        self.events.flush()


def read_log(path: str) -> list[Row]:
    """The rows of a `log.csv`; none if it doesn't exist."""
    if not tf.io.gfile.exists(path):
        return []
    with tf.io.gfile.GFile(path) as file:
        return [_row(values) for values in csv.DictReader(io.StringIO(file.read()))]


def _row(values: Mapping[str, str]) -> Row:
    return Row(int(values["step"]), *(float(values[name]) for name in COLUMNS[1:]))
