"""The process behind `pipeline.make_corpus`: `python -m pipeline.commands.corpus.called DESCRIPTOR`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from pipeline.commands.command import prepare
from pipeline.commands.program import DONE, Program, cause
from pipeline.engines.own_process import answer
from pipeline.importing import importing

if TYPE_CHECKING:
    from pipeline.config import Options


def main() -> NoReturn:
    """Answers the options on standard input with the content of the run's funnel.json, or with an exception."""
    Program("make_corpus", "the same call resumes").main(_called, sys.argv[1:])


def _called(arguments: Sequence[str], folder: str) -> int:
    answer(int(arguments[0]), partial(_run, folder=folder), cause)
    return DONE


def _run(options: Options, folder: str) -> dict[str, Any]:
    prepare(options)
    with importing():
        from pipeline.commands.arguments import check_beam
        from pipeline.run import run

    check_beam(options.beam, ())
    return run(options, folder)


if __name__ == "__main__":
    main()
