"""Runs that can't be reused, or only in part; kept work that is gone; runs that were killed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from pipeline.run import Passes
from tests.support.reuse import SMALL, Measured, both, corpus, counted, finished, rows, write
from tests.support.two_runs import call

pytestmark = pytest.mark.slow(seconds=60)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("bad") / "in/a.parquet", rows(0, 12))


@pytest.fixture(scope="module")
def more(file: Path) -> Path:
    return write(file.parent / "b.parquet", rows(12, 20))


@pytest.fixture(scope="module")
def finished_run(file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Measured]:
    """A run from scratch, and what it measured."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    return folder, corpus(folder, [file], "--keep_work")


@pytest.fixture(scope="module")
def run_of_two(file: Path, more: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two") / "run"
    corpus(folder, [file, more])
    return folder


@pytest.fixture
def run(finished_run: tuple[Path, Measured], tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(finished_run[0], tmp_path / "run")


@pytest.fixture
def reused(file: Path, run: Path, finished_run: tuple[Path, Measured], tmp_path: Path) -> Callable[[], Measured]:
    """A run that reuses the copy, and must leave the bytes of the run from scratch; returns what it measured."""

    def again() -> Measured:
        measured = corpus(tmp_path / "again", [file], f"--reuse={run}")
        assert finished(tmp_path / "again") == finished(finished_run[0])
        return measured

    return again


def change(run: Path, **entries: object) -> None:
    content = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(content | entries))


def said(file: Path, output: Path, run: Path | str, capsys: pytest.CaptureFixture[str]) -> str:
    assert call(f"--input={file}", f"--output={output}", *SMALL, f"--reuse={run}") != 0
    return capsys.readouterr().err


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "unfinished": (lambda run: (run / "report.html").unlink(), "holds no finished run of python -m pipeline"),
    "a subset": (lambda run: change(run, parent={"name": "x"}), "is a subset, without the verdicts of all pairs"),
    "another format": (lambda run: change(run, format=1), "is a run of format 1, made by align-corpus"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_run_that_cannot_be_reused(
    file: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    damage, message = REFUSED[name]
    damage(run)
    assert f"reuse: {run} {message}" in said(file, tmp_path / "out", run, capsys)
    assert not (tmp_path / "out").exists()


DAMAGED = {
    "verdicts/*.parquet": "verdicts/align-00000-of-00002.parquet: Could not open Parquet input source",
    "work/index/*.arrow": "work/index/000000-000000000000.arrow is damaged; remove the folder to reuse all but",
    "work/index/*.json": "work/index is damaged; remove the folder to reuse all but the index",
    "work/kept.json": "work/kept.json is damaged; remove it to reuse all but the index",
    "manifest.json": "holds no finished run of python -m pipeline",
}


@pytest.mark.parametrize("pattern", DAMAGED)
def test_a_damaged_file_of_the_run_is_named(
    file: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], pattern: str
) -> None:
    for path in run.glob(pattern):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content[: len(content) // 2])
    assert DAMAGED[pattern] in said(file, tmp_path / "out", run, capsys)
    assert not [*(tmp_path / "out").rglob("work/index/*.arrow")]


def test_the_output_itself_and_no_folder(file: Path, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"reuse: {run} is the output itself" in said(file, run, run, capsys)
    assert "--reuse is empty" in said(file, run.parent / "out", "", capsys)
    assert f"reuse: {run}/out lies in {run}; give an output" in said(file, run / "out", run, capsys)
    assert "holds no finished run" in said(file, run.parent / "out", run.parent / "nothing", capsys)


VERSIONS = {
    "pillow": ("index of input files (pillow 1, now", "can be decoded (pillow 1, now", "porn scores (pillow 1, now"),
    "onnxruntime": ("porn scores (onnxruntime 1, now",),
    "pyarrow": ("index of input files (pyarrow 1, now",),
    "python": ("index of input files (python 1, now",),
    "align-corpus": (),
}


@pytest.mark.parametrize("library", VERSIONS)
def test_what_another_library_decides_is_not_reused(run: Path, reused: Callable[[], Measured], library: str) -> None:
    versions = json.loads((run / "manifest.json").read_text())["versions"]
    change(run, versions=versions | {library: "1"})
    line = reused().lines[0]
    assert all(cause in line for cause in VERSIONS[library]) and line.count(", now") == len(VERSIONS[library])


def test_a_lost_index_shard_and_a_lost_run(run: Path, reused: Callable[[], Measured]) -> None:
    next((run / "work/index").glob("*.arrow")).unlink()
    next((run / "work/runs").glob("pairs-*")).unlink()
    assert "not reused: index of input files (1 with shards that are missing)" in " ".join(reused().lines)


def test_lost_verdicts_leave_the_index(
    run: Path, reused: Callable[[], Measured], finished_run: tuple[Path, Measured]
) -> None:
    lost = sorted((run / "verdicts").iterdir())[1]
    lost.unlink()
    again = reused()
    assert 0 < again.scored < finished_run[1].scored
    assert f"not reused: 1 files of verdicts, which are missing, such as verdicts/{lost.name}" in again.lines[0]
    assert again.lines[0].startswith("reuse: index of 1 of 1 input files (12 pairs), porn scores of")
    assert again.lines[1:] == ["reuse: sorted runs of 12 of 12 pairs"]


def test_a_rerun_says_what_is_kept(file: Path, tmp_path: Path) -> None:
    options = [file], "--filters.porn.enabled=false"
    corpus(tmp_path / "run", *options)
    assert not (tmp_path / "run/work/index").exists()
    gone = corpus(tmp_path / "run", *options, "--keep_work").lines
    assert gone == [
        f"keep_work: {tmp_path}/run was finished without it, and its work is gone; --overwrite makes both again"
    ]
    kept = corpus(tmp_path / "run", *options, "--keep_work", "--overwrite").lines
    size = sum(file.stat().st_size for name in ("index", "runs") for file in (tmp_path / "run/work" / name).iterdir())
    assert kept == [f"keep_work: {size:,} bytes in {tmp_path}/run/work, for --reuse={tmp_path}/run"]
    corpus(tmp_path / "run", *options)
    assert (tmp_path / "run/work/index").exists() and (tmp_path / "run/work/runs").exists()


@pytest.mark.parametrize("at", ["index", "count", "emit"])
def test_a_run_that_was_killed_resumes_with_and_without(
    file: Path, more: Path, run: Path, run_of_two: Path, tmp_path: Path, at: str
) -> None:
    for name, then in (("with", [f"--reuse={run}"]), ("without", [])):
        output = tmp_path / name
        with counted(), mock.patch.object(Passes, at, side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
            call(f"--input={file},{more}", f"--output={output}", *SMALL, f"--reuse={run}")
        corpus(output, [file, more], *then)
        assert finished(output) == finished(run_of_two)


def test_with_the_counts_of_an_earlier_run(file: Path, run: Path, tmp_path: Path) -> None:
    _, again = both(tmp_path, run, [file], f"--counts={run}", "--filters.short_side.min_pixels=21")
    assert again.scored == 0 and "porn scores of" in " ".join(again.lines)
