"""The log of a run: a row of numbers every few steps, as CSV and for TensorBoard."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass

import tensorflow as tf

from train.files import atomic_write, damaged_named
from train.retrieval import RANKS

COLUMNS = ("step", "loss", "temperature", "learning_rate")
DIRECTIONS = ("text_to_image", "image_to_text")
HELD_OUT = ("loss", *(f"{way}_r{rank}" for way in DIRECTIONS for rank in RANKS))
HEADER = (*COLUMNS, *(f"held_out_{name}" for name in HELD_OUT))


@dataclass(frozen=True)
class Row:
    """A step's loss, and the temperature and rate it used."""

    step: int
    loss: float
    temperature: float
    learning_rate: float


class Log:
    """The rows so far in `log.csv`, and the same with the speed below `tensorboard/`.

    A row has held-out loss and recalls too where the model was measured after its step, and nothing where it wasn't.
    """

    def __init__(self, output: str, step: int, events: bool = True) -> None:
        """Resumes after `step` steps: drops later rows, which a killed run left.

        Only one of several hosts writes: that with `events`, which are what TensorBoard reads.
        """
        self.path, self.writes = f"{output}/log.csv", events
        self.rows = [row for row in read_log(self.path) if row.step <= step]
        self.held_out = dict[int, Mapping[str, float]]()
        self.events = (
            tf.summary.create_file_writer(f"{output}/tensorboard") if events else tf.summary.create_noop_writer()
        )
        if events:
            tf.io.gfile.makedirs(output)
            self._write()

    def add(self, row: Row, speed: float | None) -> None:
        """Logs a row at once; `speed` is in pairs per second, if it is known."""
        self.rows.append(row)
        known = {} if speed is None else {"pairs_per_second": speed}
        self.scalars({name: getattr(row, name) for name in COLUMNS[1:]} | known, row.step)
        if self.writes:
            with tf.io.gfile.GFile(self.path, "a") as file:
                file.write(_lines([self._cells(row)]))

    def measured(self, found: Mapping[int, Mapping[str, float]]) -> None:
        """Writes the log again, via a temporary file, with the held-out values `found`, by step and name."""
        self.held_out.update(found)
        if self.writes and found:
            self._write()

    def _write(self) -> None:
        with atomic_write(self.path, "w") as file:
            file.write(_lines([HEADER, *map(self._cells, self.rows)]))

    def _cells(self, row: Row) -> tuple[object, ...]:
        values = self.held_out.get(row.step, {})
        return *astuple(row), *(values.get(name, "") for name in HELD_OUT)

    def flush(self) -> None:
        """Hands on to TensorBoard what it doesn't have yet."""
        self.events.flush()

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Shows values by their names in TensorBoard."""
        with self.events.as_default():
            for name, value in values.items():
                tf.summary.scalar(name, value, step)


def _lines(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def read_log(path: str) -> list[Row]:
    """The rows of a `log.csv`, without one that a killed run left unfinished; none if it doesn't exist."""
    if not tf.io.gfile.exists(path):
        return []
    with damaged_named(path), tf.io.gfile.GFile(path) as file:
        whole = file.read().rpartition("\n")[0]
        return [_row(values) for values in csv.DictReader(io.StringIO(whole))]


def _row(values: Mapping[str, str]) -> Row:
    return Row(int(values["step"]), *(float(values[name]) for name in COLUMNS[1:]))
