"""Reads the words of options, a function for each kind; ArgumentTypeError says what is asked for instead."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path


def count(text: str) -> int:
    """A whole number from 1, such as 3000000 or 3e6."""
    return _whole(text, 1)


def count_or_none(text: str) -> int:
    """A whole number from 0."""
    return _whole(text, 0)


def pairs_of_a_step(text: str) -> int:
    """A whole number from 2: one pair has no wrong candidate."""
    return _whole(text, 2)


def counts(text: str) -> list[int]:
    """Whole numbers from 1, with commas between them."""
    return [count(part) for part in text.split(",")]


def share(text: str) -> float:
    """A number from 0 to 1."""
    return _between(text, lambda number: 0 <= number <= 1, "a share from 0 to 1")


def part(text: str) -> float:
    """A number over 0, and 1 at most."""
    return _between(text, lambda number: 0 < number <= 1, "a share over 0, and 1 at most")


def over_zero(text: str) -> float:
    """A number over 0."""
    return _between(text, lambda number: 0 < number < math.inf, "a number over 0")


def folder(text: str) -> Path:
    """A folder that is there."""
    if not text or not Path(text).is_dir():
        raise ArgumentTypeError(f"{text!r} is no folder")
    return Path(text)


def folders(text: str) -> tuple[Path, ...]:
    """Folders that are there, with commas between them."""
    return tuple(map(folder, text.split(",")))


def corpus(text: str) -> Path:
    """A folder of a corpus and its vocabulary."""
    if not (Path(text) / "vocab" / "vocab.txt").is_file():
        raise ArgumentTypeError(f"{text!r} holds no corpus with its vocabulary; make vocab makes out/toy")
    return Path(text)


def globs(text: str) -> list[str]:
    """Globs, with commas between them."""
    if not text:
        raise ArgumentTypeError("it is empty")
    return text.split(",")


def questions(text: str) -> list[str]:
    """Names of questions of the evidence, with commas between them."""
    from bench.evidence.questions import questions as every

    names, given = [question.name for question in every()], text.split(",")
    for name in given:
        if name not in names:
            raise ArgumentTypeError(f"{name!r} is none of {', '.join(names)}")
    return given


def _whole(text: str, least: int) -> int:
    number = _between(text, lambda found: least <= found and found == int(found), f"a whole number from {least}")
    return int(number)


def _between(text: str, right: Callable[[float], bool], asked: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or not right(number):
        raise ArgumentTypeError(f"{text!r} is not {asked}")
    return number
