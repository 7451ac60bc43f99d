"""The command line of `python -m vocab`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.commands.arguments import add_workers, beam_options, read_config, sort_arguments, split_globs
from pipeline.commands.command import Codes, Command, usual_errors
from pipeline.commands.parser import Parser
from pipeline.commands.program import FAILED
from pipeline.config import Config
from pipeline.importing import importing
from pipeline.remote import Storage
from pipeline.settings import ConfigError

USAGE = "%(prog)s --corpus=DIR | --input=GLOB[,GLOB…] --output=DIR [--section.field=value …]"
EPILOG = """
settings: --vocab.min_count=2 and the others of the config. Size and profile are those of the corpus' config, unless
they are given. Beam options, such as --runner=DataflowRunner, are passed through.
"""


@dataclass(frozen=True)
class Options:
    """Options of the command: a corpus or inputs, and settings that override the config."""

    corpus: str | None
    inputs: tuple[str, ...]
    output: str
    config: str | None
    settings: tuple[tuple[str, str], ...]
    language: str | None
    identify: bool
    workers: int
    beam: tuple[str, ...]

    @property
    def storage(self) -> Storage:
        """The settings of requests to storage."""
        return self.settle().storage

    def settle(self, corpus: str = "") -> Config:
        """The config: of the file, or of the corpus (as YAML), with the settings over it. Raises ConfigError."""
        return read_config(self.config, self.settings, corpus)


def read(parser: Parser, arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line for a wrong one."""
    _add(parser)
    arguments, settings, others = sort_arguments(parser, arguments)
    beam = beam_options(parser, others)
    ours = parser.parse_args(arguments)
    if (ours.corpus is None) == (ours.input is None):
        parser.error("give --corpus or --input, one of them")
    if not ours.output:
        parser.error("--output is empty")
    named = {"vocab.size": ours.size, "text.profile": ours.profile}
    settings += [(path, value) for path, value in named.items() if value is not None]
    options = Options(
        corpus=ours.corpus,
        inputs=split_globs(ours.input or ""),
        output=ours.output,
        config=ours.config,
        settings=tuple(settings),
        language=ours.language,
        identify=ours.identify,
        workers=ours.workers,
        beam=beam,
    )
    try:
        options.settle()
    except ConfigError as error:
        parser.error(str(error))
    return options


def _add(parser: Parser) -> None:
    add = parser.add_argument
    add("--corpus", metavar="DIR", help="the output of a finished run of python -m pipeline")
    add("--input", metavar="GLOB[,GLOB…]", help="instead: the text column of any table, tar or TFRecord, or .txt files")
    add("--output", metavar="DIR", required=True, help="where vocab.txt, its tokenizer.json and report.html go")
    add("--size", metavar="N", help="pieces, the special ones included")
    add("--profile", metavar="NAME", help="uncased or multilingual")
    add("--config", metavar="NAME|FILE", help="settings, in place of the corpus' own: a config by name, or a YAML file")
    add("--language", metavar="COLUMN", help="the column with the language of a text, for the report")
    add("--identify", action="store_true", help="identify the language of texts without one, for the report (slow)")
    add_workers(parser)


def run(options: Options, folder: str) -> None:
    """Makes the vocabulary, and prints a summary. Raises InputError, ConfigError, BadInputs, TooFewWords, Held."""
    with importing():
        from pipeline.commands.vocab.build import build
        from pipeline.commands.vocab.summary import refuse_corpus, summary
    from pipeline.printable import tell
    from pipeline.storage.lock import locked

    refuse_corpus(options.output)
    with locked(options.output):
        facts, quality = build(options, folder)
    tell(*summary(facts, quality), f"{options.output}/report.html shows it by language", error=False)


def errors() -> Codes:
    """Exit codes of exceptions."""
    from vocab.learn import TooFewWords

    return {**usual_errors(), TooFewWords: FAILED}


VOCAB = Command(
    name="vocab",
    help="The wordpiece vocabulary of a corpus' kept texts, or of any texts.",
    options=read,
    run=run,
    errors=errors,
    loads="Beam",
    usage=USAGE,
    epilog=EPILOG,
)
parse = VOCAB.parse
