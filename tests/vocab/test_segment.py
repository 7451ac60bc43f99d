"""Words of scripts without spaces: known sentences, the 3-20 rule on them, and that nothing else changes."""

from __future__ import annotations

import csv
import os
import subprocess
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import WordCount
from tests.support.command import ROOT, Finished, command, run_corpus
from tests.support.real_text import ANY_TEXT, CODE_POINTS
from vocab.canonical import canonical_text
from vocab.characters import PROFILES, load
from vocab.hashing import hash_words
from vocab.segment import segmented_counts, spaced_text

SCRIPTS = ("THAI", "LAO", "KHMER", "MYANMAR")
SENTENCES = {  # the words of sentences, which are written without the blanks
    "thai, a black cat sits on a chair": "แมว ดำ นั่ง บน เก้าอี้",
    "thai, I love the Thai language": "ฉัน รัก ภาษา ไทย",
    "thai, a street in Bangkok at night": "ถนน ใน กรุงเทพ ตอน กลาง คืน",
    "lao, a cat sleeps on a bed": "ແມວ ນອນ ຢູ່ ເທິງ ຕຽງ",
    "lao, I love the Lao language": "ຂ້ອຍ ຮັກ ພາສາ ລາວ",
    "khmer, a black cat sits on a chair": "ឆ្មា ខ្មៅ អង្គុយ លើ កៅអី",
    "khmer, I love the country Cambodia": "ខ្ញុំ ស្រឡាញ់ ប្រទេស កម្ពុជា",
    "burmese, I like the Burmese script": "ကျွန်တော် မြန်မာ စာ ကို ချစ် တယ်",
    "burmese, a cat is sleeping": "ကြောင် အိပ် နေသည်",
}
COUNTS = {
    "": 0,
    "red iPhone 15": 3,
    "日本 2": 3,
    "ไทยiPhoneสวย": 3,  # a Latin word glued between two Thai ones
    "ห้า๕๕": 2,  # Thai digits are apart as others are
    "ห้า55": 2,
    "ราคา฿50": 2,
    "แมว, ดำ!": 2,
    "เด็กๆ": 1,  # a repetition sign
    "กรุงเทพฯ": 1,  # an abbreviation sign
    "ตากลม": 1,  # a known ambiguity, which the dictionary settles
    "ตา\u200bกลม": 2,  # and the writer may
    "ភា\u200cសា": 1,  # a joiner within a word
    "ស្រឡា\u200dញ់": 1,
    "ကြောင်။ ကြောင်": 2,  # a full stop
    "၁၂၃": 1,
    "แมวຮັກ": 2,  # two scripts
    "\u0e31": 0,  # a vowel sign alone
}


def counts(*texts: str | None, profile: str = "multilingual") -> tuple[list[int], list[int]]:
    """The words of the texts without and with segmentation."""
    column, characters = pa.array(texts, pa.string()), load(profile)
    plain = hash_words(column, characters).counts
    return plain.tolist(), segmented_counts(column, plain, characters).tolist()


def without_spaces(character: str) -> bool:
    """Returns whether a character belongs to these scripts, by its name in Unicode."""
    return unicodedata.name(character, "").startswith(SCRIPTS) and unicodedata.category(character)[0] in "LM"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)
def test_known_sentences(sentence: str, profile: str) -> None:
    text = sentence.replace(" ", "")
    assert spaced_text(text).split() == sentence.split()
    assert counts(text, profile=profile) == ([1], [len(sentence.split())])


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(("text", "expected"), COUNTS.items())
def test_known_counts(text: str, expected: int, profile: str) -> None:
    assert counts(text, profile=profile)[1] == [expected]


def test_every_letter_of_the_four_scripts_and_no_other_is_segmented() -> None:
    assigned = [chr(c) for c in CODE_POINTS if unicodedata.category(chr(c)) != "Cn"]
    assert [c for c in assigned if spaced_text(c) != c] == [c for c in assigned if without_spaces(c)]


