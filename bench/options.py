"""The options of each benchmark: a dataclass, whose fields are options with their help."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bench import option_kinds as kinds

Options = TypeVar("Options")


def option(metavar: str, says: str, default: Any = MISSING, kind: Callable[[str], Any] = str) -> Any:
    """A field that is an option: required without a default."""
    return field(default=default, metadata={"metavar": metavar, "help": says, "type": kind})


def reader(kind: type[Options]) -> Callable[[argparse.ArgumentParser, Sequence[str]], Options]:
    """A function that reads the options of a dataclass from arguments."""

    def read(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> Options:
        for each in dataclasses.fields(kind):  # type: ignore[arg-type]
            _add(parser, each)
        given = vars(parser.parse_args(arguments))
        try:
            return kind(**given)
        except ValueError as error:
            parser.error(str(error))

    return read


def _add(parser: argparse.ArgumentParser, each: dataclasses.Field[Any]) -> None:
    name, required = f"--{each.name}", each.default is MISSING
    if isinstance(each.default, bool):
        parser.add_argument(name, action="store_true", help=each.metadata["help"])
    elif each.metadata["type"] is _repeated:
        parser.add_argument(name, action="append", default=[], **{**each.metadata, "type": str})
    else:
        parser.add_argument(name, required=required, default=None if required else each.default, **each.metadata)


def _repeated(text: str) -> str:
    """A marker of options that may be given again."""
    return text


def _repeats() -> Any:
    return option("N", "medians are shown (default: 3)", 3, kinds.count)


def _rows(default: str) -> Any:
    return option("N[,N…]", f"(default: {default})", default, kinds.counts)


def _foreign() -> Any:
    return option("SHARE", "rows not in ASCII (default: 0)", 0.0, kinds.share)


def _corpus() -> Any:
    return option("DIR", "with vocab/ (default: out/toy)", "out/toy", kinds.corpus)


def _set() -> Any:
    return option("SECTION.FIELD=VALUE", "over the toy's config", (), _repeated)


def _seeds() -> Any:
    return option("N", "models of each (default: 3)", 3, kinds.count)


@dataclass(frozen=True)
class Short:
    """No options."""


@dataclass(frozen=True)
class Text:
    rows: list[int] = _rows("3e6")
    foreign: float = _foreign()
    repeats: int = _repeats()


@dataclass(frozen=True)
class Memory:
    rows: list[int] = _rows("3e6,9e6,10e6,30e6")
    foreign: float = _foreign()


@dataclass(frozen=True)
class Images:
    images: int = option("N", "(default: 4000)", 4000, kinds.count)
    repeats: int = _repeats()


@dataclass(frozen=True)
class Porn:
    pictures: tuple[Path, ...] = option("DIR[,DIR…]", "pictures besides those of Debian's packages", (), kinds.folders)


@dataclass(frozen=True)
class Peers:
    images: int = option("N", "(default: 2000)", 2000, kinds.count)


@dataclass(frozen=True)
class Fetching:
    images: int = option("N", "(default: 3000)", 3000, kinds.count)
    repeats: int = _repeats()
    nginx: str = option("PATH", "(default: nginx)", "nginx")


@dataclass(frozen=True)
class Vocab:
    texts: list[str] = option("GLOB[,GLOB…]", "Parquet with text, lang (default: Debian's)", (), kinds.globs)
    size: int = option("N", "pieces for all languages (default: 100000)", 100_000, kinds.count)
    english: int = option("N", "pieces for English (default: 30000)", 30_000, kinds.count)
    distinct: int = option("N", "words of the cost; 0: none (default: 3000000)", 3_000_000, kinds.count_or_none)
    repeats: int = _repeats()


@dataclass(frozen=True)
class Dedup:
    photos: Path = option("DIR", "half of them are the evaluation set", kind=kinds.folder)
    unrelated: Path | None = option("DIR", "pictures that are copies of none of them", None, kinds.folder)
    held_out: bool = option("", "the half and the transforms that nothing was tuned on", False)


@dataclass(frozen=True)
class Pages:
    pages: Path = option("DIR", "of .html files, such as those of Debian's documentation packages", kind=kinds.folder)
    repeats: int = _repeats()


@dataclass(frozen=True)
class Profile:
    rows: list[int] = _rows("3e6")
    foreign: float = _foreign()


@dataclass(frozen=True)
class Origins:
    rows: list[int] = _rows("3e6")


@dataclass(frozen=True)
class Notes:
    rows: list[int] = _rows("2e6")


@dataclass(frozen=True)
class Start:
    repeats: int = _repeats()


@dataclass(frozen=True)
class Scale:
    rows: list[int] = _rows("1e6,30e6")
    foreign: float = _foreign()
    images: int = option("N", "0: none (default: 100000)", 100_000, kinds.count_or_none)


@dataclass(frozen=True)
class Requests:
    rows: list[int] = _rows("64e6,256e6,1e9")
    planned: list[int] = option("N[,N…]", "rows that are not counted (default: 10e9)", "10e9", kinds.counts)


@dataclass(frozen=True)
class Reuse:
    images: int = option("N", "of the finished run; a tenth is added (default: 20000)", 20_000, kinds.count)


@dataclass(frozen=True)
class Skew:
    rows: int = option("N", "(default: 5e6)", 5_000_000, kinds.count)


@dataclass(frozen=True)
class Training:
    corpus: Path = _corpus()
    repeats: int = _repeats()


@dataclass(frozen=True)
class Device:
    batch: int = option("N", "pairs of a step (default: 64)", 64, kinds.pairs_of_a_step)
    minutes: float = option("N", "the whole ends after these (default: 5)", 5.0, kinds.over_zero)
    tiny: bool = option("", "a small model, to try it without a GPU", False)


@dataclass(frozen=True)
class Search:
    rows: int = option("N", "vectors (default: 1e6)", 1_000_000, kinds.count)
    repeats: int = _repeats()


@dataclass(frozen=True)
class Curation:
    pairs: str = option("GLOB", "what python -m pipeline takes as --input")
    seeds: int = _seeds()
    set: list[str] = _set()


@dataclass(frozen=True)
class Queue:
    corpus: Path = _corpus()
    batch: int = option("N", "pairs (default: 16)", 16, kinds.pairs_of_a_step)
    sizes: list[int] = option("N[,N…]", "of queues (default: 512)", "512", kinds.counts)
    seeds: int = _seeds()
    model: Path | None = option("DIR", "whose weights they begin with (default: random ones)", None, kinds.folder)
    set: list[str] = _set()


@dataclass(frozen=True)
class Evidence:
    questions: list[str] = option("NAME[,NAME…]", "(default: all, see docs/evidence.md)", (), kinds.questions)
    seeds: int = _seeds()
    part: float = option("SHARE", "of the pictures, for a try (default: 1)", 1.0, kinds.part)
    steps: int | None = option("N", "of each model, for a try (default: those of the documentation)", None, kinds.count)
    plan: bool = option("", "print the models that are to be trained, and their expected seconds; train none", False)
    write: bool = option("", "write the page from the results that are there; train none", False)

    def __post_init__(self) -> None:
        if self.plan and self.write:
            raise ValueError("give --plan or --write, one of them")
