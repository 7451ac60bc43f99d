"""The words of texts: one and the same for all who split them, and counted in ranges that hold every word once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from pipeline.commands.vocab.words import add_up, by_range
from tests.support.real_text import ANY_TEXT
from vocab.canonical import canonical_text, canonical_texts
from vocab.characters import PROFILES, load
from vocab.hashing import hash_words, marks_in_order
from vocab.ngrams import hash_word
from vocab.wordpiece import SPECIAL, WordPieceTokenizer
from vocab.words import split_lines, tokens, words


@pytest.mark.slow
@settings(max_examples=30)
@given(ANY_TEXT)
def test_all_users_of_a_text_see_the_same_words(text: str) -> None:
    """The count of the vocabulary, the tokeniser, and the n-grams of the rules."""
    canonical = canonical_text(text.encode(errors="replace").decode())
    for profile in PROFILES:
        expected = tokens(canonical, profile)
        column = marks_in_order(canonical_texts(pa.array([canonical])), load(profile))
        assert split_lines(column.to_pylist(), profile) == expected
        short = [token for token in expected if len(token) <= 100 and not token.startswith("##")]
        tokenizer = WordPieceTokenizer(list(dict.fromkeys([*SPECIAL, *short])), profile)
        assert [piece for piece in tokenizer.tokenize(canonical) if piece != "[UNK]"] == short
        hashes = hash_words(pa.array([canonical]), load(profile)).hashes
        assert hashes.tolist() == [hash_word(word) for word in words(canonical, profile)]


def test_ranges_hold_every_row_once() -> None:
    rng = np.random.default_rng(0)
    table = pa.table(
        {
            "language": pa.array(rng.choice(["en", "de"], 5000).tolist(), pa.string()),
            "word": [f"w{number}" for number in rng.integers(0, 999, 5000)],
            "count": pa.array(rng.integers(1, 9, 5000), pa.int64()),
        }
    )
    parts = dict(by_range(table))
    assert sum(map(len, parts.values())) == len(table)
    homes = {word: number for number, part in parts.items() for word in part["word"].to_pylist()}
    assert all(homes[word] == number for number, part in parts.items() for word in part["word"].to_pylist())
    summed = {(row["language"], row["word"]): row["count"] for row in add_up(parts.values()).to_pylist()}
    expected = Counter[tuple[str, str]]()
    for row in table.to_pylist():
        expected[row["language"], row["word"]] += row["count"]
    assert summed == expected
