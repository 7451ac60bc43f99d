"""Fixtures of several test files: the crawl of the tests, and finished runs of the command on it, each made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pycurl  # noqa: F401 - before TensorFlow, whose libcurl would take the place of its own
import pytest

from tests.support.command import Finished, run_corpus
from tests.support.crawl import ROWS_PER_SHARD, SETTINGS, Crawl, flags, write_crawl
from tests.support.statement import Settings
from vocab import private

pytest_plugins = ["tests.support.lanes"]

EVERY_RULE = replace(SETTINGS, min_count=3, max_score=0.002)  # each rule drops something
Runs = Callable[..., Finished]
Rerun = Callable[..., Finished]


def arguments(crawl: Crawl, settings: Settings = EVERY_RULE) -> list[str]:
    return [f"--eval_images={crawl.folder / 'eval'}", f"--input.rows_per_shard={ROWS_PER_SHARD}", *flags(settings)]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the machine's own, without the private folders of this user."""
    (tmp_path / "machine").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "machine"))
    private._root.cache_clear()
    return tmp_path / "machine"


@pytest.fixture(scope="session")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    return write_crawl(tmp_path_factory.mktemp("small") / "crawl")


@pytest.fixture(scope="session")
def corpus_of(crawl: Crawl, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The run of that crawl with these settings; one worker starts fastest."""

    @cache
    def corpus(settings: Settings = EVERY_RULE, workers: int = 1) -> Finished:
        options = (*arguments(crawl, settings), f"--workers={workers}")
        done = run_corpus(tmp_path_factory.mktemp("run") / "out", crawl.inputs, *options)
        assert done.process.returncode == 0, done.process.stderr
        return done

    return corpus


@pytest.fixture
def again(tmp_path: Path) -> Rerun:
    """A run of its own with every rule, of this crawl or these inputs of it, with these further options."""

    def rerun(crawl: Crawl, *options: str, inputs: str = "", output: Path = tmp_path / "out") -> Finished:
        done = run_corpus(output, inputs or crawl.inputs, *arguments(crawl), "--workers=1", *options)
        assert done.process.returncode == 0, done.process.stderr
        return done

    return rerun
