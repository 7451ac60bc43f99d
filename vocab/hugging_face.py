"""A vocabulary as files with which Hugging Face's loaders give the ids of `WordPieceTokenizer`.

Raw texts and canonical ones give the same ids, except raw texts with marks that are newer than Unicode 13 and out of
order. Rows of 64 take `truncation=True, padding="max_length"`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from vocab.wordpiece import CLS, INSIDE, LONGEST_WORD, MASK, PAD, SEP, UNK

TOKENIZER, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"
LENGTH = 64  # tokens of a text, as in the paper


def tokenizer_files(pieces: Sequence[str], profile: str) -> dict[str, bytes]:
    """The content of `tokenizer.json` and `tokenizer_config.json`, by name. Equal vocabularies give equal bytes."""
    contents = {TOKENIZER: _tokenizer(pieces, profile), TOKENIZER_CONFIG: _config(profile)}
    return {
        name: (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode() for name, content in contents.items()
    }


def _tokenizer(pieces: Sequence[str], profile: str) -> dict[str, Any]:
    """Adds no added tokens: Hugging Face looks for these in a text, where `[SEP]` is plain text."""
    ids = {piece: number for number, piece in enumerate(pieces)}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": _normalizer(profile),
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_special(CLS, 0), _sequence("A", 0), _special(SEP, 0)],
            "pair": [_special(CLS, 0), _sequence("A", 0), _special(SEP, 0), _sequence("B", 1), _special(SEP, 1)],
            "special_tokens": {name: {"id": name, "ids": [ids[name]], "tokens": [name]} for name in (CLS, SEP)},
        },
        "decoder": {"type": "WordPiece", "prefix": INSIDE, "cleanup": False},
        "model": {
            "type": "WordPiece",
            "unk_token": UNK,
            "continuing_subword_prefix": INSIDE,
            "max_input_chars_per_word": LONGEST_WORD,
            "vocab": ids,
        },
    }


def _normalizer(profile: str) -> dict[str, Any]:
    bert = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": profile == "uncased",
        "lowercase": True,
    }
    return bert if profile == "uncased" else {"type": "Sequence", "normalizers": [{"type": "NFC"}, bert]}


def _special(name: str, part: int) -> dict[str, Any]:
    return {"SpecialToken": {"id": name, "type_id": part}}


def _sequence(name: str, part: int) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": part}}


def _config(profile: str) -> dict[str, Any]:
    """Flags for loaders that rebuild the tokenizer from them.

    Transformers adds the special tokens again; `split_special_tokens` keeps it from finding them in a text. Its version
    5 has `BertTokenizerFast` take only the pieces from tokenizer.json, so that NFC would be lost, unless the config
    trusts the folder's code, and the folder holds none.
    """
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "do_lower_case": True,
        "strip_accents": profile == "uncased",
        "tokenize_chinese_chars": True,
        "split_special_tokens": True,
        "trust_remote_code": True,
        "model_max_length": LENGTH,
        "pad_token": PAD,
        "unk_token": UNK,
        "cls_token": CLS,
        "sep_token": SEP,
        "mask_token": MASK,
    }
