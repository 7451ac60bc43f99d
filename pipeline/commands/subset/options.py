"""The options of `python -m pipeline subset`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.commands.arguments import add_storage, add_workers
from pipeline.commands.command import Command
from pipeline.commands.parser import Parser
from pipeline.importing import importing
from pipeline.outputs.command import typed
from pipeline.remote import Storage


@dataclass(frozen=True)
class Options:
    """A corpus, how much of it, the table of its copies, and the folder of the subset."""

    corpus: str
    size: str | None
    keep: str | None
    output: str
    workers: int
    overwrite: bool
    storage: Storage = Storage()
    command: str = ""  # as typed, for the page


def read(parser: Parser, arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line for a wrong one."""
    add = parser.add_argument
    add("corpus", metavar="DIR", help="the output of a finished run of python -m pipeline")
    add("--size", metavar="N|N%", help="pairs, or their share of what --keep leaves (default: all)")
    add("--keep", metavar="FILE", help="a table of python -m dedup groups: images it doesn't keep are left out")
    add("--output", metavar="DIR", required=True, help="where the subset goes")
    add_workers(parser)
    add_storage(parser)
    add("--overwrite", action="store_true", help="replace the run that is in the output")
    return Options(**vars(parser.parse_args(arguments)), command=typed(parser.prog, arguments))


def run(options: Options, folder: str) -> None:
    """Makes the subset, and prints its funnel. Raises InputError, OtherRun, Held."""
    from pipeline.commands.finished import print_funnel

    with importing():
        from pipeline.commands.subset.run import make_subset
    from pipeline.storage.lock import locked

    with locked(options.output):
        funnel = make_subset(options, folder)
    print_funnel(funnel, options.output)


SUBSET = Command(
    name="subset",
    help="a part of a finished corpus, as a corpus: the pairs with the smallest hashes, so that subsets nest",
    options=read,
    run=run,
    resumes=True,
    loads="Beam",
)
