"""Measurements on the way: a row for each time, as CSV and for TensorBoard."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean

import tensorflow as tf

from train.examiner import Examined
from train.files import atomic_write, damaged_named
from train.log import DIRECTIONS, HELD_OUT, Log
from train.retrieval import RANKS

FILE = "evaluation.csv"
COLUMNS = ("step", HELD_OUT[0], "candidates", *HELD_OUT[1:])


@dataclass(frozen=True)
class Measurement:
    """The model after `step` steps: its loss among so many candidates, and R@1, R@5, R@10 of both directions."""

    step: int
    loss: float
    candidates: int
    text_to_image: tuple[float, ...]
    image_to_text: tuple[float, ...]

    @classmethod
    def of(cls, step: int, found: Examined) -> Measurement:
        """The measurement after `step` steps."""
        recalls = found.retrieval.text_to_image.found, found.retrieval.image_to_text.found
        return cls(step, found.loss, found.candidates, *recalls)

    @property
    def mean_recall(self) -> float:
        """The mean of the six recalls."""
        return fmean((*self.text_to_image, *self.image_to_text))

    @property
    def quality(self) -> str:
        """What the best is chosen by, in words: of equal recalls the one of the lower loss."""
        return f"{self.mean_recall:.1%} with a loss of {self.loss:.3f}"

    @property
    def line(self) -> str:
        """R@1 of both directions and the loss, for a terminal."""
        there, back = self.text_to_image[0], self.image_to_text[0]
        recalls = f"{there:.1%} text to image, {back:.1%} image to text"
        return f"fit: step {self.step:,}, held-out R@1 {recalls}; loss {self.loss:.3f}"

    @property
    def cells(self) -> dict[str, float]:
        """The values by their columns."""
        values = (self.step, self.loss, self.candidates, *self.text_to_image, *self.image_to_text)
        return dict(zip(COLUMNS, values, strict=True))


class Measurements:
    """The rows so far in `evaluation.csv`, and the same in the log and below `tensorboard/`."""

    def __init__(self, output: str, step: int, log: Log) -> None:
        """Resumes after `step` steps: drops later rows, which a killed run left."""
        self.path, self.log = f"{output}/{FILE}", log
        self.rows = [row for row in read_measurements(self.path) if row.step <= step]
        log.measured({row.step: row.cells for row in self.rows})

    def has(self, step: int) -> bool:
        """Returns whether the model was measured after `step` steps."""
        return any(row.step == step for row in self.rows)

    @property
    def best(self) -> Measurement | None:
        """The first row of the highest mean recall; of equal ones that of the lowest loss."""
        return max(self.rows, key=lambda row: (row.mean_recall, -row.loss), default=None)

    def add(self, row: Measurement) -> None:
        """Adds a row, in place of one of the same step, and writes all via a temporary file."""
        self.rows = [*(other for other in self.rows if other.step != row.step), row]
        self.log.scalars({f"evaluation/{name}": row.cells[name] for name in COLUMNS[1:]}, row.step)
        text = io.StringIO()
        rows = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        rows.writeheader()
        rows.writerows(row.cells for row in self.rows)
        with atomic_write(self.path, "w") as file:
            file.write(text.getvalue())
        self.log.measured({row.step: row.cells})


def read_measurements(path: str) -> list[Measurement]:
    """The rows of an `evaluation.csv`; none if it doesn't exist."""
    if not tf.io.gfile.exists(path):
        return []
    with damaged_named(path), tf.io.gfile.GFile(path) as file:
        return [_row(cells) for cells in csv.DictReader(io.StringIO(file.read()))]


def _row(cells: Mapping[str, str]) -> Measurement:
    ways = (tuple(_recalls(cells, way)) for way in DIRECTIONS)
    return Measurement(int(cells["step"]), float(cells["loss"]), int(cells["candidates"]), *ways)


def _recalls(cells: Mapping[str, str], way: str) -> Iterator[float]:
    return (float(cells[f"{way}_r{rank}"]) for rank in RANKS)
