"""The options of `python -m pipeline export`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.commands.arguments import add_storage, add_workers
from pipeline.commands.command import Command
from pipeline.commands.parser import Parser
from pipeline.formats import EXPORTED, check_formats, in_order
from pipeline.importing import importing
from pipeline.remote import Storage


@dataclass(frozen=True)
class Options:
    """A corpus, the formats to write, and the folder of the export."""

    corpus: str
    formats: tuple[str, ...]
    output: str
    workers: int
    overwrite: bool
    storage: Storage = Storage()


def read(parser: Parser, arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line for a wrong one."""
    add = parser.add_argument
    choices = "|".join(EXPORTED)
    add("corpus", metavar="DIR", help="the output of a finished run of python -m pipeline, with its TFRecords")
    add("--format", metavar=f"{choices}[,…]", required=True, help="what to write")
    add("--output", metavar="DIR", required=True, help="where the export goes")
    add_workers(parser)
    add_storage(parser)
    add("--overwrite", action="store_true", help="replace the export that is in the output")
    ours = parser.parse_args(arguments)
    formats = tuple(name for name in ours.format.split(",") if name)
    try:
        check_formats(formats, EXPORTED)
    except ValueError as error:
        parser.error(f"--{str(error).replace('formats', 'format', 1)}")
    return Options(ours.corpus, in_order(formats), ours.output, ours.workers, ours.overwrite, ours.storage)


def run(options: Options, folder: str) -> None:
    """Makes the export, and prints its sizes. Raises InputError, OtherRun, Held."""
    with importing():
        from pipeline.commands.export.run import export, print_sizes
    from pipeline.storage.lock import locked

    with locked(options.output):
        manifest = export(options, folder)
    print_sizes(manifest, options.output)


EXPORT = Command(
    name="export",
    help="a finished corpus as WebDataset or Parquet: the files that output.formats would have written",
    options=read,
    run=run,
    resumes=True,
    loads="Beam",
)
