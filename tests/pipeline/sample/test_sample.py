"""The sample: the same bytes for a seed, and verdicts that agree with an independent statement of all rules."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.sample.cli import SAMPLE
from pipeline.sample.copies import COPIES
from tests.support.sample_reader import read_crawl
from tests.support.statement import REASONS, Pair, Settings, verdicts
from tests.support.statement_image import decodable, nearest, porn_score, size

PICTURES = 950  # half of the default: words are rarer than in a whole sample
THRESHOLD = 31  # bits of 256


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        assert SAMPLE.call([f"--output={tmp_path / name}", "--pictures=20", f"--seed={seed}"]) == 0
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a" / "crawl" / "folder") != contents(tmp_path / "c" / "crawl" / "folder")


def test_a_finished_sample_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    output.mkdir()  # an empty directory is as good as none
    assert SAMPLE.call([f"--output={output}", "--pictures=10"]) == 0
    (output / "crawl" / "00000.tar").unlink()
    assert SAMPLE.call([f"--output={output}", "--pictures=10"]) == 0
    assert capsys.readouterr().out == f"{output}: made\n{output}: is there already\n"
    assert not (output / "crawl" / "00000.tar").exists()


@pytest.mark.parametrize("content", [{"notes.txt": "mine"}, {"sample.json": '{"pictures": 10, "seed": 1}'}])
def test_another_directory_is_refused(
    content: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    assert SAMPLE.call([f"--output={tmp_path}", "--pictures=10"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"sample: {tmp_path} is ") and error.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == set(content)


def test_what_a_killed_run_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial" / "half.parquet").touch()
    assert SAMPLE.call([f"--output={tmp_path / 'out'}", "--pictures=10"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert list(tmp_path.rglob("half.parquet")) == []


@pytest.mark.parametrize("wrong", ["--pictures=-1", "--pictures=9", "--seed=x", "--picture=6", "--colour=red"])
def test_wrong_usage_exits_with_2(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        SAMPLE.call([f"--output={tmp_path / 'out'}", wrong])


@pytest.mark.slow
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
    folder = tmp_path_factory.mktemp("sample") / "crawl"
    assert SAMPLE.call([f"--output={folder}", f"--pictures={PICTURES}"]) == 0
    return folder


@pytest.fixture(scope="module")
def pairs(sample: Path) -> list[Pair]:
    return read_crawl(sample / "crawl")


@pytest.fixture(scope="module")
def distances(sample: Path, pairs: list[Pair]) -> dict[bytes, int]:
    """Bits from each image that can be decoded to the nearest picture of the evaluation set, in any orientation."""
    images = [image for image in {pair.image for pair in pairs if pair.image} if _is_small(image) and decodable(image)]
    evaluation = [path.read_bytes() for path in sorted((sample / "eval").glob("eval-*"))]
    return dict(zip(images, nearest(images, evaluation), strict=True))


@pytest.fixture(scope="module")
def reasons(pairs: list[Pair], distances: dict[bytes, int]) -> list[list[str]]:
    """Reasons of each pair by the independent statement; `porn` has a test of its own, since scoring is slow."""
    duplicates = {image for image, distance in distances.items() if distance <= THRESHOLD}
    settings = Settings(min_count=3, off=frozenset({"porn"}))  # configs/toy.yaml
    return [verdict["reasons"] for verdict in verdicts(pairs, settings, duplicates)]


@pytest.fixture(scope="module")
def expected(sample: Path) -> dict[str, list[str]]:
    """The promised reasons of each special case, by its key."""
    cases = [json.loads(line) for line in (sample / "expected.jsonl").read_text().splitlines()]
    return {case["key"]: case["reasons"] for case in cases}


@pytest.mark.slow
def test_every_special_case_gets_the_verdict_it_was_made_for(
    pairs: list[Pair], reasons: list[list[str]], expected: dict[str, list[str]]
) -> None:
    given = [(pair.key, why) for pair, why in zip(pairs, reasons, strict=True) if pair.key in expected]
    promised = [(key, [reason for reason in expected[key] if reason != "porn"]) for key, _ in given]
    assert given == promised
    assert {key for key, _ in given} == set(expected)


@pytest.mark.slow
def test_one_special_case_scores_as_porn(
    pairs: list[Pair], reasons: list[list[str]], expected: dict[str, list[str]]
) -> None:
    kept = {
        pair.key: pair.image
        for pair, why in zip(pairs, reasons, strict=True)
        if pair.key in expected and pair.image and not why
    }
    scores = {key: porn_score(image) for key, image in kept.items()}
    assert [key for key, score in scores.items() if score > 0.2] == ["forms-skin"]
    assert scores["forms-skin"] > 0.5 and scores["forms-grass"] < 0.1
    assert [key for key in expected if "porn" in expected[key]] == ["forms-skin"]


@pytest.mark.slow
def test_every_rule_has_a_case(expected: dict[str, list[str]]) -> None:
    assert {reason for why in expected.values() for reason in why} == set(REASONS)


@pytest.mark.slow
def test_most_ordinary_pairs_are_kept(
    pairs: list[Pair], reasons: list[list[str]], expected: dict[str, list[str]]
) -> None:
    ordinary = [why for pair, why in zip(pairs, reasons, strict=True) if pair.key not in expected]
    assert len(ordinary) > 2 * PICTURES
    assert ordinary.count([]) > 0.9 * len(ordinary)


@pytest.mark.slow
def test_unrelated_pictures_have_different_hashes(distances: dict[bytes, int]) -> None:
    copies = [distance for distance in distances.values() if distance <= 50]
    assert len(copies) == len(COPIES) and max(copies) <= THRESHOLD
    assert len(distances) > PICTURES


def _is_small(image: bytes) -> bool:
    """Returns whether the bytes are an image, and no decompression bomb."""
    width, height = size(image) or (0, 0)
    return 0 < width * height < 10**6
