"""SimLex-999: its file, its nine parts against values worked out by hand, and the vectors of words."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import spearmanr

from pipeline.commands.train.evaluate.sets import read_sets
from tests.support.evaluation import FakeTowers, sets_file, write
from tests.support.statement_bert import bert
from tests.support.training import tokenizer
from train.config import TextTower
from train.embedding import embed_words
from train.evaluation.published import ALIGN
from train.measures.word_similarity import PARTS, WordSet
from train.sets.files import BadSet, NotThere
from train.sets.simlex import RatedWords, read_words
from train.towers import text_tower

pytestmark = pytest.mark.slow

HEADER = "word1\tword2\tPOS\tSimLex999\tconc(w1)\tconc(w2)\tconcQ\tAssoc(USF)\tSimAssoc333\tSD(SimLex)\n"
ROWS = "cold\twarm\tA\t1.5\t2.7\t2.8\t2\t7.2\t1\t0.4\ncup\tmug\tN\t9.25\t4.9\t4.8\t4\t0\t0\t1.3\n"

# The angle between the words of each pair is the number in the second one's name
DIRECTIONS = {"here": 0, **{f"at {degrees}": degrees for degrees in (5, 10, 20, 30, 40, 50, 60)}}
PAIRS = [
    RatedWords("here", "at 5", 3, "A", 1, True),
    RatedWords("here", "at 10", 9, "N", 1, True),
    RatedWords("here", "at 20", 8, "N", 2, False),
    RatedWords("here", "at 30", 1, "N", 2, False),
    RatedWords("here", "at 40", 2, "N", 3, True),
    RatedWords("here", "at 50", 7, "V", 3, False),
    RatedWords("here", "at 60", 6, "V", 3, False),
]


def test_pairs_are_read_as_the_file_has_them(tmp_path: Path) -> None:
    found = read_words(write(tmp_path / "SimLex-999.txt", HEADER + ROWS))
    assert found == [RatedWords("cold", "warm", 1.5, "A", 2, True), RatedWords("cup", "mug", 9.25, "N", 4, False)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("word1,word2\n", "no column word1, word2, SimLex999, POS, concQ, SimAssoc333; its columns are word1,word2"),
        (HEADER + "cold\twarm\n", "line 2 has 2 fields; the header has 10"),
        (HEADER + ROWS.replace("9.25", "high"), "could not convert string to float: 'high'"),
        (HEADER + ROWS.replace("\t4\t0", "\tq4\t0"), "invalid literal"),
    ],
)
def test_files_of_another_kind_are_refused(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(BadSet, match=says):
        read_words(write(tmp_path / "SimLex-999.txt", content))
    with pytest.raises(NotThere, match=r"none\.txt: no such file"):
        read_words(f"{tmp_path}/none.txt")


def test_each_part_by_hand() -> None:
    """Pairs further down are less alike to the model. People: nouns 9, 8, 1, 2, of which two change places, verbs 7, 6.

    There is one adjective, which has no order, and nothing of the fourth quartile.
    """
    found = WordSet(PAIRS).measure(FakeTowers(DIRECTIONS))
    values = {line.name: line.values[0] for line in found.lines}
    assert {*values} == {*PARTS} - {"adjectives", "concreteness 4"}
    assert values["nouns"] == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert values["verbs"] == values["concreteness 2"] == pytest.approx(1)
    assert values["concreteness 1"] == pytest.approx(-1)
    assert values["concreteness 3"] == pytest.approx(1 - 6 * (2**2 + 1 + 1) / (3 * 8))
    assert values["hard"] == pytest.approx(1 - 6 * (1 + 1) / (3 * 8))
    assert values["all"] == pytest.approx(spearmanr([7, 6, 5, 4, 3, 2, 1], [pair.score for pair in PAIRS]).statistic)
    assert dict(found.counts) == {"word pairs in all": 7}


@pytest.mark.parametrize("pairs", [PAIRS[:0], PAIRS[:1]])
def test_fewer_than_two_pairs_have_no_correlation(pairs: list[RatedWords]) -> None:
    with pytest.raises(BadSet, match=f"{len(pairs)} word pairs; a correlation needs 2"):
        WordSet(pairs).measure(FakeTowers(DIRECTIONS))
    assert len(WordSet(PAIRS[:2]).measure(FakeTowers(DIRECTIONS)).lines) == 3


def test_a_set_of_words_stands_beside_the_papers_nine(tmp_path: Path) -> None:
    write(tmp_path / "pairs.txt", HEADER + ROWS)
    settings = read_sets(sets_file(tmp_path, mine={"kind": "words", "paper": "simlex", "pairs": "pairs.txt"}), None, ())
    found = settings["mine"].read().measure(FakeTowers({"cold": 0, "warm": 9, "cup": 0, "mug": 4}))
    assert [(line.name, line.values) for line in found.lines] == [("all", (pytest.approx(1),))]
    assert {*ALIGN["simlex"]} == {*PARTS}


def test_a_word_is_the_first_vector_before_the_linear_layer() -> None:
    tower = text_tower(TextTower("tiny", length=8), len(tokenizer()), 16)
    random = np.random.default_rng(0)
    tower.set_weights([random.normal(0, 0.3, value.shape) for value in tower.get_weights()])
    weights = {layer.name: [value.astype(float) for value in layer.get_weights()] for layer in tower.layers}
    trained = SimpleNamespace(
        model=SimpleNamespace(texts=tower), tokenizer=tokenizer(), settings=SimpleNamespace(text=TextTower(length=8))
    )
    words = ["red", "blue", "cat"]
    expected = bert(weights, tokenizer().encode(words, 8), layers=2)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(embed_words(trained, words), expected, atol=1e-5)
    assert np.abs(expected[0] - expected[1]).max() > 0.01
