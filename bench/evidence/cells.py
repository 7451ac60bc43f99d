"""A cell: one model, of a corpus, settings and a seed, and all that is measured of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from bench.evidence.corpora import Corpus

VERSION = 1  # grows where data, towers or measures change, so that all cells are measured again
STEPS = 400


@dataclass(frozen=True)
class Cell:
    """A model to train: its corpus, its settings over the config, its seed, and whether names in all languages count."""

    corpus: Corpus = Corpus()
    settings: tuple[str, ...] = ()
    steps: int = STEPS
    seed: int = 0
    languages: bool = False
    keep: bool = False  # the model is wanted after it was measured

    def key(self, facts: dict[str, object]) -> str:
        """A name by all that determines what is measured; `facts` are those of the pictures."""
        content: dict[str, Any] = asdict(self)
        del content["keep"]
        return hashlib.sha256(json.dumps([VERSION, content, facts], sort_keys=True).encode()).hexdigest()[:12]