@given(st.lists(ANY_TEXT.filter(lambda text: not any(map(without_spaces, text))).map(canonical_text)))
def test_other_texts_are_untouched(texts: list[str]) -> None:
    plain, segmented = counts(*texts)
    assert segmented == plain


MIXED = st.lists(st.one_of(st.sampled_from([*SENTENCES.values(), *COUNTS, " "]), ANY_TEXT), max_size=8).map("".join)


@pytest.mark.parametrize("profile", PROFILES)
@given(text=MIXED)
def test_never_fewer_words_and_the_same_in_any_company(text: str, profile: str) -> None:
    text = canonical_text(text)
    plain, segmented = counts("two words", text, None, "แมวดำ", profile=profile)
    assert segmented == [2, *counts(text, profile=profile)[1], 0, 2]
    assert segmented[1] >= plain[1]


def test_the_given_counts_stay_as_they_are() -> None:
    texts, plain = pa.array(["แมวดำ"]), np.array([1])
    assert segmented_counts(texts, plain, load("multilingual")).tolist() == [2]
    assert plain.tolist() == [1]


@pytest.mark.parametrize("word", ["แมว", "ແມວ", "ឆ្មា", "ခွေး"])
def test_boundaries_of_the_rule(word: str) -> None:
    _, words = counts(*(word * times for times in (2, 3, 20, 21)))
    assert words == [2, 3, 20, 21]
    assert WordCount().drops({"words": pa.array(words)}).to_pylist() == [True, False, False, True]


TEXTS = ["แมวดำ", "แมวดำนั่ง", "แมว" * 20, "แมว" * 21, "two words", "three English words", "แมวดำ iPhone"]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("segment") / "pairs.csv"
    with path.open("w", newline="") as file:
        rows = [(f"http://example.org/{row}.jpg", text) for row, text in enumerate(TEXTS)]
        csv.writer(file).writerows([("url", "text"), *rows])
    return path


def multilingual(table: Path, name: str, *options: str) -> Finished:
    config = ("--config=configs/align_multilingual.yaml", "--filters.rare_ngram.min_count=2", "--workers=1")
    done = run_corpus(table.parent / name, table, *config, *options)
    assert done.process.returncode == 0, done.process.stderr
    return done


@pytest.mark.slow
def test_the_command_counts_segmented_words_and_changes_nothing_else(table: Path) -> None:
    on, off = multilingual(table, "on"), multilingual(table, "off", "--text.segment=false")
    assert [row.pop("words") for row in on.verdicts()] == [2, 3, 20, 21, 2, 3, 3]
    dropped = ["word_count" in row["reasons"] for row in on.verdicts()]
    assert dropped == [True, False, False, True, True, False, False]
    assert [row["words"] for row in off.verdicts()] == [1, 1, 1, 1, 2, 3, 2]
    for with_it, without in zip(on.verdicts(), off.verdicts(), strict=True):
        assert {name for name in with_it if with_it[name] != without[name]} <= {"words", "reasons"}
        assert set(with_it["reasons"]) ^ set(without["reasons"]) <= {"word_count"}
    assert [row["rare_ngram"] for row in on.verdicts()][:2] == [None, "แมวดำนั่ง"]  # the first comes twice, as one token
    assert on.json("manifest.json")["dictionaries"].startswith("ICU ")
    assert off.json("manifest.json")["dictionaries"] is None


@pytest.mark.slow
def test_refused_in_one_line_without_the_package(table: Path) -> None:
    missing, output = table.parent / "missing" / "icu4py", table.parent / "refused"
    missing.mkdir(parents=True)
    (missing / "__init__.py").write_text("raise ModuleNotFoundError('no such package')")
    done = subprocess.run(
        command("pipeline", f"--input={table}", f"--output={output}", "--text.segment=true"),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(missing.parent)},
    )
    assert done.returncode == 2
    said = "text.segment: needs the package icu4py: pip install 'align-corpus[segment]'"
    assert [line for line in done.stderr.splitlines() if "text.segment" in line][-1].endswith(said)
    assert "Traceback" not in done.stderr
    assert not output.exists()
