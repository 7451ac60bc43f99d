"""The tokeniser, against Hugging Face's on the same vocabulary."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.tokenize.api import TokenizerI
from tokenizers import BertWordPieceTokenizer, normalizers

from tests.support.real_text import ANY_TEXT, REAL_TEXTS
from vocab.wordpiece import LONGEST_WORD, SPECIAL, WordPieceTokenizer
from vocab.words import tokens

WORDS = [
    "the",
    "a",
    "red",
    "##s",
    "##er",
    "straße",
    "strasse",
    "中",
    "##中",
    "한",
    "국",
    "##국",
    "سلام",
    "##ام",
    "cafe",
]
LETTERS = [*"abcdefghijklmnopqrstuvwxyzßéñü0123456789.,!?'-#&$[]한국어パハ", "\u0301", "\u0628"]
PIECES = list(dict.fromkeys([*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), *WORDS]))
MOST_LINES = 80_000


def reference(pieces: Sequence[str], profile: str) -> BertWordPieceTokenizer:
    """Special pieces in a text are plain text here too."""
    uncased = profile == "uncased"
    made = BertWordPieceTokenizer(
        {piece: number for number, piece in enumerate(pieces)}, lowercase=True, strip_accents=uncased
    )
    if not uncased:
        made.normalizer = normalizers.Sequence([normalizers.NFC(), made.normalizer])
    made.enable_truncation(64)
    made.enable_padding(length=64)
    return made


def texts_of(path: Path) -> list[str]:
    """All files together have over 100,000; without what Hugging Face takes for special pieces."""
    texts = pq.read_table(path, columns=["text"])["text"]
    return [text for text in texts[:: len(texts) // MOST_LINES + 1].to_pylist() if text and "[" not in text]


@pytest.fixture(scope="module", params=["uncased", "multilingual"])
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def vocabulary(texts: Sequence[str], profile: str) -> list[str]:
    """Made without our learner: every other word, and the beginnings and ends of the others."""
    words = dict.fromkeys(word for text in texts for word in tokens(text, profile))
    some = [
        piece for word in islice(words, 0, None, 2) for piece in (word, word[:3], f"##{word[-2:]}", f"##{word[3:5]}")
    ]
    return list(dict.fromkeys([*PIECES, *(piece for piece in some if piece.strip("#"))]))


@pytest.mark.slow
@pytest.mark.parametrize("path", REAL_TEXTS, ids=lambda path: path.stem)
def test_ids_equal_hugging_face_on_real_lines(path: Path, profile: str) -> None:
    texts = texts_of(path)
    pieces = vocabulary(texts, profile)
    theirs = [encoding.ids for encoding in reference(pieces, profile).encode_batch(texts)]
    assert np.array_equal(WordPieceTokenizer(pieces, profile).encode(texts), theirs)


@given(ANY_TEXT)
def test_ids_equal_hugging_face_on_any_text(text: str) -> None:
    text = text.replace("[", "(")
    for profile in ("uncased", "multilingual"):
        theirs = reference(PIECES, profile).encode(text).ids
        assert WordPieceTokenizer(PIECES, profile).encode([text]).tolist() == [theirs]


def test_words_of_all_lengths() -> None:
    tokenizer, theirs = WordPieceTokenizer(PIECES), reference(PIECES, "uncased")
    for length in (1, 63, 64, LONGEST_WORD - 1, LONGEST_WORD, LONGEST_WORD + 1, 1_000_000):
        assert tokenizer.encode(["a" * length]).tolist() == [theirs.encode("a" * length).ids]
    assert tokenizer.tokenize("a" * LONGEST_WORD) == ["a"] + ["##a"] * 99
    assert tokenizer.tokenize("a" * (LONGEST_WORD + 1)) == ["[UNK]"]


@pytest.mark.parametrize(("words", "length", "kept"), [(61, 64, 61), (62, 64, 62), (63, 64, 62), (5, 2, 0), (1, 3, 1)])
def test_a_row_has_room_for_all_but_two_pieces(words: int, length: int, kept: int) -> None:
    tokenizer = WordPieceTokenizer(PIECES)
    (row,) = tokenizer.encode(["red " * words], length)
    red, (pad, _, begin, end, _) = PIECES.index("red"), range(5)
    assert row.dtype == np.int32
    assert row.tolist() == [begin, *[red] * kept, end, *[pad] * (length - 2 - kept)]


def test_no_texts_and_no_room() -> None:
    tokenizer = WordPieceTokenizer(PIECES)
    assert tokenizer.encode([]).shape == (0, 64)
    with pytest.raises(ValueError, match="length: 1 has no room"):
        tokenizer.encode(["red"], 1)


@given(st.lists(st.sampled_from(["the red car", "cafés", "CAR, car!", "a b c 1 2 3"])))
def test_decoding_gives_the_tokens_back(texts: list[str]) -> None:
    tokenizer = WordPieceTokenizer(PIECES)
    for text, row in zip(texts, tokenizer.encode(texts), strict=True):
        assert tokenizer.decode(row) == " ".join(tokens(text))


def test_special_pieces_in_a_text_are_plain_text() -> None:
    assert WordPieceTokenizer(PIECES).tokenize("[SEP]") == ["[", "s", "##e", "##p", "]"]


def test_lone_surrogates_and_bytes_that_are_no_text() -> None:
    tokenizer = WordPieceTokenizer(PIECES)
    assert tokenizer.tokenize("red \ud800 car")[0] == "red"
    assert tokenizer.encode([b"red \xff\xfe car"]).shape == (1, 64)
    assert np.array_equal(tokenizer.encode(["the red straße".encode()]), tokenizer.encode(["the red straße"]))


def test_it_is_a_tokenizer_of_nltk() -> None:
    tokenizer: TokenizerI = WordPieceTokenizer(PIECES)
    assert tokenizer.tokenize_sents(["red cars", "the"]) == [["red", "c", "##a", "##r", "##s"], ["the"]]


@pytest.mark.slow
def test_batches_within_a_dataset() -> None:
    import tensorflow as tf

    tokenizer, texts = WordPieceTokenizer(PIECES), ["the red car", "straße 한국", "", "a" * 200]
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(2)
    dataset = dataset.map(lambda batch: tf.numpy_function(tokenizer.encode, [batch], tf.int32))
    assert np.array_equal(np.concatenate(list(dataset.as_numpy_iterator())), tokenizer.encode(texts))


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_any_vocabulary_file_of_bert_loads(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "vocab.txt"
    file.write_text("\r\n".join(PIECES) + ending if ending == "\r\n" else "\n".join(PIECES) + ending, newline="")
    for path in (file, tmp_path):
        tokenizer = WordPieceTokenizer.load(path)
        assert (tokenizer.pieces, tokenizer.profile, len(tokenizer)) == (PIECES, "uncased", len(PIECES))


def test_the_profile_is_the_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(PIECES))
    (tmp_path / "vocab.json").write_text(json.dumps({"profile": "multilingual"}))
    assert WordPieceTokenizer.load(tmp_path).profile == "multilingual"
    assert WordPieceTokenizer.load(tmp_path, "uncased").profile == "uncased"
    (tmp_path / "vocab.json").write_text(json.dumps({"profile": "cased"}))
    with pytest.raises(ValueError, match="no such profile 'cased'; the choices are uncased, multilingual"):
        WordPieceTokenizer.load(tmp_path)


@pytest.mark.parametrize(
    ("pieces", "fault"),
    [
        ([*SPECIAL, "a", "b", "a"], "'a' is in line 6 and again in line 8"),
        ([*SPECIAL, "a", "", "b"], "line 7 is empty"),
        (["a", "b", "[UNK]", "[MASK]"], r"it has no \[PAD\], \[CLS\], \[SEP\]"),
        ([""], r"it has no \[PAD\], \[UNK\]"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, pieces: list[str], fault: str) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(pieces))
    with pytest.raises(ValueError, match=fault) as caught:
        WordPieceTokenizer.load(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/vocab.txt: ")
