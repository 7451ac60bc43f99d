"""Images that a table names by path: below the table's folder, and never outside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.inputs.reader import IMAGE_BATCH_BYTES
from tests.support.inputs import again, carried, open_path, read, whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of images, and a secret beside it."""
    folder = tmp_path / "inside"
    (folder / "images/deep").mkdir(parents=True)
    (folder / "images/a.jpg").write_bytes(b"a")
    (folder / "images/deep/ü b.jpg").write_bytes(b"b")
    (folder / "images/empty.jpg").write_bytes(b"")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "inside-out").mkdir()
    (tmp_path / "inside-out/c.jpg").write_bytes(b"secret")
    return folder


def table_of(folder: Path, paths: Sequence[str | None], name: str = "t.parquet") -> Path:
    table = pa.table({"image_path": pa.array(paths, pa.string()), "text": ["t"] * len(paths), "n": range(len(paths))})
    pq.write_table(table, folder / name)
    return folder / name


def images(folder: Path, *paths: str | None) -> list[bytes | None]:
    path = table_of(folder, list(paths))
    table = read(path)
    assert table["image_path"].to_pylist() == list(paths), "as the input wrote them"
    assert again(path, table, range(len(paths))) == table["image"].to_pylist()
    return table["image"].to_pylist()


def test_files_below_the_folder(folder: Path) -> None:
    paths = ["images/a.jpg", "images/deep/ü b.jpg", "./images//a.jpg", "images/empty.jpg", "images/./deep/../a.jpg"]
    assert images(folder, *paths) == [b"a", b"b", b"a", b"", None]


def test_what_is_not_there_is_missing(folder: Path) -> None:
    long = "x" * 5_000
    paths = [
        "images/none.jpg",
        "images",
        "images/a.jpg/x",
        "",
        None,
        "a\0b",
        long,
        "http://example.org/a.jpg",
        "t.parquet/",
    ]
    assert images(folder, *paths) == [None] * len(paths)


def test_nothing_outside_is_read(folder: Path) -> None:
    outside = str(folder.parent / "secret.jpg")
    os.symlink(outside, folder / "link.jpg")
    os.symlink(folder.parent, folder / "up")
    os.symlink("../../secret.jpg", folder / "images/relative.jpg")
    paths = [outside, "/etc/passwd", "../secret.jpg", "images/../../secret.jpg", "../inside-out/c.jpg", "..", "."]
    assert (
        images(folder, *paths, "link.jpg", "up/secret.jpg", "images/relative.jpg", f"file://{outside}") == [None] * 11
    )


def test_links_that_stay_inside_are_read(folder: Path) -> None:
    os.symlink("a.jpg", folder / "images/link.jpg")
    os.symlink(folder / "images", folder / "link")
    os.symlink("loop", folder / "loop")
    os.symlink("nowhere", folder / "dangling")
    assert images(folder, "images/link.jpg", "link/deep/ü b.jpg", "loop", "dangling") == [b"a", b"b", None, None]


def test_a_folder_that_is_itself_a_link(folder: Path, tmp_path: Path) -> None:
    table_of(folder, ["images/a.jpg"])
    os.symlink(folder, tmp_path / "alias")
    assert read(tmp_path / "alias/t.parquet")["image"].to_pylist() == [b"a"]


def test_a_pipe_does_not_block(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    assert images(folder, "pipe.jpg", "images/a.jpg") == [None, b"a"]


def test_a_table_in_the_working_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table_of(folder, ["images/a.jpg", "../secret.jpg"])
    monkeypatch.chdir(folder)
    assert read("t.parquet")["image"].to_pylist() == [b"a", None]


def test_paths_are_counted_once(folder: Path) -> None:
    path = table_of(folder, ["images/a.jpg", None, "images/none.jpg", "images/empty.jpg", "../secret.jpg"])
    reader = open_path(path)
    table = whole(reader)
    assert (reader.paths_seen, reader.paths_found, reader.folder) == (4, 2, str(folder))
    assert reader.has_images and carried(table) == {"n": [0, 1, 2, 3, 4]}
    list(reader.images(table.append_column("row", table["n"])))
    assert (reader.paths_seen, reader.paths_found) == (4, 2)


def test_text_only_opens_no_file(folder: Path) -> None:
    reader = open_path(table_of(folder, ["images/a.jpg"]), text_only=True)
    assert whole(reader)["image"].to_pylist() == [None] and reader.paths_seen == 0


def test_bytes_win_over_paths(folder: Path) -> None:
    table = pa.table({"image": [b"bytes", None], "image_path": ["images/a.jpg"] * 2, "text": ["t"] * 2})
    pq.write_table(table, folder / "t.parquet")
    result = read(folder / "t.parquet")
    assert result["image"].to_pylist() == [b"bytes", None] and result["image_path"].to_pylist() == ["images/a.jpg"] * 2
    assert again(folder / "t.parquet", result, [0, 1]) == [b"bytes", None]


def test_batches_stay_small(folder: Path) -> None:
    size = IMAGE_BATCH_BYTES // 4
    (folder / "large").write_bytes(bytes(size))
    batches = list(open_path(table_of(folder, ["large"] * 10 + ["images/a.jpg"] * 2_500)).batches())
    assert [len(batch) for batch in batches] == [4, 4, 1_000, 1_000, 502]
    assert [image for batch in batches for image in batch["n"].to_pylist()] == list(range(2_510))


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl"])
def test_paths_in_tables_of_text(folder: Path, name: str) -> None:
    rows = [("images/a.jpg", "one"), ("images/none.jpg", "two")]
    lines = {
        "t.csv": ["image_path,text", *(f"{path},{text}" for path, text in rows)],
        "t.tsv": ["image_path\ttext", *(f"{path}\t{text}" for path, text in rows)],
        "t.jsonl": [f'{{"image_path": "{path}", "text": "{text}"}}' for path, text in rows],
    }
    (folder / name).write_text("\n".join(lines[name]))
    table = read(folder / name)
    assert table["image"].to_pylist() == [b"a", None] and open_path(folder / name).has_images
    assert again(folder / name, table, [0, 1]) == [b"a", None]
