"""`python -m vocab` with inputs and options at their limits: what is refused, and what is not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.vocab_runs import made, vocab

pytestmark = pytest.mark.slow(seconds=10)


def test_the_profile_decides_on_the_size_of_the_alphabet(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(map(chr, range(0x4E00, 0x4E00 + 1100))))
    for options, expected in ((("--profile=multilingual",), 1100), ((), 1000), (("--vocab.max_characters=7",), 7)):
        done = vocab(tmp_path / "out", f"--input={tmp_path}/a.txt", "--workers=1", "--size=9", *options)
        assert f"both forms of {expected:,} characters" in done.process.stderr


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 2, "give --corpus or --input, one of them"),
        (("--corpus=x", "--input=y"), 2, "give --corpus or --input, one of them"),
        (("--corpus={folder}",), 2, "corpus: {folder} holds no finished run of python -m pipeline"),
        (("--input={folder}/*.parquet",), 2, "input: no file matches '{folder}/*.parquet'"),
        (("--input={folder}/a.jpg",), 2, "input: {folder}/a.jpg is of another kind than .parquet, .csv"),
        (("--input={folder}/empty.txt",), 1, "no word to learn from: the texts are empty, or no text is kept"),
        (
            ("--input={folder}/a.csv",),
            1,
            "{folder}/a.csv: no text column (text, TEXT, caption, alt_text, alt, txt, ",
        ),
        (("--input={folder}/cut.txt.gz",), 1, "{folder}/cut.txt.gz: damaged: "),
        (("--input={folder}/empty.txt", "--size=0"), 2, "vocab.size: 0 is under 1"),
        (("--input={folder}/empty.txt", "--size=many"), 2, "vocab.size: 'many' is not a whole number"),
        (("--input={folder}/empty.txt", "--profile=cased"), 2, "text.profile: 'cased'; the choices are uncased, mult"),
        (("--input={folder}/empty.txt", "--vocab.sise=9"), 2, "vocab.sise: no such setting; vocab has size, min_count"),
        (("--input={folder}/empty.txt", "--sise=9"), 2, "--sise: no such option; the nearest is --size"),
    ],
)
def test_what_is_refused(tmp_path: Path, options: tuple[str, ...], code: int, said: str) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "a.csv").write_text("picture,title\n1,2\n")
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "cut.txt.gz").write_bytes(gzip.compress(b"some words\n" * 99)[:-9])
    done = vocab(tmp_path / "out", *(option.format(folder=tmp_path) for option in options), "--workers=1")
    assert done.process.returncode == code
    assert said.format(folder=tmp_path) in done.process.stderr.splitlines()[-1]
    assert not (tmp_path / "out" / "vocab.txt").exists()


def test_awkward_texts_and_words(tmp_path: Path) -> None:
    """A word of a megabyte, control characters, the mark of sentencepiece, and bytes that are no text."""
    awkward = ["a" * 10**6, "a\x00b\x07c", "\u2581\u2581", "\u2585 <unk> </s>", "\t", "x\u200by", "\U0010ffff"]
    lines = [text.encode() for text in awkward * 3] + [b"\xff\xfe", b"\xed\xa0\x80"] * 2
    (tmp_path / "a.txt").write_bytes(b"\n".join(lines))
    done = made(tmp_path / "out", f"--input={tmp_path}/a.txt", "--size=46", "--workers=1")
    assert len((done.output / "vocab.txt").read_text().split("\n")) == 47


def test_help_is_quick_and_a_subcommand_of_nothing() -> None:
    done = run("vocab", "--help", timeout=300)
    assert done.returncode == 0
    assert "--corpus DIR" in done.stdout
