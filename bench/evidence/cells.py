"""A cell: one model, of a corpus, settings and a seed, and all that is measured of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bench.evidence.corpora import Corpus
from bench.evidence.material import short_hash

VERSION = 1  # grows where data, towers or measures change, so that all cells are measured again
STEPS = 400


@dataclass(frozen=True)
class Cell:
    """A model to train: its corpus, settings over the config, and seed; and whether to measure all languages."""

    corpus: Corpus = Corpus()
    settings: tuple[str, ...] = ()
    steps: int = STEPS
    seed: int = 0
    languages: bool = False
    keep: bool = False  # the model is wanted after it was measured

    def key(self, pictures: str) -> str:
        """A name by all that determines what is measured; `pictures` is that of the pictures."""
        content: dict[str, Any] = asdict(self)
        del content["keep"]
        return short_hash([VERSION, content, pictures])
