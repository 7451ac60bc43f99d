"""Equal input and config give equal bytes, for any number of workers and any folders."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Rerun, Runs
from tests.support.command import Finished, described
from tests.support.crawl import Crawl

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(corpus_of: Runs) -> Finished:
    return corpus_of()


def test_for_another_number_of_workers(finished: Finished, corpus_of: Runs) -> None:
    """Two have the same bytes in tests/pipeline/test_call.py."""
    assert described(corpus_of(workers=3).output) == described(finished.output)


def test_for_another_place_of_input_and_output(crawl: Crawl, finished: Finished, again: Rerun, tmp_path: Path) -> None:
    moved = replace(crawl, folder=tmp_path / "another place" / "of the crawl")
    shutil.copytree(crawl.folder, moved.folder)
    shutil.copy(crawl.folder.parent / "outside.jpg", moved.folder.parent)
    assert described(again(moved, output=tmp_path / "out put").output) == described(finished.output)


def test_verdicts_do_not_depend_on_the_order_of_files(crawl: Crawl, finished: Finished, again: Rerun) -> None:
    backwards = again(crawl, inputs=",".join(reversed(crawl.inputs.split(",")))).verdicts()
    assert sorted(backwards, key=repr) == sorted(finished.verdicts(), key=repr)
    assert backwards != finished.verdicts()
