"""The commands of `python -m train`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from pipeline.command import DONE, FAILED, USAGE, Program

if TYPE_CHECKING:
    from pipeline.training.options import Options
    from train.evaluate import Retrieval

TRAIN = Program("train")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and ends the process with its exit code."""
    TRAIN.main(_train, sys.argv[1:] if arguments is None else arguments)


def _train(arguments: Sequence[str], folder: str) -> int:
    from pipeline.training.options import parse

    options = parse(arguments)
    from train.quiet import import_tensorflow

    print(f"{options.command}: on {', '.join(import_tensorflow())}", file=sys.stderr, flush=True)
    return _run(options, folder)


def _run(options: Options, folder: str) -> int:
    from pipeline.config import ConfigError
    from pipeline.inputs import InputError
    from pipeline.training.run import evaluate, fit
    from train.errors import TrainingError
    from train.run import NoRecords, OtherRun

    commands = {"fit": fit, "evaluate": evaluate}
    try:
        retrieval = commands[options.command](options)
    except (InputError, ConfigError, NoRecords, OtherRun) as error:
        return TRAIN.say(USAGE, str(error))
    except TrainingError as error:
        return TRAIN.say(FAILED, str(error))
    except Exception as error:
        return TRAIN.failed(error, options.model if options.command == "fit" else folder)
    print("\n".join(table(retrieval)))
    if options.command == "fit":
        print(f"{options.model}/report.html shows the curves")
    return DONE


def table(retrieval: Retrieval) -> list[str]:
    """Recalls as lines of text, with what chance would reach."""
    from train.retrieval import RANKS

    heads = "".join(f"{f'R@{rank}':>8}" for rank in RANKS)
    lines = [f"{'':16}{heads}{'queries':>10}{'of':>8}"]
    for name, recalls in (("image to text", retrieval.image_to_text), ("text to image", retrieval.text_to_image)):
        for row, values in ((name, recalls.found), ("  by chance", recalls.chance)):
            lines.append(f"{row:16}" + "".join(f"{value:8.1%}" for value in values))
        lines[-2] += f"{recalls.queries:10,}{recalls.candidates:8,}"
    return [*lines, f"text to image R@1 is {retrieval.text_to_image.over_chance:.0f} times chance"]
