"""Folders as Spark, Jupyter and macOS leave them: what is skipped, and what a folder without inputs says."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.counted_files import FILES
from pipeline.inputs import InputError, find_sources

REMOTE = "counted://data/hidden"
LEFTOVERS = [
    "_temporary/0/a.csv",
    ".ipynb_checkpoints/a-checkpoint.csv",
    "b/.c/d/a.csv",
    "b/__MACOSX/a.csv",
    "._a.csv",
    "b/_metadata.csv",
]
DATA = ["a.csv", "b/c_d/e.csv", "b/x.y/z_.csv"]


@pytest.fixture(params=["local", "remote"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A folder with data and what programs leave beside them."""
    for name in LEFTOVERS + DATA:
        FILES[f"{REMOTE}/{name}"] = b"text,url\na red kite,u\n"
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(FILES[f"{REMOTE}/{name}"])
    yield str(tmp_path) if request.param == "local" else REMOTE
    FILES.clear()


def names(*patterns: str) -> list[str]:
    return [source.name for source in find_sources(patterns)]


def refusal(pattern: str | Path) -> str:
    with pytest.raises(InputError) as error:
        find_sources([str(pattern)])
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_programs_leave_in_a_folder_is_skipped(root: str) -> None:
    assert names(root) == names(f"{root}/**/*.csv") == sorted(DATA)
    assert names(f"{root}/*/*/*.csv") == ["b/c_d/e.csv", "b/x.y/z_.csv"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("_temporary", ["0/a.csv"]),
        ("_temporary/*/a.csv", ["0/a.csv"]),
        ("_temp*/0/*.csv", ["_temporary/0/a.csv"]),
        ("._a.csv", ["._a.csv"]),
        ("._*.csv", ["._a.csv"]),
        ("*/_*.csv", ["b/_metadata.csv"]),
        ("**/.c/**/*.csv", ["b/.c/d/a.csv"]),
    ],
)
def test_what_a_pattern_names_is_read(root: str, pattern: str, found: list[str]) -> None:
    assert names(f"{root}/{pattern}") == found


def test_where_all_is_skipped_a_file_is_named(root: str) -> None:
    said = refusal(f"{root}/*/0/*.csv")
    assert said.startswith(f"input: no file matches '{root}/*/0/*.csv': skipped for a name that begins with . or _: ")
    assert said.endswith(f"1 file, such as {root}/_temporary/0/a.csv; name it to read it")


def test_a_folder_of_leftovers_alone_says_so(tmp_path: Path) -> None:
    (tmp_path / "_a").mkdir()
    for name in ("_a/1.csv", "_a/2.csv", "_SUCCESS"):
        (tmp_path / name).write_bytes(b"")
    assert refusal(tmp_path).endswith(
        f": it holds 2 .csv, 1 without an ending; skipped for a name that begins with . or _: 2 files, "
        f"such as {tmp_path}/_a/1.csv; name it to read it"
    )


def test_a_file_with_glob_characters_and_a_mark_is_read_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "_a[1].csv").write_bytes(b"")
    assert names(f"{tmp_path}/_a[1].csv") == ["_a[1].csv"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert names(str(tmp_path)) == ["a.csv"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["1.jpg", "2.jpg", "d/3.PNG"], ": it holds 2 .jpg, 1 .png; images alone have no texts: put a metadata.csv"),
        (["1.txt"], ": it holds 1 .txt"),
        (["captions.txt", "Images/1.jpg"], ": it holds 1 .jpg, 1 .txt; caption files are read if named"),
        ([], ": it is empty"),
        (["a.1", "b.2", "c.3", "d.4", "e.5", "f.6", "g.7"], ": it holds 1 .1, 1 .2, 1 .3, 1 .4, 1 .5 and 2 more kinds"),
        (["stats.json"], ": it holds 1 .json; the .json files hold no captions in the form of COCO or Karpathy"),
    ],
)
def test_a_folder_without_inputs_says_what_it_holds(tmp_path: Path, files: list[str], said: str) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"{}")
    refused = refusal(tmp_path)
    assert refused.startswith(f"input: no file matches '{tmp_path}'{said}")


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("a b.tar.gz", "gunzip -k 'DIR/a b.tar.gz'"),
        ("a.tgz", "gunzip -k DIR/a.tgz"),
        ("a.parquet.gz", "gunzip -k DIR/a.parquet.gz"),
        ("a.json.gz", "gunzip -k DIR/a.json.gz"),
        ("a.TFRECORD.GZ", "gunzip -k DIR/a.TFRECORD.GZ"),
        ("a.jsonl.zst", "unzstd DIR/a.jsonl.zst"),
        ("a.tar.bz2", "bunzip2 -k DIR/a.tar.bz2"),
        ("a.csv.xz", "unxz -k DIR/a.csv.xz"),
        ("a.zip", "unzip -q DIR/a.zip -d DIR/a"),
    ],
)
def test_a_packed_file_is_refused_with_the_command_that_unpacks_it(tmp_path: Path, name: str, command: str) -> None:
    (tmp_path / name).write_bytes(b"")
    said = f"make it readable with: {command.replace('DIR', str(tmp_path))}"
    assert refusal(tmp_path / name).endswith(said)
    assert refusal(f"{tmp_path}/*").endswith(said)
    assert refusal(tmp_path).endswith(said.replace("it", "them", 1))


@pytest.mark.parametrize("name", ["a.gz", "a.jpg.gz", "a.7z", "a.csv.gz.gz.x"])
def test_a_file_that_no_command_makes_readable_is_refused_without_one(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert "make" not in refusal(tmp_path / name)


@pytest.mark.slow
def test_the_command_makes_a_file_readable(tmp_path: Path) -> None:
    (tmp_path / "a b.tar.gz").write_bytes(gzip.compress(b"a tar"))
    subprocess.run(refusal(tmp_path / "a b.tar.gz").rpartition("with: ")[2], shell=True, check=True)
    assert (tmp_path / "a b.tar").read_bytes() == b"a tar" and names(f"{tmp_path}/*.tar") == ["a b.tar"]


def test_packed_files_beside_inputs_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.csv", "b.tar.gz", "c.zip", "picture.jpg", "_d.zip"):
        (tmp_path / name).write_bytes(b"")
    assert names(str(tmp_path)) == ["a.csv"]
    said = f"input: {tmp_path}: 2 packed files not read; to read the first: gunzip -k {tmp_path}/b.tar.gz\n"
    assert capsys.readouterr().err == said
