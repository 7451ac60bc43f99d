"""The measurement of a trained model."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.files import write_file
from pipeline.inputs import InputError
from pipeline.training.evaluate_kinds import EvaluationSet, Measurable
from pipeline.training.evaluate_options import Options
from pipeline.training.evaluate_records import retrieval
from pipeline.training.evaluate_table import Outcome, numbers, table
from pipeline.training.evaluate_towers import TrainedTowers
from pipeline.training.material import find_shards, load_model
from pipeline.training.recall_lines import recall_lines
from train.errors import TrainingError
from train.measures.towers import Towers
from train.sets.files import BadSet, NotThere
from train.sets.names import shown
from train.trained import Trained


class SomeFailed(TrainingError):
    """A set that couldn't be measured."""


def run(options: Options) -> None:
    """Tells how good a model is. Raises InputError, TrainingError."""
    if options.records is not None:
        _records(options)
    else:
        _sets(options)


def _records(options: Options) -> None:
    assert options.records is not None
    trained = load_model(options.model, options.settings)
    found = retrieval(trained, find_shards(options.records).paths, held_out=not options.everything)
    _write(options.numbers, dataclasses.asdict(found))
    print("\n".join(recall_lines(found)))


def _sets(options: Options) -> None:
    """Reads the files of all sets before the model, so that what is wrong with them is told at once."""
    found = dict(read_all(options.sets, options.all_there))
    trained = load_model(options.model, options.settings)
    outcomes = list(measure_all(options.sets, found, TrainedTowers(trained)))
    _write(options.numbers, {"model": _facts(options, trained), "sets": numbers(outcomes)})
    print("\n".join(table(outcomes)))
    failed = [f"{outcome.name}: {outcome.failed}" for outcome in outcomes if outcome.failed]
    if failed:
        raise SomeFailed("\n".join(failed))


def read_all(sets: Mapping[str, EvaluationSet], all_there: bool) -> Iterator[tuple[str, Measurable | NotThere]]:
    """Each set as it is measured, or the file that isn't there.

    Raises InputError where a file isn't what it should be, where none of the sets is there, or one isn't and all have
    to be.
    """
    there = 0
    for name, settings in sets.items():
        try:
            yield name, settings.read()
            there += 1
        except NotThere as error:
            if all_there:
                raise InputError(f"{name}: {error}") from error
            print(f"{name}: not measured: {error}", file=sys.stderr)
            yield name, error
        except BadSet as error:
            raise InputError(f"{name}: {error}") from error
    if not there:
        raise InputError(f"sets: none of {', '.join(sets)} is there; --data says where their files are")


def measure_all(
    sets: Mapping[str, EvaluationSet], found: Mapping[str, Measurable | NotThere], towers: Towers
) -> Iterator[Outcome]:
    """What came of each set; one that fails leaves the others as they are."""
    for name, readied in found.items():
        if isinstance(readied, NotThere):
            yield Outcome(name, sets[name], missing=str(readied))
            continue
        try:
            measured = readied.measure(towers)
        except TrainingError as error:
            yield Outcome(name, sets[name], failed=str(error))
            continue
        outcome = Outcome(name, sets[name], measured)
        _tell(outcome)
        yield outcome


def _tell(outcome: Outcome) -> None:
    assert outcome.measured is not None
    counts = ", ".join(f"{count:,} {name}" for name, count in outcome.measured.counts.items())
    print(f"{outcome.name}: {counts}", file=sys.stderr, flush=True)
    for reason, names in outcome.measured.left_out.items():
        if names:
            print(f"{outcome.name}: {len(names):,} {reason} left out: {shown(names)}", file=sys.stderr)
    for note in outcome.measured.notes:
        print(f"{outcome.name}: {note}", file=sys.stderr)


def _facts(options: Options, trained: Trained) -> dict[str, Any]:
    return {"folder": options.model, "weights": trained.weights}


def _write(path: str | None, tree: Any) -> None:
    if path is not None:
        with write_file(path) as file:
            file.write((json.dumps(tree, indent=1, ensure_ascii=False) + "\n").encode())
