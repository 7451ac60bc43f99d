"""Options of the benchmark: both sides of each limit of their words; what is refused is never measured."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import option_kinds as kinds
from bench.cli import BENCH, commands

Kind = Callable[[str], Any]


@pytest.mark.parametrize(
    ("kind", "word", "number"),
    [
        (kinds.count, "1", 1),
        (kinds.count, "3e6", 3_000_000),
        (kinds.count_or_none, "0", 0),
        (kinds.pairs_of_a_step, "2", 2),
        (kinds.counts, "1,2e3", [1, 2000]),
        (kinds.share, "0", 0.0),
        (kinds.share, "1", 1.0),
        (kinds.part, "1", 1.0),
        (kinds.part, "0.001", 0.001),
        (kinds.over_zero, "0.5", 0.5),
        (kinds.globs, "a,b*", ["a", "b*"]),
        (kinds.questions, "size,rules", ["size", "rules"]),
    ],
)
def test_a_word_is_read(kind: Kind, word: str, number: Any) -> None:
    assert kind(word) == number


@pytest.mark.parametrize(
    ("kind", "word", "says"),
    [
        (kinds.count, "0", "'0' is not a whole number from 1"),
        (kinds.count, "1.5", "'1.5' is not a whole number from 1"),
        (kinds.count, "inf", "'inf' is not a whole number from 1"),
        (kinds.count_or_none, "-1", "'-1' is not a whole number from 0"),
        (kinds.pairs_of_a_step, "1", "'1' is not a whole number from 2"),
        (kinds.counts, "5,", "'' is not a whole number from 1"),
        (kinds.share, "1.01", "'1.01' is not a share from 0 to 1"),
        (kinds.share, "-0.01", "'-0.01' is not a share from 0 to 1"),
        (kinds.part, "0", "'0' is not a share over 0, and 1 at most"),
        (kinds.part, "1.01", "'1.01' is not a share over 0, and 1 at most"),
        (kinds.over_zero, "0", "'0' is not a number over 0"),
        (kinds.over_zero, "nan", "'nan' is not a number over 0"),
        (kinds.globs, "", "it is empty"),
    ],
)
def test_another_word_is_refused_with_what_is_asked(kind: Kind, word: str, says: str) -> None:
    with pytest.raises(ArgumentTypeError) as error:
        kind(word)
    assert str(error.value) == says


def test_an_unknown_question_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(ArgumentTypeError, match=r"^'seize' is none of size, rules, .*copies"):
        kinds.questions("size,seize")


def test_folders_are_those_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert kinds.folders(f"{tmp_path},{tmp_path}") == (tmp_path, tmp_path)
    for word in ("", f"{tmp_path}/file", f"{tmp_path}/none", f"{tmp_path},"):
        with pytest.raises(ArgumentTypeError, match=r"is no folder$"):
            kinds.folders(word)


def test_a_corpus_has_its_vocabulary(tmp_path: Path) -> None:
    with pytest.raises(ArgumentTypeError, match=r"holds no corpus with its vocabulary; make vocab makes out/toy$"):
        kinds.corpus(str(tmp_path))
    (tmp_path / "vocab").mkdir()
    (tmp_path / "vocab" / "vocab.txt").touch()
    assert kinds.corpus(str(tmp_path)) == tmp_path


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["images", "--images=0"], "argument --images: '0' is not a whole number from 1"),
        (["text", "--rows=1e6,x"], "argument --rows: 'x' is not a whole number from 1"),
        (["dedup", "--photos=/none"], "argument --photos: '/none' is no folder"),
        (["evidence", "--plan", "--write"], "give --plan or --write, one of them"),
        (["evidence", "--part=0"], "argument --part: '0' is not a share over 0, and 1 at most"),
    ],
)
def test_nothing_is_measured_where_an_option_is_wrong(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        BENCH.call(words)
    assert capsys.readouterr().err.splitlines()[-1].endswith(f"error: {says}")


def test_defaults_are_words_that_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "out" / "toy" / "vocab").mkdir(parents=True)
    (tmp_path / "out" / "toy" / "vocab" / "vocab.txt").touch()
    monkeypatch.chdir(tmp_path)
    given = {"dedup": ["--photos=."], "pages": ["--pages=."], "curation": ["--pairs=*.csv"]}
    for name, command in commands().items():
        command.parse(given.get(name, []))
