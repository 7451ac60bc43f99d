"""`python -m vocab` as a user runs it: what it counts and writes, whatever the inputs."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import BertWordPieceTokenizer, Tokenizer

from tests.conftest import Runs
from tests.support.command import Finished
from tests.support.vocab_runs import FILES, contents, made, vocab
from vocab.canonical import canonical_text
from vocab.wordpiece import SPECIAL, WordPieceTokenizer
from vocab.words import tokens

pytestmark = pytest.mark.slow(seconds=20)

random.seed(7)
WORDS = [
    "red",
    "Car",
    "strasse",
    "Straße",
    "中国",
    "한국어",
    "café",
    "x!",
    "&amp;",
    "\u2581\u2581",
    "on",
    "the",
    "river",
]
TEXTS = [" ".join(random.choices(WORDS, k=random.randint(0, 9))) for _ in range(3000)]
LANGUAGES = [random.choice(["en", "de", None]) for _ in TEXTS]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tables of the texts, with a null and a column of languages."""
    folder = tmp_path_factory.mktemp("texts")
    for part in range(3):
        texts, languages = [*TEXTS[part::3], None], [*LANGUAGES[part::3], None]
        pq.write_table(pa.table({"caption": texts, "lang": languages}), folder / f"{part}.parquet", row_group_size=100)
    return folder


