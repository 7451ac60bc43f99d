"""The options of `python -m dedup index | match | groups`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from filters.image import EVAL_MODES
from pipeline.commands.arguments import add_storage, add_workers, split_globs
from pipeline.commands.command import Command
from pipeline.commands.parser import Parser
from pipeline.config import Config as Defaults
from pipeline.config import Dedup
from pipeline.importing import importing
from pipeline.remote import Storage


@dataclass(frozen=True)
class IndexOptions:
    """An evaluation set, and the file of its index."""

    images: tuple[str, ...]
    index: str
    name: str | None
    mode: str
    workers: int
    max_pixels: int
    storage: Storage = Storage()


@dataclass(frozen=True)
class MatchOptions:
    """Indexes, the pictures to look up, and the file of the matches (None: stdout)."""

    indexes: tuple[str, ...]
    images: tuple[str, ...]
    table: str | None
    mode: str
    max_distance: int
    min_score: float
    workers: int
    max_pixels: int
    storage: Storage = Storage()


@dataclass(frozen=True)
class GroupsOptions:
    """A corpus, and the file of its groups."""

    corpus: str
    table: str
    max_distance: int
    min_score: float
    workers: int
    max_pixels: int
    storage: Storage = Storage()


AnyOptions = IndexOptions | MatchOptions | GroupsOptions


def read_index(parser: Parser, arguments: Sequence[str]) -> IndexOptions:
    """The options of index. Exits with 2 and one line for a wrong one."""
    _images(parser, "the evaluation set")
    add = parser.add_argument
    add("--output", metavar="FILE", required=True, help="the index")
    add("--name", metavar="SET", help="the set's name in eval_match (default: the folder's)")
    add("--mode", choices=EVAL_MODES, default="default", help="dense: 502 entries a picture in place of 104")
    return IndexOptions(**_read(parser, arguments, output="index"))


def read_match(parser: Parser, arguments: Sequence[str]) -> MatchOptions:
    """The options of match. Exits with 2 and one line for a wrong one."""
    add = parser.add_argument
    add("--index", metavar="FILE[,FILE…]", type=split_globs, required=True, help="indexes, or folders of pictures")
    _images(parser, "the pictures that are looked up")
    add("--output", metavar="FILE", help=".csv or .parquet (default: CSV to the terminal)")
    add("--mode", choices=EVAL_MODES, default="default", help="thorough: 17 parts of each picture too")
    _search(parser)
    return MatchOptions(**_read(parser, arguments, output="table", index="indexes"))


def read_groups(parser: Parser, arguments: Sequence[str]) -> GroupsOptions:
    """The options of groups. Exits with 2 and one line for a wrong one."""
    add = parser.add_argument
    add("corpus", metavar="DIR", help="the output of a finished run of python -m pipeline")
    add("--output", metavar="FILE", required=True, help=".parquet: image_id, group, keep")
    _search(parser)
    return GroupsOptions(**_read(parser, arguments, output="table"))


def _images(parser: Parser, which: str) -> None:
    says = f"{which}: folders or globs of pictures, tars, tables"
    parser.add_argument("--images", metavar="DIR|GLOB[,…]", type=split_globs, required=True, help=says)


def _search(parser: Parser) -> None:
    usual = Dedup()
    add = parser.add_argument
    add("--max_distance", metavar="BITS", type=int, default=usual.max_distance, help=f"(default: {usual.max_distance})")
    add("--min_score", metavar="SCORE", type=float, default=usual.min_score, help=f"(default: {usual.min_score})")


def _read(parser: Parser, arguments: Sequence[str], **fields: str) -> dict[str, Any]:
    """The values of all options by the names of their fields; `fields` has the names that differ."""
    add_workers(parser)
    add_storage(parser)
    most = Defaults().filters.undecodable.max_pixels
    parser.add_argument("--max_pixels", metavar="N", type=int, default=most, help=f"of a picture (default: {most})")
    values = vars(parser.parse_args(arguments))
    try:
        if "max_distance" in values:
            Dedup(values["max_distance"], values["min_score"])
    except ValueError as error:
        parser.error(str(error))
    return {fields.get(name, name): value for name, value in values.items()}


def run_index(options: IndexOptions, folder: str) -> None:
    """Writes the index of an evaluation set. Raises InputError, BadFile, Held."""
    with importing():
        from pipeline.commands.dedup.run import index

    index(options, folder)


def run_match(options: MatchOptions, folder: str) -> None:
    """Writes, or prints, which pictures match which of an index. Raises InputError, BadFile, Held."""
    with importing():
        from pipeline.commands.dedup.run import match

    match(options, folder)


def run_groups(options: GroupsOptions, folder: str) -> None:
    """Writes the near-copies inside a corpus. Raises InputError, BadFile, Held."""
    with importing():
        from pipeline.commands.dedup.run import groups

    groups(options, folder)


INDEX = Command(
    "index",
    "hash an evaluation set into a file that --eval_images and match take",
    read_index,
    run_index,
    loads="Beam",
)
MATCH = Command("match", "who is a near-duplicate of whom", read_match, run_match, loads="Beam")
GROUPS = Command("groups", "near-duplicates inside a finished corpus", read_groups, run_groups, loads="Beam")
