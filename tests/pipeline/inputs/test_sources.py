"""Files of an input: globs, folders, names and order, against `pathlib` and by hand."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from pipeline.inputs import InputError, check_output, find_sources, list_files


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "a/x-1.parquet",
        "b/x-2.parquet",
        "b/x-1.parquet",
        "b/y.csv",
        "b/deep/z.tar",
        "b/images/1.jpg",
        "top.jsonl.gz",
    ):
        place = tmp_path / "data" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(name.encode())
    return tmp_path / "data"


def names(*patterns: object) -> list[str]:
    return [source.name for source in find_sources([str(pattern) for pattern in patterns])]


def test_name_is_the_path_below_the_fixed_part(tree: Path) -> None:
    assert names(tree / "*/x-*.parquet") == ["a/x-1.parquet", "b/x-1.parquet", "b/x-2.parquet"]
    assert names(tree / "b/x-?.parquet") == ["x-1.parquet", "x-2.parquet"]
    assert names(tree / "b/x-[2-9].parquet") == ["x-2.parquet"]
    assert names(tree / "b/y.csv") == ["y.csv"]


def test_a_directory_is_all_supported_files_below_it(tree: Path) -> None:
    expected = ["a/x-1.parquet", "b/deep/z.tar", "b/x-1.parquet", "b/x-2.parquet", "b/y.csv", "top.jsonl.gz"]
    assert names(tree) == names(f"{tree}/") == expected
    assert names(tree / "b/deep") == ["z.tar"]


def test_two_stars_cross_folders_and_match_none(tree: Path) -> None:
    assert names(tree / "**/*.parquet") == sorted(str(path.relative_to(tree)) for path in tree.rglob("*.parquet"))
    assert names(tree / "b/**/z.tar") == ["deep/z.tar"]
    assert names(tree / "b/deep/**/z.tar") == ["z.tar"]


def test_relative_patterns(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    assert names("*/*.csv") == ["b/y.csv"]
    assert names("*.gz") == names("top.jsonl.gz") == ["top.jsonl.gz"]
    assert names("b") == names(".//b") == ["deep/z.tar", "x-1.parquet", "x-2.parquet", "y.csv"]
    assert names(".")[0] == "a/x-1.parquet"


def test_patterns_keep_their_order_and_a_file_comes_once(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.parent)
    sources = find_sources(["data/b/x-2.parquet", f"{tree}/b/*.parquet", "data/../data/b/x-1.parquet", str(tree / "a")])
    assert [source.name for source in sources] == ["x-2.parquet", "x-1.parquet", "x-1.parquet"]
    assert [source.number for source in sources] == [0, 1, 2]


def test_size_and_time_are_the_file_s(tree: Path) -> None:
    os.utime(tree / "b/y.csv", (1, 1234567890.5))
    [source] = find_sources([str(tree / "b/*.csv")])
    assert (source.path, source.size, source.modified) == (str(tree / "b/y.csv"), len(b"b/y.csv"), 1234567890.5)


def test_a_file_whose_name_holds_glob_characters(tree: Path) -> None:
    (tree / "a[1]").mkdir()
    (tree / "a[1]/x*.csv").write_bytes(b"x")
    assert names(tree / "a[1]/x*.csv") == ["x*.csv"]
    assert names(tree / "a[1]") == ["x*.csv"]


@pytest.mark.parametrize(
    ("output", "pattern", "refused"),
    [
        ("crawl/out", "crawl", True),
        ("crawl", "crawl/", True),
        ("crawl/a/../out", "crawl", True),
        ("crawl/out", "crawl/**/*.tar", True),
        ("crawl/out", "crawl/*.tar", False),
        ("crawl-out", "crawl", False),
        ("gs://bucket/crawl/out", "gs://bucket/crawl/", True),
        ("gs://bucket/out", "gs://bucket/crawl/", False),
    ],
)
def test_an_output_inside_an_input_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, pattern: str, refused: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crawl" / "a").mkdir(parents=True)
    with pytest.raises(InputError, match=f"output: {output} lies in") if refused else nullcontext():
        check_output(output, [pattern])


def test_upper_case_endings(tmp_path: Path) -> None:
    (tmp_path / "A.PARQUET").write_bytes(b"")
    assert names(tmp_path) == names(tmp_path / "*") == ["A.PARQUET"]


@pytest.mark.parametrize("pattern", ["nothing/*.parquet", "nothing", "*.nothing", ""])
def test_a_pattern_without_files_is_refused(tree: Path, pattern: str) -> None:
    with pytest.raises(InputError) as error:
        find_sources([str(tree / pattern) if pattern else ""])
    assert pattern in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("pattern", ["b/images/1.jpg", "b/images/*", "b/**"])
def test_a_file_of_another_kind_is_refused_by_name_and_by_glob(tree: Path, pattern: str) -> None:
    with pytest.raises(InputError, match=r"images/1\.jpg is of another kind than \.parquet, \.csv,.*\.tfrecord"):
        find_sources([str(tree / pattern)])


def test_a_directory_with_nothing_to_read_is_refused(tree: Path) -> None:
    with pytest.raises(InputError, match="images"):
        find_sources([str(tree / "b/images")])


def test_an_unknown_filesystem_is_refused(tree: Path) -> None:
    with pytest.raises(InputError, match=r"can't list nowhere://bucket/\*\.parquet: ") as error:
        find_sources(["nowhere://bucket/*.parquet"])
    assert "\n" not in str(error.value)


def test_files_of_any_kind(tree: Path) -> None:
    assert [file.name for file in list_files(str(tree / "b/images"))] == ["1.jpg"]
    assert [file.name for file in list_files(str(tree / "b"))] == sorted(
        str(path.relative_to(tree / "b")) for path in (tree / "b").rglob("*") if path.is_file()
    )