@pytest.fixture(scope="module")
def usual(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return made(tmp_path_factory.mktemp("usual") / "out", f"--input={tables}", "--size=90", "--workers=1")


def counted(texts: Iterable[str | None], profile: str = "uncased") -> Counter[str]:
    return Counter(token for text in texts for token in tokens(canonical_text(text), profile))


def test_counts_are_those_of_python(usual: Finished) -> None:
    expected, facts = counted(TEXTS), usual.json("vocab.json")
    learned_from = [word for word in expected if "\u2581" not in word]
    assert facts["counts"] == {
        "texts": len(TEXTS) + 3,
        "words": expected.total(),
        "distinct": len(expected),
        "learned_from": len(learned_from),
        "characters": len(set("".join(expected))),
        "alphabet": len(set("".join(expected))),
    }


def test_rare_words_can_be_left_out(tables: Path, tmp_path: Path) -> None:
    expected = counted(TEXTS)
    least = sorted(expected.values())[3]
    done = made(tmp_path / "out", f"--input={tables}", "--size=61", f"--vocab.min_count={least}", "--workers=1")
    counts = done.json("vocab.json")["counts"]
    assert counts["learned_from"] == sum(count >= least and "\u2581" not in word for word, count in expected.items())
    assert counts["alphabet"] == len(set("".join(expected)))


def test_the_vocabulary_has_its_form(usual: Finished) -> None:
    lines = (usual.output / "vocab.txt").read_text().splitlines()
    characters = Counter[str]()
    for word, count in counted(TEXTS).items():
        for character in word:
            characters[character] += count
    alphabet = sorted(characters, key=lambda character: (-characters[character], character))
    assert len(lines) == len(set(lines)) == 90
    assert lines[: 5 + 2 * len(alphabet)] == [*SPECIAL, *alphabet, *(f"##{character}" for character in alphabet)]


def test_hugging_face_loads_it_and_gives_the_same_ids(usual: Finished) -> None:
    theirs = BertWordPieceTokenizer(str(usual.output / "vocab.txt"), lowercase=True)
    texts = [canonical_text(text) for text in TEXTS]
    expected = [encoding.ids for encoding in theirs.encode_batch(texts)]
    rows = WordPieceTokenizer.load(usual.output).encode(texts)
    assert [row[: len(ids)].tolist() for row, ids in zip(rows, expected, strict=True)] == expected
    assert not any(row[len(ids) :].any() for row, ids in zip(rows, expected, strict=True))


def test_the_same_bytes_for_two_workers_and_in_another_place(usual: Finished, tables: Path, tmp_path: Path) -> None:
    other = made(tmp_path / "two workers", f"--input={tables}", "--size=90", "--workers=2")
    assert contents(other, *FILES) == contents(usual, *FILES)


def test_the_same_pieces_for_texts_in_another_order_and_form(usual: Finished, tmp_path: Path) -> None:
    lines = "\n".join(random.sample(TEXTS, len(TEXTS))).encode()
    (tmp_path / "some.txt").write_bytes(lines[: lines.index(b"\n", 9999)])
    (tmp_path / "others.txt.gz").write_bytes(gzip.compress(lines[lines.index(b"\n", 9999) + 1 :]))
    other = made(tmp_path / "out", f"--input={tmp_path}/*.txt,{tmp_path}/*.gz", "--size=90", "--workers=1")
    assert contents(other, "vocab.txt") == contents(usual, "vocab.txt")
    assert other.json("vocab.json")["corpus"]["inputs"] == ["some.txt", "others.txt.gz"]


@pytest.mark.parametrize("languages", [None, ""])
def test_texts_without_a_language(usual: Finished, tmp_path: Path, languages: str | None) -> None:
    """No such column, or nothing in it."""
    columns = {"text": TEXTS} if languages is None else {"text": TEXTS, "lang": [languages] * len(TEXTS)}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    other = made(tmp_path / "out", f"--input={tmp_path}/a.parquet", "--size=90", "--workers=1")
    assert contents(other, "vocab.txt") == contents(usual, "vocab.txt")
    assert "not known" not in (other.output / "report.html").read_text()


def test_a_run_that_was_killed_leaves_nothing_behind(usual: Finished, tables: Path, tmp_path: Path) -> None:
    """Nor does another one: what is written last is gone first."""
    output = tmp_path / "out"
    made(output, f"--input={tables}", "--size=80", "--workers=1")
    (output / "work" / "words").mkdir(parents=True)
    (output / "work" / "words" / "07.arrow").write_bytes(b"half")
    (output / "work" / "tmp").mkdir()
    (output / "work" / "tmp" / "vocab.txt.123").write_bytes(b"half")
    again = made(output, f"--input={tables}", "--size=90", "--workers=1")
    assert contents(again, *FILES) == contents(usual, *FILES)
    failed = vocab(output, f"--input={tables}", "--size=9000", "--workers=1")
    assert failed.process.returncode == 1
    assert not (output / "vocab.json").exists()


def test_the_kept_texts_of_a_corpus(corpus_of: Runs, tmp_path: Path) -> None:
    """Name, profile and size are the corpus's."""
    corpus = corpus_of()
    kept = [row["text"] for row in corpus.verdicts() if not row["reasons"]]
    done = made(tmp_path / "out", f"--corpus={corpus.output}", "--size=150", "--workers=1")
    facts = done.json("vocab.json")
    assert facts["corpus"]["name"] == "align"
    assert (facts["profile"], facts["size"]) == (corpus.json("manifest.json")["config"]["text"]["profile"], 150)
    assert facts["counts"]["words"] == counted(kept).total()
    assert facts["counts"]["texts"] == len(kept) == corpus.json("funnel.json")["kept"]
    default = vocab(tmp_path / "other", f"--corpus={corpus.output}", "--workers=1")
    assert default.process.stderr.splitlines()[-1].startswith("vocab: size: 100,000 is too large: ")


def test_the_largest_size_possible_works(tables: Path, tmp_path: Path) -> None:
    refused = vocab(tmp_path / "out", f"--input={tables}", "--workers=1")
    largest = re.search(r"--size=(\d+) is the largest", refused.process.stderr.splitlines()[-1])[1]
    assert refused.process.returncode == 1
    done = made(tmp_path / "out", f"--input={tables}", f"--size={largest}", "--workers=1")
    assert len((done.output / "vocab.txt").read_text().splitlines()) == int(largest)


def test_the_profile_decides_on_accents(tables: Path, tmp_path: Path) -> None:
    """Also for Hugging Face, whose loaders strip them where there is vocab.txt alone."""
    done = made(tmp_path / "out", f"--input={tables}", "--profile=multilingual", "--size=90", "--workers=1")
    assert "é" in (done.output / "vocab.txt").read_text().splitlines()
    ours, theirs = WordPieceTokenizer.load(done.output), Tokenizer.from_file(f"{done.output}/tokenizer.json")
    rows = ours.encode(TEXTS, length=200)
    assert ours.profile == "multilingual"
    assert [encoding.ids for encoding in theirs.encode_batch(TEXTS)] == [row[row != 0].tolist() for row in rows]
    assert done.json("vocab.json")["counts"]["words"] == counted(TEXTS, "multilingual").total()


@pytest.mark.parametrize("option", ["--language=lang", "--language=nowhere", "--identify"])
def test_languages_on_the_page(tables: Path, tmp_path: Path, option: str, usual: Finished) -> None:
    """Workers don't change the vocabulary."""
    done = made(tmp_path / "out", f"--input={tables}", "--size=90", "--workers=1", option)
    assert contents(done, "vocab.txt") == contents(usual, "vocab.txt")
    assert (contents(done, "report.html") == contents(usual, "report.html")) == (option == "--language=lang")


def test_facts_are_json_without_place_or_time(usual: Finished, tables: Path) -> None:
    text = (usual.output / "vocab.json").read_text()
    assert str(tables) not in text
    assert json.loads(text)["corpus"]["inputs"] == ["0.parquet", "1.parquet", "2.parquet"]
    shown = subprocess.run(["sha256sum", usual.output / "vocab.txt"], capture_output=True, text=True, check=True)
    assert shown.stdout.split()[0] == json.loads(text)["sha256"]
    files = json.loads(text)["files"]
    assert files == {name: hashlib.sha256((usual.output / name).read_bytes()).hexdigest() for name in FILES[1:3]}
