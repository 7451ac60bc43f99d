"""The command `python -m vocab`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from pipeline.commands.program import DONE, FAILED, STARTS_AGAIN, USAGE, Program
from pipeline.printable import tell

if TYPE_CHECKING:
    from pipeline.commands.vocab.options import Options
    from vocab.quality import Quality

VOCAB = Program("vocab", STARTS_AGAIN)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Makes a vocabulary and ends the process with its exit code."""
    VOCAB.main(_vocabulary, sys.argv[1:] if arguments is None else arguments)


def _vocabulary(arguments: Sequence[str], folder: str) -> int:
    from pipeline.commands.vocab.options import parse

    options = parse(arguments)
    if options.workers > 1 and not options.beam:
        from pipeline.engines.server import worker_server

        worker_server()  # it imports what workers need, while this process imports Beam
    return _build(options, folder)


def _build(options: Options, folder: str) -> int:
    from pipeline.commands.vocab.build import build
    from pipeline.config import ConfigError
    from pipeline.inputs import InputError
    from pipeline.storage.lock import Held, locked
    from pipeline.storage.plan import BadInputs
    from vocab.learn import TooFewWords

    try:
        refuse_corpus(options.output)
        with locked(options.output):
            facts, quality = build(options, folder)
    except (InputError, ConfigError) as error:
        return VOCAB.say(USAGE, str(error))
    except BadInputs as error:
        return VOCAB.say(FAILED, *error.lines)
    except (TooFewWords, Held) as error:
        return VOCAB.say(FAILED, str(error))
    except Exception as error:
        return VOCAB.failed(error, options.output)
    tell(*summary(facts, quality), f"{options.output}/report.html shows it by language", error=False)
    return DONE


def refuse_corpus(output: str) -> None:
    """Raises InputError for the folder of a corpus: its report.html and work/ would be replaced."""
    from pipeline.files import Output
    from pipeline.finish import FUNNEL
    from pipeline.inputs import InputError

    if Output(output).has(FUNNEL):
        raise InputError(f"output: {output} holds a corpus, whose report would be replaced; try {output}/vocab")


def summary(facts: dict[str, Any], quality: Quality) -> list[str]:
    """What is said of a finished vocabulary."""
    from pipeline.report.funnel import share

    counts, total = facts["counts"], quality.total
    return [
        f"{facts['size']:,} pieces ({facts['profile']}) from {counts['learned_from']:,} of {counts['distinct']:,} "
        f"distinct words in {counts['texts']:,} texts",
        f"{total.fertility:.3f} pieces a word, {share(total.whole, total.words)} of all words are one piece, "
        f"{share(total.unknown, total.words)} unknown",
        f"sha256 {facts['sha256']}",
    ]
