"""Parts of every command line: the version, and the nearest name for a typing error."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

import pipeline
from pipeline.commands.corpus.cli import PIPELINE
from pipeline.commands.dedup.cli import DEDUP
from pipeline.commands.parser import nearest
from pipeline.commands.subset.options import SUBSET
from pipeline.commands.subset.run import say_less
from pipeline.commands.train.cli import TRAIN
from pipeline.commands.vocab.cli import VOCAB
from pipeline.sample.cli import SAMPLE

Parse = Callable[[Sequence[str]], object]


corpus, vocab, dedup, train, sample = (tool.parse for tool in (PIPELINE, VOCAB, DEDUP, TRAIN, SAMPLE))
subset = SUBSET.parse


def ended(capsys: pytest.CaptureFixture[str], parse: Parse, *arguments: str) -> tuple[int | str | None, str]:
    """The exit code, and the last line."""
    with pytest.raises(SystemExit) as stop:
        parse(arguments)
    printed = capsys.readouterr()
    return stop.value.code, (printed.out + printed.err).splitlines()[-1]


@pytest.mark.parametrize("parse", [corpus, vocab, dedup, train, sample, subset])
@pytest.mark.parametrize("words", [(), ("--output=x",)])
def test_every_command_tells_its_version(
    parse: Parse, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    if words and parse in (dedup, train):
        words = ("index" if parse is dedup else "fit",)
    assert ended(capsys, parse, *words, "--version") == (0, f"align-corpus {pipeline.__version__}")


@pytest.mark.parametrize(
    ("parse", "words", "said"),
    [
        (corpus, ("--inptu=x", "--output=y"), "--inptu: no such option; the nearest is --input"),
        (corpus, ("--input=x", "--ouptut=y"), "--ouptut: no such option; the nearest is --output"),
        (corpus, ("--inptu", "x", "--output", "y"), "--inptu: no such option; the nearest is --input"),
        (corpus, ("raport", "x"), "raport: no such command; the nearest is report"),
        (corpus, ("subest", "x", "--size=1"), "subest: no such command; the nearest is subset"),
        (vocab, ("--corpsu=x",), "--corpsu: no such option; the nearest is --corpus"),
        (subset, ("x", "--szie=1"), "--szie: no such option; the nearest is --size"),
        (sample, ("--ouput=x",), "--ouput: no such option; the nearest is --output"),
        (dedup, ("indx",), "(choose from 'index', 'match', 'groups'); the nearest is index"),
        (dedup, ("index", "--imags=x"), "--imags: no such option; the nearest is --images"),
        (dedup, ("match", "--mode=thorogh", "--index=x", "--images=y"), "'dense'); the nearest is thorough"),
        (train, ("fitt",), "; the nearest is fit"),
        (train, ("fit", "--corpsu=x"), "--corpsu: no such option; the nearest is --corpus"),
        (train, ("search", "--modle=x"), "--modle: no such option; the nearest is --model"),
    ],
)  # fmt: skip
def test_the_nearest_of_what_is_mistyped_is_named(
    parse: Parse, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = ended(capsys, parse, *words)
    assert code == 2
    assert line.endswith(said)


@pytest.mark.parametrize(
    ("parse", "words", "said"),
    [
        (corpus, ("--xyzzy=x", "--output=y"), "--xyzzy: no such option; --help lists them"),
        (
            corpus,
            ("frobnicate", "x"),
            "frobnicate: no such command; choose from fetch, report, subset, export, diff, settings",
        ),
        (dedup, ("index", "--kwyjibo=x"), "--kwyjibo: no such option; --help lists them"),
        (dedup, ("swim",), "(choose from 'index', 'match', 'groups')"),
        (train, ("fit", "--kwyjibo=x"), "--kwyjibo: no such option; --help lists them"),
    ],
)
def test_a_name_unlike_any_other_is_given_no_nearest(
    parse: Parse, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = ended(capsys, parse, *words)
    assert (code, line[-len(said) :]) == (2, said)


@pytest.mark.parametrize(("name", "near"), [("abcde", "abcxy"), ("abfgh", None)])
def test_the_least_likeness_of_a_nearest_name(name: str, near: str | None) -> None:
    """3 letters of 5 in common are 0.6, as much as is asked for; 2 are 0.4."""
    assert nearest(name, ["abcxy"]) == near


@pytest.mark.parametrize(
    ("parse", "words"),
    [
        (corpus, ("--input=x",)),
        (vocab, ("--input=x",)),
        (subset, ("x",)),
        (dedup, ("index", "--images=x")),
        (dedup, ("groups", "x")),
        (train, ("fit", "--config=x", "--corpus=x")),
    ],
)
@pytest.mark.parametrize("output", [("--output=",), ("--output", "")])
def test_an_empty_output_is_refused(
    parse: Parse, words: tuple[str, ...], output: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = ended(capsys, parse, *words, *output)
    assert (code, line.rpartition(": ")[2]) == (2, "--output is empty")


@pytest.mark.parametrize(
    ("size", "pairs", "said"), [("11", 10, True), ("10", 10, False), ("100%", 10, False), (None, 0, False)]
)
def test_a_subset_with_fewer_pairs_than_asked_for_says_so(
    size: str | None, pairs: int, said: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    say_less(size, pairs)
    expected = "size: the corpus has 10 pairs to choose from, not 11; all are taken\n"
    assert capsys.readouterr().err == (expected if said else "")
