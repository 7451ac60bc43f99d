"""The command line of `python -m pipeline fetch`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crawl.fetching.answers import AGAIN, STATUSES
from pipeline.commands.arguments import add_workers, beam_options, read_config, sort_arguments
from pipeline.commands.command import Command
from pipeline.commands.fetch.installed import check_installed
from pipeline.commands.parser import Parser, no_such
from pipeline.config import Options as RunOptions
from pipeline.importing import importing
from pipeline.remote import Storage
from pipeline.settings import ConfigError

USAGE = "%(prog)s RUN|TABLE --output=STORE|--list=FILE [--retry=failed|STATUS[,…]] [--fetch.field=value …]"
EPILOG = """
RUN is the output of a run over URLs: its kept pairs are fetched. TABLE is any table with a URL column. The settings of
the section fetch say how politely: python -m pipeline settings fetch prints them.
"""


@dataclass(frozen=True)
class Options:
    """One fetch: the options of any run, whose input is a run or a table, and the statuses that are asked for again."""

    run: RunOptions
    retry: frozenset[str]
    list: str = ""  # the file of a list of URLs, which is written instead of a store

    @property
    def output(self) -> str:
        """The folder of the store."""
        return self.run.output

    @property
    def workers(self) -> int:
        """Number of processes."""
        return self.run.workers

    @property
    def storage(self) -> Storage:
        """The settings of requests to storage."""
        return self.run.storage

    @property
    def beam(self) -> tuple[str, ...]:
        """Options of Beam."""
        return self.run.beam


def read(parser: Parser, arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line for a wrong one."""
    _add(parser)
    source = [word for word in arguments[:1] if not word.startswith("-")]
    arguments, settings, others = sort_arguments(parser, arguments[len(source) :])
    source += [other for other in others if not other.startswith("-")]
    if len(source) > 1:
        parser.error(f"{source[1]}: give one RUN or TABLE; a glob in quotes names several tables")
    beam = beam_options(parser, [other for other in others if other.startswith("-")])
    ours = parser.parse_args([*arguments, *source])
    if bool(ours.output) == bool(ours.list):
        parser.error("give --output=STORE to fetch, or --list=FILE for the list of URLs alone")
    if ours.list and ours.retry is not None:
        parser.error("--retry asks again for the URLs of a STORE; a list asks for none")
    if ours.retry is not None and not ours.retry.strip(","):
        parser.error("--retry is empty: give failed, or statuses with commas")
    try:
        run = RunOptions(
            config=read_config(ours.config, settings),
            inputs=(ours.source,),
            output=ours.output or "",
            eval_images=(),
            workers=ours.workers,
            overwrite=ours.overwrite,
            beam=beam,
        )
        return Options(run, read_retry(ours.retry or ""), ours.list or "")
    except ConfigError as error:
        parser.error(str(error))


def read_retry(text: str) -> frozenset[str]:
    """The statuses that `--retry` names; `failed` is all that may end differently. Raises ConfigError."""
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in STATUSES and name != "failed":
            raise ConfigError(no_such("status", f"--retry={name}", name, ["failed", *STATUSES]))
    if "ok" in names:
        raise ConfigError("--retry=ok: these images are there; --overwrite fetches all again")
    return frozenset(names) - {"failed"} | (AGAIN if "failed" in names else frozenset())


def _add(parser: Parser) -> None:
    add = parser.add_argument
    add("source", metavar="RUN|TABLE", help="a finished run over URLs, or a table with a URL column")
    add("--output", metavar="STORE", help="where the images (tars), their statuses and the report go")
    add("--list", metavar="FILE", help="write the rows as Parquet for another downloader, and fetch nothing")
    add("--retry", metavar="failed|STATUS[,…]", help="ask again for URLs of a finished STORE by status")
    add("--config", metavar="NAME|FILE", help="settings: a config by name, or a YAML file")
    add_workers(parser)
    add("--overwrite", action="store_true", help="replace the fetch that is in STORE, or the list")


def run(options: Options, folder: str) -> None:
    """Fetches, and prints the statuses. Raises InputError, OtherRun, BadInputs, Held."""
    check_installed(fetches=not options.list)
    if options.list:
        from pipeline.commands.fetch.url_list import write_list

        write_list(options.run, options.list)
        return
    from pipeline.commands.fetch.account import print_statuses

    with importing():
        from pipeline.commands.fetch.run import run_fetch

    print_statuses(run_fetch(options, folder), options)


FETCH = Command(
    name="fetch",
    help="the images of a run's kept pairs, or of a table of URLs, as tars that --input reads",
    options=read,
    run=run,
    resumes=True,
    loads="Beam",
    usage=USAGE,
    epilog=EPILOG,
)
