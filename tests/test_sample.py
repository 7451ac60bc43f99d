"""The sample: the same bytes for a seed, and verdicts that agree with an independent statement of all rules."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from pipeline.sample.cli import main
from tests.crawl_oracle import REASONS, Row, is_ordinary, judged_crawl


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        assert main([f"--output={tmp_path / name}", "--pictures=20", f"--seed={seed}"]) == 0
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a" / "crawl" / "folder") != contents(tmp_path / "c" / "crawl" / "folder")


def test_a_finished_sample_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    output.mkdir()  # an empty directory is as good as none
    assert main([f"--output={output}", "--pictures=10"]) == 0
    (output / "crawl" / "00000.tar").unlink()
    assert main([f"--output={output}", "--pictures=10"]) == 0
    assert capsys.readouterr().out == f"{output}: made\n{output}: is there already\n"
    assert not (output / "crawl" / "00000.tar").exists()


@pytest.mark.parametrize("content", [{"notes.txt": "mine"}, {"sample.json": '{"pictures": 10, "seed": 1}'}])
def test_another_directory_is_refused(
    content: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    assert main([f"--output={tmp_path}", "--pictures=10"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"python -m pipeline.sample: {tmp_path} is ") and error.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == set(content)


def test_what_a_killed_run_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial" / "half.parquet").touch()
    assert main([f"--output={tmp_path / 'out'}", "--pictures=10"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert list(tmp_path.rglob("half.parquet")) == []


@pytest.mark.parametrize("wrong", ["--pictures=-1", "--pictures=9", "--seed=x", "--picture=6", "--colour=red"])
def test_wrong_usage_exits_with_2(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([f"--output={tmp_path / 'out'}", wrong])


@pytest.mark.parametrize(
    "module, heavy",
    [("cli", {"numpy", "PIL", "pyarrow", "apache_beam"}), ("make", {"apache_beam", "tensorflow"})],
)
def test_nothing_heavy_is_imported(module: str, heavy: set[str]) -> None:
    program = f"import sys, pipeline.sample.{module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert heavy.isdisjoint(loaded.split())


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample of half the default size: words are rarer than in a whole one."""
    folder = tmp_path_factory.mktemp("sample") / "crawl"
    assert main([f"--output={folder}", "--pictures=950"]) == 0
    return folder


@pytest.fixture(scope="module")
def pairs(sample: Path) -> list[Row]:
    """All rows of the crawl with their reasons, by an independent statement of the rules."""
    return judged_crawl(sample / "crawl", sorted((sample / "eval").glob("eval-*")))


def test_every_special_case_gets_the_verdict_it_was_made_for(sample: Path, pairs: list[Row]) -> None:
    given: dict[str, list[list[str]]] = defaultdict(list)
    for row in pairs:
        given[row["key"]].append(row["reasons"])
    expected = [json.loads(line) for line in (sample / "expected.jsonl").read_text().splitlines()]
    wrong = [case for case in expected if given[case["key"]] != [case["reasons"]] * len(given[case["key"]])]
    assert wrong == []
    assert {case["key"] for case in expected} <= {row["key"] for row in pairs}


def test_every_rule_drops_something(pairs: list[Row]) -> None:
    assert {reason for row in pairs for reason in row["reasons"]} == set(REASONS)


def test_most_ordinary_pairs_are_kept(pairs: list[Row]) -> None:
    ordinary = [row for row in pairs if is_ordinary(row)]
    assert len(ordinary) > 2 * 950
    assert sum(not row["reasons"] for row in ordinary) > 0.9 * len(ordinary)


def test_unrelated_pictures_have_different_hashes(pairs: list[Row]) -> None:
    distances = [row["distance"] for row in pairs if is_ordinary(row) and "distance" in row]
    assert len(distances) > 950
    assert min(distances) > 50
