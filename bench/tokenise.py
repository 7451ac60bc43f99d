"""The tokeniser against Hugging Face's BertWordPieceTokenizer: the same ids, and lines a second of one core."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from bench import hugging_face
from bench.figures import Figure, median
from vocab.wordpiece import SPECIAL, WordPieceTokenizer

LINES_PER_SECOND = 100_000
MOST_LINES = 200_000
BATCH = 1024
SPECIAL_PIECE = re.compile("|".join(map(re.escape, SPECIAL)))  # plain text here, but not for the yardstick


def same_ids(name: str, pieces: Sequence[str], profile: str, texts: Sequence[str]) -> Figure:
    """Counts texts, of at most MOST_LINES, that get other ids."""
    lines = [text for text in texts[:: len(texts) // MOST_LINES + 1] if not SPECIAL_PIECE.search(text)]
    ours, theirs = WordPieceTokenizer(pieces, profile), hugging_face.tokenizer(pieces, profile)
    others = sum(
        int((ours.encode(batch) != hugging_face.encode(theirs, batch)).any(axis=1).sum()) for batch in _batches(lines)
    )
    return Figure(f"{name}: of {len(lines):,} lines, with other ids than BertWordPieceTokenizer's", others, at_most=0)


def speed(pieces: Sequence[str], profile: str, texts: Sequence[str], repeats: int) -> Iterator[Figure]:
    """CPU time, of which each tokeniser uses one thread's. The first line meets only unseen words."""
    batches = list(_batches(texts[:MOST_LINES]))
    rounds = [
        (
            _rate(WordPieceTokenizer(pieces, profile).encode, batches),
            _rate(hugging_face.tokenizer(pieces, profile).encode_batch, batches),
        )
        for _ in range(repeats)
    ]
    ours, theirs = zip(*rounds, strict=True)
    lines = f"of {sum(map(len, batches)):,} lines, a second and core"
    yield Figure(f"WordPieceTokenizer.encode {lines}", median(ours), at_least=LINES_PER_SECOND)
    yield Figure(f"BertWordPieceTokenizer.encode_batch {lines}", median(theirs))
    yield Figure("WordPieceTokenizer / BertWordPieceTokenizer", median([our / their for our, their in rounds]), "x")


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(texts)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _rate(encode: Callable[[list[str]], object], batches: Sequence[list[str]]) -> float:
    begin = time.process_time()
    for batch in batches:
        encode(batch)
    return sum(map(len, batches)) / (time.process_time() - begin)
