"""Similarity of single words, by the text tower alone (the paper's appendix B)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from train.measures.correlation import spearman
from train.measures.result import Line, Measured
from train.measures.towers import Towers
from train.sets.files import BadSet
from train.sets.simlex import RatedWords

PARTS: Mapping[str, Callable[[RatedWords], bool]] = {
    "all": lambda pair: True,
    "adjectives": lambda pair: pair.part == "A",
    "nouns": lambda pair: pair.part == "N",
    "verbs": lambda pair: pair.part == "V",
    "concreteness 1": lambda pair: pair.quartile == 1,
    "concreteness 2": lambda pair: pair.quartile == 2,
    "concreteness 3": lambda pair: pair.quartile == 3,
    "concreteness 4": lambda pair: pair.quartile == 4,
    "hard": lambda pair: pair.associated,
}
FEWEST = 2  # pairs needed for an order


@dataclass(frozen=True)
class WordSet:
    """Pairs of words with ratings."""

    pairs: Sequence[RatedWords]

    def measure(self, towers: Towers) -> Measured:
        """Spearman's correlation of cosines with ratings, for each part with two pairs. Raises BadSet without any."""
        if len(self.pairs) < FEWEST:
            raise BadSet(f"{len(self.pairs)} word pairs; a correlation needs {FEWEST}")
        vectors = towers.words([word for pair in self.pairs for word in (pair.first, pair.second)])
        cosines = np.einsum("ij,ij->i", vectors[::2], vectors[1::2])
        ratings = np.array([pair.score for pair in self.pairs])
        lines = []
        for name, belongs in PARTS.items():
            part = np.array([belongs(pair) for pair in self.pairs], bool)
            if part.sum() >= FEWEST:
                lines.append(Line(name, ("Spearman",), (spearman(cosines[part], ratings[part]),)))
        return Measured(tuple(lines), {"word pairs in all": len(self.pairs)})
