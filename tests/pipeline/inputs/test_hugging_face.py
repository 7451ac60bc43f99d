"""Files of Hugging Face's libraries: images by path inside structs, `save_to_disk`, image folders."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.files import Output
from pipeline.inputs import Input, find_sources, open_source
from pipeline.storage.plan import BadInputs, TaskNote, make_plan
from tests.support.inputs import INPUT, again, open_path, read, whole

PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images below a folder, and a secret beside it."""
    for name in ("in/a.png", "in/train/b.png", "secret.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "in/link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "other").symlink_to(tmp_path / "in")
    return tmp_path / "in"


def write(path: Path, table: pa.Table) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=4)
    else:
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=4)
    return path


def pictures(*rows: tuple[bytes | None, str | None] | None) -> pa.Table:
    values = [None if row is None else dict(zip(("bytes", "path"), row, strict=True)) for row in rows]
    return pa.table({"image": pa.array(values, PICTURE), "text": [f"t{row}" for row in range(len(rows))]})


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_rows_with_bytes_and_rows_with_paths_mix(folder: Path, name: str) -> None:
    rows = [(b"x", "a.png"), (None, "a.png"), (b"", "a.png"), None, (None, None), (None, f"{folder}/train/b.png")]
    rows += [(b"y", None), (None, "none.png"), (None, "./train//b.png"), (None, str(folder.parent / "other/a.png"))]
    path = write(folder / name, pictures(*rows))
    table, reader = read(path), open_path(path)
    expected = [b"x", b"in/a.png", b"", None, None, b"in/train/b.png", b"y", None, b"in/train/b.png", None]
    assert table["image"].to_pylist() == again(path, table, range(10)) == expected
    assert again(path, table, [1, 5, 7]) == [expected[row] for row in (1, 5, 7)]
    paths = [None if row is None or row[0] is not None else row[1] for row in rows]
    assert table["image_path"].to_pylist() == paths
    whole(reader)
    assert (reader.paths_seen, reader.paths_found) == (5, 3)


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_nothing_outside_the_folder_is_read(folder: Path, name: str) -> None:
    outside = ["../secret.png", str(folder.parent / "secret.png"), "link.png", f"{folder}/../secret.png", "/etc/passwd"]
    outside += [f"{folder}/link.png", f"{folder}-b/a.png", str(folder), f"{folder}//", f"{folder}//etc/passwd"]
    path = write(folder / name, pictures(*((None, path) for path in outside)))
    table = read(path)
    assert table["image"].to_pylist() == again(path, table, range(len(outside))) == [None] * len(outside)


def test_a_folder_reached_through_a_link(folder: Path) -> None:
    write(folder / "t.parquet", pictures((None, str(folder / "a.png")), (None, str(folder.parent / "other/a.png"))))
    assert read(folder.parent / "other/t.parquet")["image"].to_pylist() == [b"in/a.png"] * 2


def test_an_image_folder_of_the_settings(folder: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", pictures((None, "a.png"), (None, "in/a.png")))
    settings = Input(image_folder=str(folder))
    table = read(path, settings)
    assert table["image"].to_pylist() == again(path, table, [0, 1], settings) == [b"in/a.png", None]
    assert read(path)["image"].to_pylist() == [None, b"in/a.png"]


def test_text_alone_opens_no_file(folder: Path) -> None:
    reader = open_path(write(folder / "t.parquet", pictures((None, "a.png"))), text_only=True)
    assert whole(reader)["image"].to_pylist() == [None] and reader.paths_seen == 0


def plan_of(folder: Path, output: Path, settings: Input = INPUT) -> None:
    """Returns the plan that pass 1 makes for the files of a folder."""
    sources = find_sources([str(folder)])
    for source in sources:
        reader = open_source(source, settings)
        whole(reader)
        TaskNote(source.number, 0).finish(Output(str(output)), reader)
    make_plan(Output(str(output)), sources, skip_bad=False)


def test_a_run_stops_where_no_image_is_below_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = write(tmp_path / "data/t.parquet", pictures((None, str(folder / "a.png")), (b"x", None), (None, "x.png")))
    with pytest.raises(BadInputs) as error:
        plan_of(tmp_path / "data", tmp_path / "out")
    assert str(error.value) == (
        f"{path}: none of its 2 images exists; looked in {tmp_path}/data; input.image_folder=DIR names another folder, "
        "or embed the images where they are: python -c 'import datasets; "
        f'datasets.load_dataset("parquet", data_files="{path}", split="train")'
        '.cast_column("image", datasets.Image()).save_to_disk("embedded")\''
    )
    plan_of(tmp_path / "data", tmp_path / "out2", Input(image_folder=str(folder)))


@pytest.mark.parametrize(("name", "kind"), [("t.parquet", "parquet"), ("t.arrow", "arrow")])
def test_the_command_names_the_column_of_the_images(tmp_path: Path, name: str, kind: str) -> None:
    table = pictures((None, "none.png"))
    reader = open_path(write(tmp_path / name, table.rename_columns(["jpg", "text"])))
    assert f'load_dataset("{kind}", ' in reader.looked_in and '.cast_column("jpg", ' in reader.looked_in


def test_a_line_without_an_image_is_noted_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/t.jsonl").write_text('{"text": "a", "image": null}\n')
    plan_of(tmp_path / "data", tmp_path / "out")


def test_a_folder_that_save_to_disk_left(folder: Path) -> None:
    """Shards in folders of their splits, their notes beside them, and a copy that `map` cached."""
    for split in ("test", "train"):
        (folder / split).mkdir(exist_ok=True)
        write(folder / split / "data-00000-of-00001.arrow", pictures((b"x", "x.png")))
        for name in ("state.json", "dataset_info.json"):
            (folder / split / name).write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    for name in ("cache-b8eb4c2c61ee2d8c.arrow", "cache-0123456789abcdef_00000_of_00002.arrow"):
        write(folder / "test" / name, pictures((b"x", "x.png")))
    (folder / "cache-mine.arrow").write_bytes((folder / "test/data-00000-of-00001.arrow").read_bytes())
    names = [source.name for source in find_sources([str(folder)])]
    assert names == ["cache-mine.arrow", "test/data-00000-of-00001.arrow", "train/data-00000-of-00001.arrow"]
    assert [source.name for source in find_sources([f"{folder}/test/cache-b*"])] == ["cache-b8eb4c2c61ee2d8c.arrow"]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("place", [".", "train"])
def test_an_image_folder_with_metadata(folder: Path, kind: str, place: str) -> None:
    rows = [("a.png" if place == "." else "b.png", "one"), ("none.png", "two")]
    path = folder / place / f"metadata.{kind}"
    if kind == "parquet":
        pq.write_table(pa.table({"file_name": [row[0] for row in rows], "text": [row[1] for row in rows]}), path)
    elif kind == "csv":
        path.write_text("file_name,text\n" + "".join(f"{name},{text}\n" for name, text in rows))
    else:
        path.write_text("".join(json.dumps({"file_name": name, "text": text}) + "\n" for name, text in rows))
    [source] = find_sources([str(folder)])
    table = whole(open_source(source, INPUT))
    assert table["text"].to_pylist() == [b"one", b"two"]
    assert table["image"].to_pylist() == [b"in/a.png" if place == "." else b"in/train/b.png", None]
