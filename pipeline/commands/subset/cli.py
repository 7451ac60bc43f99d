"""The command `python -m pipeline subset`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from pipeline.commands.arguments import worker_count
from pipeline.commands.parser import Parser
from pipeline.commands.program import DONE, FAILED, USAGE, Program
from pipeline.printable import tell


def subset(program: Program, arguments: Sequence[str], folder: str) -> int:
    """Makes a subset; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.workers > 1:
        from pipeline.engines.server import worker_server

        worker_server()  # it imports what workers need, while this process imports Beam
    from pipeline.commands.subset.run import make_subset
    from pipeline.identity import OtherRun
    from pipeline.inputs import InputError
    from pipeline.report.funnel import format_funnel
    from pipeline.storage.lock import Held, locked

    try:
        with locked(options.output):
            funnel = make_subset(options, folder)
    except (InputError, OtherRun) as error:
        return program.say(USAGE, str(error))
    except Held as error:
        return program.say(FAILED, str(error))
    except Exception as error:
        return program.failed(error, options.output)
    print(format_funnel(funnel))
    tell(f"{options.output}/report.html shows it with examples", error=False)
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m pipeline subset",
        description="A part of a finished corpus, as a corpus of its own: the kept pairs with the smallest hashes, "
        "so that every subset lies in the larger ones.",
        allow_abbrev=False,
    )
    add, cores = parser.add_argument, os.cpu_count() or 1
    add("corpus", metavar="DIR", help="the output of a finished run of python -m pipeline")
    add("--size", metavar="N|N%", help="pairs, or their share of what --keep leaves (default: all)")
    add("--keep", metavar="FILE", help="a table of python -m dedup groups: images it doesn't keep are left out")
    add("--output", metavar="DIR", required=True, help="where the subset goes")
    add("--workers", metavar="N", type=worker_count, default=cores, help="processes (default: all cores)")
    add("--overwrite", action="store_true", help="replace the run that is in the output")
    return parser
