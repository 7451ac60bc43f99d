"""The yardsticks of the vocabulary: Hugging Face's trainer and tokeniser, with the settings of our profiles."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import numpy as np
from tokenizers import BertWordPieceTokenizer, Tokenizer, models, normalizers, pre_tokenizers, trainers

from vocab.wordpiece import INSIDE, SPECIAL, UNK

LENGTH = 64  # ids of a text


def train(texts: Iterable[str], size: int, characters: int | None, profile: str) -> list[str]:
    """The vocabulary that WordPieceTrainer learns: `size` pieces, from an alphabet of at most `characters`."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNK))
    tokenizer.normalizer, tokenizer.pre_tokenizer = _normalizer(profile), pre_tokenizers.BertPreTokenizer()
    limit = {} if characters is None else {"limit_alphabet": characters}
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        special_tokens=list(SPECIAL),
        continuing_subword_prefix=INSIDE,
        show_progress=False,
        **limit,
    )
    tokenizer.train_from_iterator(texts, trainer)
    numbers = tokenizer.get_vocab()
    return sorted(numbers, key=numbers.__getitem__)


def tokenizer(pieces: Sequence[str], profile: str) -> BertWordPieceTokenizer:
    """BertWordPieceTokenizer with these pieces, to rows of LENGTH ids, on one thread."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    made = BertWordPieceTokenizer({piece: number for number, piece in enumerate(pieces)})
    made.normalizer = _normalizer(profile)
    made.enable_truncation(LENGTH)
    made.enable_padding(length=LENGTH)
    return made


def encode(tokenizer: BertWordPieceTokenizer, texts: list[str]) -> np.ndarray:
    """Encodes texts, int32 (texts, LENGTH)."""
    return np.array([encoding.ids for encoding in tokenizer.encode_batch(texts)], np.int32)


def _normalizer(profile: str) -> normalizers.Normalizer:
    uncased = profile == "uncased"
    bert = normalizers.BertNormalizer(lowercase=True, strip_accents=uncased)
    return bert if uncased else normalizers.Sequence([normalizers.NFC(), bert])
