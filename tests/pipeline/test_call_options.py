"""Options of `pipeline.make_corpus`: forms of a config, lists of inputs, defaults. No run is started."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import make_corpus
from pipeline.commands.corpus.options import parse
from pipeline.config import Options, config_of, load_config


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """The options of calls that run nothing."""
    options: list[Options] = []

    def answer(module: str, request: Options) -> dict[str, Any]:
        options.append(request)
        return {"raw": 0, "kept": 0, "records": 0, "first_reason": {}, "any_reason": {}}

    monkeypatch.setattr("pipeline.engines.own_process.ask", answer)
    return options


SEVEN = {"filters": {"word_count": {"min_words": 7}}}


@pytest.mark.parametrize(
    "config",
    [
        SEVEN,
        config_of(SEVEN),
        "over.yaml",
        Path("over.yaml"),
        None,
    ],
)
def test_forms_of_a_config(asked: list[Options], tmp_path: Path, config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "over.yaml").write_text("filters: {word_count: {min_words: 7}}\n")
    monkeypatch.chdir(tmp_path)
    settings = {"input.rows_per_shard": 20} | ({} if config else {"filters.word_count.min_words": 7})
    make_corpus("x.csv", "out", config=config, settings=settings)
    assert asked[0].config == load_config("filters: {word_count: {min_words: 7}}", [("input.rows_per_shard", "20")])


def test_a_tree_of_settings_is_left_as_it_was(asked: list[Options]) -> None:
    tree = {"filters": {"word_count": {"min_words": 4}}}
    make_corpus("x.csv", "out", config=tree, settings={"filters.word_count.min_words": 5})
    assert tree == {"filters": {"word_count": {"min_words": 4}}}
    assert asked[0].config.filters.word_count.min_words == 5


@pytest.mark.parametrize(
    ("inputs", "globs"),
    [
        ("a.csv", ("a.csv",)),
        ("a,b.csv,", ("a", "b.csv")),
        (["a,b.csv"], ("a,b.csv",)),
        (Path("a,b"), ("a,b",)),
        ([Path("a"), "b*"], ("a", "b*")),
        (iter(["a"]), ("a",)),
    ],
)
def test_a_comma_splits_a_string_and_no_item_of_a_list(
    asked: list[Options], inputs: Any, globs: tuple[str, ...]
) -> None:
    make_corpus(inputs, Path("out"))
    assert (asked[0].inputs, asked[0].output, asked[0].eval_images) == (globs, "out", ())
    make_corpus("x", "out", eval_images=["set,1"], workers=3, overwrite=True, beam=["--a=b"])
    assert asked[1] == replace(
        asked[0], inputs=("x",), eval_images=("set,1",), workers=3, overwrite=True, beam=("--a=b",)
    )
    make_corpus("x", Path("out"), reuse=Path("run"), keep_work=True)
    assert (asked[2].reuse, asked[2].keep_work) == ("run", True) and (asked[0].reuse, asked[0].keep_work) == ("", False)


def test_defaults_are_those_of_the_command(asked: list[Options]) -> None:
    make_corpus("a.csv", "out")
    assert asked == [parse(["--input=a.csv", "--output=out"])]
