"""The statement's part about texts: canonical text, words, n-grams, their hashes and the frequent ones.

The references are HF tokenizers and nltk; the hash and the cut are written out as the contract defines them.
"""

from __future__ import annotations

import html
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain

from nltk.util import ngrams as nltk_ngrams
from tokenizers import normalizers, pre_tokenizers


def canonical(text: str | None) -> str:
    return " ".join(unicodedata.normalize("NFC", html.unescape(text or "")).split())


@cache
def bert(profile: str) -> normalizers.Normalizer:
    if profile == "uncased":
        return normalizers.BertNormalizer(strip_accents=True, lowercase=True)
    return normalizers.Sequence([normalizers.NFC(), normalizers.BertNormalizer(strip_accents=False, lowercase=True)])


def tokens(text: str, profile: str) -> list[str]:
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str(bert(profile).normalize_str(text))
    return [token for token, _ in split]


@cache
def words(text: str, profile: str) -> tuple[str, ...]:
    return tuple(token for token in tokens(text, profile) if any(c.isalnum() for c in token))


def ngrams(text: str, profile: str) -> list[tuple[str, ...]]:
    """By position; at a position the unigram before the bigram that starts there."""
    unigrams = list(nltk_ngrams(words(text, profile), 1))
    bigrams = list(nltk_ngrams(words(text, profile), 2))
    return [gram for pair in zip(unigrams, bigrams, strict=False) for gram in pair] + unigrams[len(bigrams) :]


def mix(h: int) -> int:
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        h = (h ^ (h >> 33)) * factor % 2**64
    return h ^ (h >> 33)


def fingerprint(word: str) -> int:
    h = 0xCBF29CE484222325
    for byte in word.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return mix(h)


def gram_fingerprint(gram: tuple[str, ...]) -> int:
    first, *second = map(fingerprint, gram)
    return mix((first * 0x9E3779B97F4A7C15 + second[0]) % 2**64) if second else first


def frequent(counts: Mapping[tuple[str, ...], int], top_k: int, min_count: int) -> set[tuple[str, ...]]:
    enough = [gram for gram, count in counts.items() if count >= min_count]
    if len(enough) > top_k:
        enough = sorted(enough, key=lambda gram: (-counts[gram], gram_fingerprint(gram)))[:top_k]
    return set(enough)


def count_ngrams(texts: Iterable[str], profile: str) -> Counter[tuple[str, ...]]:
    return Counter(chain.from_iterable(ngrams(text, profile) for text in texts))
