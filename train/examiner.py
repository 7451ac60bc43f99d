"""Recall and loss on pairs that aren't trained on, on the way and at the end of a training.

The towers are measured as they would be saved: batch normalisation goes by its moving statistics.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from train.chance import candidates
from train.config import Train
from train.data import Records, damage_named
from train.evaluate import Retrieval, Sample, retrieval, sample, wanted
from train.loss import contrastive_loss
from train.model import DualEncoder
from train.retrieval import NotMeasured


@dataclass(frozen=True)
class Examined:
    """The recalls, and the loss with the number of candidates of each query in it."""

    retrieval: Retrieval
    loss: float
    candidates: int


class Examiner:
    """Measures a model, always on the same pairs: those of `records` that are held out, or all."""

    def __init__(self, records: Records, held_out: bool, settings: Train) -> None:
        self.records, self.held_out, self.settings = records, held_out, settings
        self.pairs: tf.data.Dataset | None = None
        self.says = ""  # how many pictures and captions are measured, once they are counted

    def keep(self) -> NotMeasured | None:
        """Takes the records that are measured into memory, to find them once; returns why nothing can be measured.

        Raises TrainingError for damaged files.
        """
        kept = list(wanted(self.records.readable(self.held_out), self.settings.evaluation))
        self.pairs = self.records.given([pair.record for pair in kept])
        counted = self.too_few(len({pair.image_id for pair in kept}))
        self.says = f"{counted.reason} with {len(kept):,} captions"
        return counted if counted.pictures < 2 else None

    def measure(self, model: DualEncoder) -> Examined:
        """Measures `model`. Raises TooFewPictures, and TrainingError for damaged files."""
        with damage_named(self.records.shards):
            pairs = self.records.evaluation(self.held_out) if self.pairs is None else self.pairs
            found = sample(model, pairs, self.settings.evaluation)
        return Examined(retrieval(found), *held_out_loss(model, found, self.settings))

    def too_few(self, pictures: int) -> NotMeasured:
        """The reason why nothing is measured on so few pictures."""
        return NotMeasured(pictures, "held-out" if self.held_out else "test")


def held_out_loss(model: DualEncoder, found: Sample, settings: Train) -> tuple[float, int]:
    """The mean loss of whole batches of pictures, each with its first caption, and the candidates of a query in it.

    A batch is as in training, or with a queue as many pairs as a query has candidates there. Fewer pictures are one
    batch. No picture occurs twice, as then some wrong candidates would be right ones.
    """
    _, first = np.unique(found.image_of_text, return_index=True)
    texts, queue = found.texts[first], settings.queue.size
    size = min(len(texts), queue + 1 if queue else settings.batch)
    how = model.temperature, settings.loss.smoothing, settings.loss.negatives
    batches = [slice(begin, begin + size) for begin in range(0, len(texts) - size + 1, size)]
    losses = [float(contrastive_loss(found.images[part], texts[part], *how)) for part in batches]
    return float(np.mean(losses)), candidates(size, settings.loss.negatives)
