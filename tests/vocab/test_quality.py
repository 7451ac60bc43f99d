"""Fit of a vocabulary to its words, against a plain count."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.vocab_words import LEARNED, PIECES, WORDS, Word, measured, plain_fit, plain_uses, table
from vocab.quality import Fit, Quality
from vocab.wordpiece import UNK, WordPieceTokenizer

WORD_ROWS = st.lists(
    st.tuples(st.sampled_from(["en", "de", None]), st.text("abcdé", min_size=1, max_size=9), st.integers(1, 9))
)


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(WORD_ROWS, max_size=3), st.sets(st.sampled_from(LEARNED)))
def test_quality_is_that_of_a_plain_count(tables: list[list[Word]], learned: set[str]) -> None:
    pieces = [*PIECES[:13], *sorted(learned)]
    quality, words = Quality(WordPieceTokenizer(pieces)), [word for rows in tables for word in rows]
    for rows in tables:
        quality.add(table(rows))
    assert quality.total == plain_fit(words, pieces)
    for language in {word[0] for word in words} - {None}:
        assert quality.languages[language] == plain_fit([word for word in words if word[0] == language], pieces)
    assert set(quality.languages) == {word[0] for word in words} - {None}
    uses, whole = plain_uses(words, pieces), plain_uses(words, pieces, whole=True)
    assert dict(zip(pieces, quality.used.tolist(), strict=True)) == {piece: uses[piece] for piece in pieces}
    for size in range(len(pieces) + 1):
        covered = sum(whole[piece] for piece in pieces[:size])
        assert quality.covered(size) == covered
        assert quality.coverage(size) == (covered / quality.total.words if words else 0)


def test_quality_reads_tables_of_many_chunks() -> None:
    chunked = pa.concat_tables([table(WORDS[start : start + 7]) for start in range(0, len(WORDS), 7)])
    quality = Quality(WordPieceTokenizer(PIECES))
    quality.add(chunked)
    assert chunked["word"].num_chunks > 9 and quality.total == plain_fit(WORDS)


def test_a_word_over_100_characters_is_unknown() -> None:
    quality = measured([("en", "a" * 100, 2), ("en", "a" * 101, 3), ("en", UNK, 5)])
    assert quality.total == Fit(words=10, pieces=208, unknown=8, whole=0)
    assert quality.used[PIECES.index(UNK)] == 8 and not quality.whole.any()


def test_counts_are_whole_numbers_however_large() -> None:
    quality = measured([("en", "abc", 10**14 + 1), ("en", "ddc", 10**14 + 2)])
    assert quality.used[PIECES.index("abc")] == 10**14 + 1 and quality.total.words == 2 * 10**14 + 3
    assert quality.used.dtype == np.int64
