"""The learner of the vocabulary, against Hugging Face's trainer and by what must hold of any result."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from tests.support.real_text import REAL_TEXTS
from vocab.alphabet import character_counts, choose_alphabet, spelled_with
from vocab.learn import Learner, TooFewWords
from vocab.quality import Fit, Quality
from vocab.wordpiece import LONGEST_WORD, SPECIAL, WordPieceTokenizer
from vocab.words import tokens

COUNTS = {"banana": 9, "bandana": 7, "ban": 20, "an": 30, "cab": 2, "abba": 5, "x": 1, "!": 4, "日": 3}


def table(counts: Mapping[str, int]) -> pa.Table:
    return pa.table({"word": pa.array(counts, pa.string()), "count": pa.array(counts.values(), pa.int64())})


def alphabet_of(counts: Mapping[str, int], most: int = 1000) -> str:
    words = table(counts)
    return choose_alphabet(character_counts(words["word"].combine_chunks(), words["count"].to_numpy()), most)


def learned(counts: Mapping[str, int], most: int = 1000, **settings: int) -> list[str]:
    learner, alphabet = Learner(**settings), alphabet_of(counts, most)
    return learner.learn(learner.select(table(counts), alphabet), alphabet)


words = st.dictionaries(st.text("abcé日", min_size=1, max_size=12), st.integers(1, 10**6), min_size=1, max_size=30)


@given(words)
def test_characters_are_counted_as_python_does(counts: dict[str, int]) -> None:
    expected = Counter[str]()
    for word, times in counts.items():
        for character in word:
            expected[character] += times
    found = character_counts(pa.array(counts, pa.string()), np.array(list(counts.values())))
    assert {chr(code): int(found[code]) for code in np.flatnonzero(found)} == expected
    for most in (1, 2, 3, 9):
        ranked = sorted(expected, key=lambda character: (-expected[character], character))
        assert choose_alphabet(found, most) == "".join(ranked[:most])


@given(words, st.text("abé"))
def test_words_of_an_alphabet(counts: dict[str, int], alphabet: str) -> None:
    expected = [set(word) <= set(alphabet) for word in counts]
    assert spelled_with(pa.array(counts, pa.string()), alphabet).tolist() == expected


@given(words, st.integers(0, 40))
@pytest.mark.slow
def test_a_vocabulary_has_the_size_that_was_asked_for(counts: dict[str, int], more: int) -> None:
    """Or says the largest one, which then works."""
    alphabet = alphabet_of(counts)
    size = len(SPECIAL) + 2 * len(alphabet) + more
    try:
        pieces = learned(counts, size=size)
    except TooFewWords as error:
        size = int(str(error).split()[-2].replace(",", ""))
        pieces = learned(counts, size=size)
        with pytest.raises(TooFewWords):
            learned(counts, size=size + 1)
    assert len(pieces) == len(set(pieces)) == size
    assert pieces[: len(SPECIAL) + 2 * len(alphabet)] == [*SPECIAL, *alphabet, *(f"##{c}" for c in alphabet)]


@given(words)
def test_every_piece_merges_two_that_come_before(counts: dict[str, int]) -> None:
    alphabet = alphabet_of(counts)
    try:
        pieces = learned(counts, size=len(SPECIAL) + 2 * len(alphabet) + 5)
    except TooFewWords:
        return
    for number in range(len(SPECIAL) + 2 * len(alphabet), len(pieces)):
        before, piece = set(pieces[:number]), pieces[number]
        inside = "##" * piece.startswith("##")
        text = piece.removeprefix(inside)
        merged = any({inside + text[:cut], "##" + text[cut:]} <= before for cut in range(1, len(text)))
        assert merged or "##" + text in before  # the same inside words, now at their beginning too


def test_the_first_merge_is_the_most_frequent_pair() -> None:
    """`an` begins 30 words, and `##a ##n` is inside 9 + 9 + 7 + 7 + 20 of them."""
    start = len(SPECIAL) + 2 * len(alphabet_of(COUNTS))
    assert learned(COUNTS, size=start + 1)[start:] == ["##an"]


def test_too_small_for_its_alphabet() -> None:
    characters = len(alphabet_of(COUNTS))
    least = len(SPECIAL) + 2 * characters
    assert len(learned(COUNTS, size=least)) == least
    said = f"--size={least} is the smallest, as 5 special pieces and both forms of {characters} characters need {least}"
    with pytest.raises(TooFewWords, match=said):
        learned(COUNTS, size=least - 1)


@pytest.mark.parametrize(("least", "most", "expected"), [(1, 99, 9), (2, 99, 8), (3, 99, 7), (3, 6, 6), (3, 1, 1)])
def test_which_words_are_learned_from(least: int, most: int, expected: int) -> None:
    chosen = Learner(100, least, most).select(table(COUNTS), alphabet_of(COUNTS))
    ranked = sorted((-count, word) for word, count in COUNTS.items() if count >= least)
    assert chosen["word"].to_pylist() == [word for _, word in ranked][:most]
    assert len(chosen) == expected


def test_words_that_cannot_be_learned_from() -> None:
    """Overlong ones, those with the mark of sentencepiece, and those with a character outside the alphabet."""
    counts = {"a" * LONGEST_WORD: 5, "a" * (LONGEST_WORD + 1): 5, "a\u2581a": 5, "a" * 10**6: 2, "az": 5, "aa": 5}
    chosen = Learner(100).select(table(counts), "a\u2581")
    assert chosen["word"].to_pylist() == ["aa", "a" * LONGEST_WORD]


def test_words_that_sentencepiece_reserves() -> None:
    counts = {"a\u2581b": 50, "<unk>": 40, "</s>": 30, "\u2585a": 20, "ab": 10, "\u2047": 5}
    pieces = learned(counts, size=len(SPECIAL) + 2 * len(alphabet_of(counts)) + 1)
    assert pieces[-1] in {"##un", "##nk", "##k>", "<u", "</", "##s>", "##/s", "ab"}
    assert "\u2581" in pieces and "##\u2581" in pieces


@pytest.mark.parametrize("factor", [1, 10**6])
def test_the_same_pieces_for_any_order_and_number_of_threads(factor: int) -> None:
    random.seed(0)
    counts = {"".join(random.choices("abcdefgh", k=random.randint(1, 9))): random.randint(1, 99) for _ in range(3000)}
    usual = learned(counts, size=500)
    shuffled = random.sample(sorted(counts.items()), len(counts))
    assert learned({word: count * factor for word, count in shuffled}, size=500, threads=4) == usual


def count_words(texts: list[str]) -> Counter[str]:
    return Counter(token for text in texts for token in tokens(text))


def hugging_face(counts: Mapping[str, int], size: int) -> list[str]:
    trained = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    trained.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=[*SPECIAL], show_progress=False)
    trained.train_from_iterator([" ".join([word] * count) for word, count in counts.items()], trainer)
    return sorted(trained.get_vocab(), key=trained.token_to_id)


def fit(pieces: list[str], counts: Mapping[str, int]) -> Fit:
    quality = Quality(WordPieceTokenizer(pieces))
    quality.add(table(counts).append_column("language", pa.nulls(len(counts), pa.string())))
    return quality.total


@pytest.mark.parametrize("path", [path for path in REAL_TEXTS if "cc3m" in path.name], ids=lambda path: path.stem)
def test_as_good_as_the_trainer_of_hugging_face(path: Path) -> None:
    """Pieces a word within 1 %, and next to none unknown, on captions that neither has seen."""
    texts = pq.read_table(path)["text"].to_pylist()
    seen, held_out = count_words(texts[: -len(texts) // 10]), count_words(texts[-len(texts) // 10 :])
    ours, theirs = fit(learned(seen, size=4000), held_out), fit(hugging_face(seen, 4000), held_out)
    assert ours.fertility <= theirs.fertility * 1.01
    assert ours.unknown < ours.words * 0.0001
