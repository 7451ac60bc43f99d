"""The files beside a vocabulary: Hugging Face's loaders give the ids of our tokeniser, whatever the text."""

from __future__ import annotations

import json
import random
import socket
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from tokenizers import Tokenizer

from tests.support.real_text import ANY_TEXT, FOLDER
from tests.vocab.test_wordpiece import PIECES, vocabulary
from vocab.characters import PROFILES
from vocab.hugging_face import tokenizer_files
from vocab.wordpiece import LONGEST_WORD, SPECIAL, WordPieceTokenizer

NAMES = FOLDER / "openmoji_cldr_names.parquet"
LANGUAGES, LINES = 25, 800  # languages, and lines in each
ALPHABETS = (  # where there are no real lines: as many scripts and kinds of marks
    "az", "àÿ", "āſ", "αω", "ἀῳ", "ая", "ѐӹ", "աև", "את", "ءي", "ऄ९", "অ৯", "ਅੴ", "અ૱", "ଅ୯", "அ௯", "అ౯", "ಅ೯",
    "അൿ", "ก๛", "ກໜ", "က၏", "កៜ", "가힣", "ぁヿ", "一龥", "\uf900\ufa6d", "\u1ea0\u1ef9",
)  # fmt: skip
AWKWARD = [
    "", " ", "[SEP] of [MASK] [CLS][PAD] [UNK] [sep]", "[ SEP ] [SEP", "a" * LONGEST_WORD, "a" * (LONGEST_WORD + 1),
    "e\u0301" * LONGEST_WORD, "e\u0301" * (LONGEST_WORD + 1), "s" * 999 + " red", "the red " * 90,
    "a\x00b\ufffd\u200b c",
]  # fmt: skip
Ids = Callable[[list[str]], list[list[int]]]


@cache
def lines() -> list[str]:
    return real_lines() if NAMES.exists() else made_up_lines()


def real_lines() -> list[str]:
    table = pq.read_table(NAMES, columns=["lang", "text"])
    texts = defaultdict(list)
    for language, text in zip(*(table[name].to_pylist() for name in ("lang", "text")), strict=True):
        texts[language].append(text or "")
    largest = sorted(texts, key=lambda language: (-len(texts[language]), language))[:LANGUAGES]
    return [text for language in largest for text in texts[language][:: len(texts[language]) // LINES][:LINES]]


def made_up_lines() -> list[str]:
    """In NFC: of marks that are newer than Unicode 13 Hugging Face doesn't know the order."""
    draw = random.Random(7)
    words = [
        ["".join(chr(draw.randint(*map(ord, ends))) for _ in range(draw.randint(1, 7))) for _ in range(300)]
        for ends in ALPHABETS
    ]
    made = (" ".join(draw.choices(some, k=draw.randint(1, 6))) for some in words for _ in range(LINES))
    return [unicodedata.normalize("NFC", line) for line in made]


@pytest.fixture(scope="module", params=PROFILES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the output folder of `python -m vocab` for a profile."""
    path, profile = tmp_path_factory.mktemp("vocabulary"), str(request.param)
    pieces = vocabulary(lines(), profile)
    (path / "vocab.txt").write_text("".join(f"{piece}\n" for piece in pieces))
    (path / "vocab.json").write_text(json.dumps({"profile": profile}))
    for name, content in tokenizer_files(pieces, profile).items():
        (path / name).write_bytes(content)
    return path


def fast(tokenizer: Any) -> Ids:
    return lambda texts: tokenizer(texts, verbose=False)["input_ids"]


def from_file(folder: Path) -> Ids:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return lambda texts: [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def loaders(folder: Path) -> dict[str, Ids]:
    from transformers import AutoTokenizer, BertTokenizerFast

    return {
        "AutoTokenizer": fast(AutoTokenizer.from_pretrained(folder)),
        "BertTokenizerFast": fast(BertTokenizerFast.from_pretrained(folder)),
        "Tokenizer.from_file": from_file(folder),
    }


def ours(folder: Path, texts: list[str]) -> list[list[int]]:
    """Whole: no text is cut, and none is padded."""
    rows = WordPieceTokenizer.load(folder).encode(texts, length=256)
    assert not rows[:, -1].any()
    return [row[row != 0].tolist() for row in rows]


@pytest.mark.slow
def test_every_loader_gives_our_ids_on_lines_in_25_languages(folder: Path) -> None:
    texts = lines()
    assert len(texts) >= 20_000
    expected = ours(folder, texts)
    assert len({number for row in expected for number in row}) > 2_000
    for name, ids in loaders(folder).items():
        assert ids(texts) == expected, name


@pytest.mark.slow
def test_every_loader_gives_our_ids_on_decomposed_texts_special_pieces_and_long_words(folder: Path) -> None:
    texts = [*AWKWARD, *(unicodedata.normalize("NFD", text) for text in lines()[::9])]
    expected = ours(folder, texts)
    assert all(special not in expected[2][1:-1] for special in (0, 2, 3, 4))
    for name, ids in loaders(folder).items():
        assert ids(texts) == expected, name


@pytest.mark.slow
def test_rows_are_those_of_encode(folder: Path) -> None:
    from transformers import AutoTokenizer

    texts = [*AWKWARD, *lines()[::99]]
    rows = AutoTokenizer.from_pretrained(folder)(texts, truncation=True, padding="max_length")["input_ids"]
    assert rows == WordPieceTokenizer.load(folder).encode(texts).tolist()


@given(ANY_TEXT)
def test_ids_are_ours_on_any_text(text: str) -> None:
    for profile, tokenizer in SMALL.items():
        row = WordPieceTokenizer(PIECES, profile).encode([text], length=5_000)[0]
        assert tokenizer.encode(text).ids == row[row != 0].tolist()


SMALL = {
    profile: Tokenizer.from_str(tokenizer_files(PIECES, profile)["tokenizer.json"].decode()) for profile in PROFILES
}


@pytest.mark.slow
def test_loading_needs_no_network_also_of_a_large_vocabulary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Transformers looks more closely at vocabularies of over 100,000 pieces."""

    def connect(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    pieces = [*PIECES, *(f"piece{number}" for number in range(100_001))]
    for name, content in tokenizer_files(pieces, "multilingual").items():
        (tmp_path / name).write_bytes(content)
    expected = WordPieceTokenizer(pieces, "multilingual").encode(["e\u0301 piece99999"], length=5).tolist()
    for name, ids in loaders(tmp_path).items():
        assert ids(["e\u0301 piece99999"]) == [[number for number in expected[0] if number]], name


@pytest.mark.slow
def test_names_of_the_special_pieces_are_known_to_transformers(folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    given = (tokenizer.pad_token, tokenizer.unk_token, tokenizer.cls_token, tokenizer.sep_token, tokenizer.mask_token)
    assert given == SPECIAL
    assert tokenizer.model_max_length == 64
    assert len(tokenizer) == len(WordPieceTokenizer.load(folder))
