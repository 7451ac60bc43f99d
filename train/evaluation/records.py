"""The measurement of retrieval among records, such as the pipeline writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from train.measures.captions import retrieval_lines, tie_notes
from train.measures.result import Measured

if TYPE_CHECKING:
    from train.evaluate import Retrieval
    from train.evaluation.trained_towers import TrainedTowers
    from train.trained import Trained


@dataclass(frozen=True)
class RecordSet:
    """TFRecord files (paths); all their pictures, or only held-out ones."""

    shards: Sequence[str]
    held_out: bool

    def measure(self, towers: TrainedTowers) -> Measured:
        """Raises NoRecords, TooFewPictures."""
        return measured(retrieval(towers.trained, self.shards, self.held_out))


def measured(found: Retrieval) -> Measured:
    """Recalls as the measures of a set."""
    counts = {"pictures": found.image_to_text.queries, "captions": found.text_to_image.queries}
    directions = found.image_to_text, found.text_to_image
    return Measured(retrieval_lines(*directions), counts, notes=tie_notes(*directions))


def retrieval(trained: Trained, shards: Sequence[str], held_out: bool) -> Retrieval:
    """Recalls of both directions, for as many pictures as the settings allow. Raises NoRecords, TooFewPictures."""
    from train.data import damage_named
    from train.evaluate import evaluate
    from train.run import Run, check_records

    run = Run(shards, trained.tokenizer, "", trained.settings, "")
    check_records(run.shards)
    with damage_named(run.shards):
        return evaluate(trained.model, run.records.evaluation(held_out=held_out), trained.settings.evaluation)
