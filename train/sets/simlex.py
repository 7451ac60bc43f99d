"""SimLex-999: pairs of words, and people's similarity of them (Hill et al. 2015)."""

from __future__ import annotations

from dataclasses import dataclass

from train.sets.files import BadSet, read_table

COLUMNS = ("word1", "word2", "SimLex999", "POS", "concQ", "SimAssoc333")


@dataclass(frozen=True)
class RatedWords:
    """Two words and their similarity, from 0 to 10: their part of speech (A, N, V), the quartile of their concreteness
    (1 to 4, the most concrete), and whether they are in the third of all pairs that are associated most.
    """

    first: str
    second: str
    score: float
    part: str
    quartile: int
    associated: bool


def read_words(file: str) -> list[RatedWords]:
    """Reads `SimLex-999.txt`, with tabs between fields. Raises BadSet, NotThere."""
    rows = read_table(file, COLUMNS, "\t")
    try:
        return [
            RatedWords(first, second, float(score), part, int(quartile), associated == "1")
            for first, second, score, part, quartile, associated in rows
        ]
    except ValueError as error:
        raise BadSet(f"{file}: {error}") from error
