"""The measurement of a trained model."""

from __future__ import annotations

import dataclasses
import json

from pipeline.files import write_file
from pipeline.training.evaluate_options import Options
from pipeline.training.material import find_shards, load_model
from pipeline.training.recall_lines import recall_lines
from train.data import damage_named
from train.evaluate import Retrieval, evaluate
from train.run import Run, check_records


def run(options: Options) -> None:
    """Tells how well a model finds pictures and texts. Raises InputError, CheckpointError, TooFewPictures."""
    retrieval = _retrieval(options)
    if options.numbers is not None:
        with write_file(options.numbers) as file:
            file.write((json.dumps(dataclasses.asdict(retrieval), indent=1) + "\n").encode())
    print("\n".join(recall_lines(retrieval)))


def _retrieval(options: Options) -> Retrieval:
    trained = load_model(options.model, options.settings)
    run = Run(find_shards(options.records).paths, trained.tokenizer, "", trained.settings, options.model)
    check_records(run.shards)
    with damage_named(run.shards):
        pairs = run.records.evaluation(held_out=not options.everything)
        return evaluate(trained.model, pairs, trained.settings.evaluation)
