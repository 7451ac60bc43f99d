"""The options of `python -m train search`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.commands.arguments import add_storage, whole_number
from pipeline.commands.command import Command
from pipeline.commands.train.options import errors, refuse_settings, result_files, split, writing_files
from pipeline.remote import Storage

SCALE = 2.0  # weight of a text beside an image, in the paper
MOST_SCALE = 1_000_000
PROBES = 64  # lists of faiss


@dataclass(frozen=True)
class Query:
    """A text, or a picture (its path) with texts that are added and subtracted."""

    text: str | None = None
    image: str | None = None
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts in it."""
        return (*([] if self.text is None else [self.text]), *self.plus, *self.minus)

    def __str__(self) -> str:
        parts = [f"+ “{text}”" for text in self.plus] + [f"− “{text}”" for text in self.minus]
        return f"“{self.text}”" if self.image is None else " ".join([self.image.rpartition("/")[2], *parts])


@dataclass(frozen=True)
class Options:
    """An index and its model, what is looked for, and where the results go."""

    index: str
    model: str
    queries: tuple[Query, ...]
    scale: float
    top: int
    exact: bool
    probes: int | None
    page: str | None
    numbers: str | None
    storage: Storage = Storage()


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> Options:
    """Exits with 2 and one line where something is wrong."""
    add = parser.add_argument
    add("--index", metavar="DIR", required=True, help="the output of python -m train embed")
    add("--model", metavar="DIR", required=True, help="the model it was made with")
    add("--text", metavar="TEXT", action="append", default=[], help="what is looked for; may be given again")
    add("--queries", metavar="FILE", help="instead: a text a line")
    add("--image", metavar="FILE", help="instead: a picture")
    add("--plus", metavar="TEXT", action="append", default=[], help="added to the picture")
    add("--minus", metavar="TEXT", action="append", default=[], help="subtracted from the picture")
    add("--scale", metavar="X", type=float, help=f"of these texts (default: {SCALE:g}, the paper's)")
    add("--top", metavar="N", type=whole_number, default=20, help="pictures for each query (default: 20)")
    add("--exact", action="store_true", help="look at all pictures, also where the index has lists for faiss")
    add(
        "--probes",
        metavar="N",
        type=whole_number,
        help=f"lists that faiss looks in (default: {PROBES})",
    )
    add("--output", metavar="DIR|FILE.json", help="where search.json and page.html go; or FILE.json and FILE.html")
    add("--page", metavar="FILE.html", help="another path of the page, which has thumbnails")
    add_storage(parser)
    ours, settings = split(parser, arguments)
    refuse_settings(parser, settings, "an index is searched with the settings of its model")
    queries = tuple(_queries(parser, ours))
    if ours.probes and ours.exact:
        parser.error("--probes isn't taken with --exact, which reads all vectors")
    found = _scale(parser, ours), ours.top, ours.exact, ours.probes
    numbers, page = result_files(parser, ours, "search")
    return Options(ours.index, ours.model, queries, *found, page, numbers, ours.storage)


def _scale(parser: argparse.ArgumentParser, ours: argparse.Namespace) -> float:
    if ours.scale is None:
        return SCALE
    if not ours.scale > 0:
        parser.error(f"--scale: {ours.scale:g} is not over 0; --minus subtracts")
    if ours.scale > MOST_SCALE:
        parser.error(f"--scale: {ours.scale:,.15g} is over {MOST_SCALE:,.0f}, where nothing is left of the picture")
    if not (ours.plus or ours.minus):
        parser.error("--scale: there is no --plus or --minus to scale")
    return float(ours.scale)


def _queries(parser: argparse.ArgumentParser, ours: argparse.Namespace) -> Iterator[Query]:
    given = [name for name in ("text", "queries", "image") if getattr(ours, name)]
    if len(given) != 1:
        beside = "; beside a picture, a text is --plus or --minus" if {"text", "image"} <= set(given) else ""
        parser.error(f"give --text, --queries or --image, one of them{beside}")
    if (ours.plus or ours.minus) and not ours.image:
        parser.error(f"--{'plus' if ours.plus else 'minus'}: only beside a picture, --image")
    for text in (*ours.text, *ours.plus, *ours.minus):
        if not text.strip():
            parser.error("a text is empty")
    if ours.image:
        yield Query(None, ours.image, tuple(ours.plus), tuple(ours.minus))
    for text in ours.text or (_lines(parser, ours.queries) if ours.queries else ()):
        yield Query(text)


def _lines(parser: argparse.ArgumentParser, path: str) -> list[str]:
    """The lines of a file that aren't empty."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"--queries={path}: {getattr(error, 'strerror', None) or 'not UTF-8'}")
    if not lines:
        parser.error(f"--queries={path}: no text in it")
    return lines


def run(options: Options, _: str) -> None:
    """Searches. Raises InputError, TrainingError, Held."""
    with writing_files("search", options.numbers, options.page):
        from pipeline.commands.train.search.run import run

        run(options)


SEARCH = Command(
    "search",
    "find pictures in an index by text, by picture, or by picture plus or minus text",
    parse,
    run,
    errors,
    loads="TensorFlow",
)
