"""The measurement of a trained model."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from pipeline.commands.train.evaluate.measuring import measure_all, read_all
from pipeline.commands.train.evaluate.options import Options
from pipeline.commands.train.evaluate.page import evaluation_page
from pipeline.commands.train.evaluate.table import Outcome, numbers, table
from pipeline.commands.train.material import find_shards, load_model
from pipeline.commands.train.options import Records
from pipeline.commands.train.recall_lines import recall_lines
from pipeline.files import write_file
from pipeline.printable import tell
from pipeline.report.head import whole_path
from train.errors import TrainingError
from train.evaluation.kinds import EvaluationSet
from train.evaluation.records import measured, retrieval
from train.evaluation.trained_towers import TrainedTowers


class NotMeasured(TrainingError):
    """Sets that couldn't be measured, a line each."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def run(options: Options) -> None:
    """Tells how good a model is. Raises InputError, TrainingError."""
    if options.records is None:
        _measure_sets(options)
    else:
        _measure_records(options, options.records)


def short_name(model: str) -> str:
    """The last two parts of the path of a model's folder, which is called `model` more often than not."""
    return "/".join(whole_path(model).strip("/").split("/")[-2:])


def _measure_records(options: Options, records: Records) -> None:
    trained = load_model(options.model, options.settings)
    found = retrieval(trained, find_shards(records).paths, held_out=not options.everything)
    outcome = Outcome("all pictures" if options.everything else "held-out pictures", EvaluationSet(), measured(found))
    _write(options.numbers, _json(dataclasses.asdict(found)))
    _write(options.page, evaluation_page(short_name(options.model), trained.weights, [outcome]))
    print("\n".join(recall_lines(found)))


def _measure_sets(options: Options) -> None:
    """Reads the files of all sets before the model, so that what is wrong with them is told at once."""
    found = read_all(options.sets, options.all_there)
    trained = load_model(options.model, options.settings)
    outcomes = list(measure_all(options.sets, found, TrainedTowers(trained)))
    model = {"folder": options.model, "weights": trained.weights}
    _write(options.numbers, _json({"model": model, "sets": numbers(outcomes)}))
    _write(options.page, evaluation_page(short_name(options.model), trained.weights, outcomes))
    tell(*table(outcomes), error=False)
    failed = [f"{outcome.name}: {outcome.failed}" for outcome in outcomes if outcome.failed]
    if failed:
        raise NotMeasured(*failed)


def _json(tree: Any) -> bytes:
    return (json.dumps(tree, indent=1, ensure_ascii=False) + "\n").encode()


def _write(path: str | None, content: bytes) -> None:
    if path is not None:
        with write_file(path) as file:
            file.write(content)
