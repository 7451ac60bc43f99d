"""A small vocabulary and words for the tests of its fit, counted one by one with HF's WordPiece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from random import Random

import pyarrow as pa
from tokenizers.models import WordPiece

from vocab.quality import Fit, Quality
from vocab.wordpiece import SPECIAL, UNK, WordPieceTokenizer

Word = tuple[str | None, str, int]  # language, word, count
LETTERS = "abcd"
PIECES = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
PIECES += ["ab", "##cd", "abc", "##ab", "dad", "cab", "##dd", "bad", "##zz", "abcdabcd", "zz", "##abcd", "adda", "e"]
LEARNED = [piece for piece in PIECES[13:] if piece != "e"]


def table(words: Iterable[Word]) -> pa.Table:
    kinds = (("language", pa.string()), ("word", pa.string()), ("count", pa.int64()))
    columns = list(zip(*words, strict=True)) or [[], [], []]
    return pa.table({name: pa.array(column, kind) for (name, kind), column in zip(kinds, columns, strict=True)})


def measured(words: Iterable[Word], pieces: list[str] = PIECES) -> Quality:
    quality = Quality(WordPieceTokenizer(pieces))
    quality.add(table(words))
    return quality


def split(words: Iterable[Word], pieces: list[str]) -> list[tuple[str | None, list[str], int]]:
    """The pieces of each word by HF, as [UNK] or as they are."""
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    model = WordPiece(vocabulary, unk_token=UNK, max_input_chars_per_word=100)
    return [(language, [token.value for token in model.tokenize(word)], count) for language, word, count in words]


def plain_fit(words: Iterable[Word], pieces: list[str] = PIECES) -> Fit:
    """Adds up one occurrence after the other."""
    fit = Fit()
    for _, found, count in split(words, pieces):
        for _ in range(count):
            fit.words += 1
            fit.pieces += len(found)
            fit.unknown += found == [UNK]
            fit.whole += len(found) == 1 and found != [UNK]
    return fit


def plain_uses(words: Iterable[Word], pieces: list[str] = PIECES, whole: bool = False) -> Counter[str]:
    """Counts each piece; `whole`: only as a word of its own."""
    uses: Counter[str] = Counter()
    for _, found, count in split(words, pieces):
        for piece in found if not whole or (len(found) == 1 and found != [UNK]) else []:
            uses[piece] += count
    return uses


def random_words(seed: int, languages: list[str | None], rows: int = 400) -> list[Word]:
    random = Random(seed)
    distinct = {
        (random.choice(languages), "".join(random.choices("abcdé", (9, 9, 9, 9, 1), k=random.randint(1, 9))))
        for _ in range(rows)
    }
    return [(*key, random.randint(1, 40)) for key in sorted(distinct, key=repr)]


WORDS = random_words(0, ["en", "de", "zh-Hant", None])
