"""Columns as other people's tables name them: aliases in any case, two roles, fields inside others, several texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.inputs import BadFile, Columns, Input
from tests.support.inputs import again, carried, open_path, read, read_columns


def parquet(folder: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), folder / "t.parquet")
    return folder / "t.parquet"


def jsonl(folder: Path, *rows: dict[str, Any]) -> Path:
    (folder / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "t.jsonl"


def size(table: pa.Table) -> tuple[list[int | None], list[int | None]]:
    return table["width"].to_pylist(), table["height"].to_pylist()


@pytest.mark.parametrize(
    "names",
    [
        "WIDTH HEIGHT",
        "width height",
        "original_width original_height",
        "ORIG_WIDTH ORIG_HEIGHT",
        "Image_Width IMAGE_height",
    ],
)
def test_sizes_of_url_lists_by_every_name(tmp_path: Path, names: str) -> None:
    table = read(parquet(tmp_path, URL=["u"], TEXT=["t"], **dict(zip(names.split(), [[640], [480]], strict=True))))
    assert size(table) == ([640], [480]) and carried(table) == {}


def test_the_size_on_the_web_goes_before_that_of_a_copy(tmp_path: Path) -> None:
    sizes = {"width": [256], "height": [256], "ORIGINAL_WIDTH": [640], "original_height": [480]}
    table = read(parquet(tmp_path, url=["u"], text=["t"], **sizes))
    assert size(table) == ([640], [480]) and carried(table) == {"input_width": [256], "input_height": [256]}


def test_width_and_height_are_of_one_picture(tmp_path: Path) -> None:
    sizes = {"original_width": [640], "width": [256], "height": [128]}
    assert size(read(parquet(tmp_path, url=["u"], text=["t"], **sizes))) == ([256], [128])
    assert size(read(parquet(tmp_path, url=["u"], text=["t"], original_width=[640], height=[9]))) == ([640], [9])
    chosen = {"url": ["u"], "text": ["t"], "w": [5], **sizes}
    assert size(read_columns(parquet(tmp_path, **chosen), width="w")) == ([5], [128])


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"Text": ["1"], "tEXT": ["2"]}, b"1"),
        ({"tEXT": ["2"], "Text": ["1"]}, b"2"),
        ({"Text": ["1"], "TEXT": ["2"]}, b"2"),
        ({"Text": ["1"], "caption": ["2"]}, b"2"),
        ({"Caption": ["1"], "Text": ["2"]}, b"2"),
        ({"Text": [{"a": 1}], "TeXt": ["2"]}, b"2"),
    ],
)
def test_a_name_as_it_is_written_goes_before_one_in_another_case(
    tmp_path: Path, columns: dict[str, Any], text: bytes
) -> None:
    assert read(parquet(tmp_path, URL=["u"], **columns))["text"].to_pylist() == [text]


@pytest.mark.parametrize("name", ["image", "jpg", "JPEG", "png", "webp", "image_bytes", "bytes"])
def test_every_alias_of_the_image(tmp_path: Path, name: str) -> None:
    for values in ([b"A", None], [{"bytes": b"A", "path": "a.jpg"}, None]):
        path = parquet(tmp_path, txt=["t", "u"], __key__=["k", "l"], **{name: values})
        table = read(path)
        assert table["image"].to_pylist() == [b"A", None] == again(path, table, [0, 1])
        assert carried(table) == {} and table["key"].to_pylist() == ["k", "l"]


def test_other_columns_of_these_names_are_no_images(tmp_path: Path) -> None:
    path = parquet(tmp_path, text=["t"], url=["u"], png=["a string"], bytes=[5], webp=pa.nulls(1))
    assert not open_path(path).has_images
    assert carried(read(path)) == {"png": ["a string"], "bytes": [5], "webp": [None]}


@pytest.mark.parametrize("name", ["image_path", "file_name", "FilePath", "filename", "path"])
@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_paths_of_files_are_images(tmp_path: Path, name: str, ending: str) -> None:
    (tmp_path / "a.jpg").write_bytes(b"A")
    rows = [{"url": f"u{row}", "caption": "t", name: path} for row, path in enumerate(["no.jpg", "a.jpg"])]
    path = tmp_path / f"t.{ending}"
    if ending == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif ending == "jsonl":
        jsonl(tmp_path, *rows)
    else:
        path.write_text("\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]))
    table = read(path)
    assert table["image"].to_pylist() == [None, b"A"] == again(path, table, [0, 1]) and carried(table) == {}
    assert table["image_path"].to_pylist() == ["no.jpg", "a.jpg"]


def test_paths_without_files_are_carried_beside_urls_and_looked_for_where_there_are_none(tmp_path: Path) -> None:
    path = parquet(tmp_path, text=["t"], url=["u"], path=["no.jpg"])
    assert not open_path(path).has_images and carried(read(path)) == {"path": ["no.jpg"]}
    path = parquet(tmp_path, text=["t"], path=["no.jpg"])
    reader = open_path(path)
    assert [batch["image"].to_pylist() for batch in reader.batches()] == [[None]]
    assert (reader.paths_seen, reader.paths_found, reader.folder) == (1, 0, str(tmp_path))
    (tmp_path / "a.jpg").write_bytes(b"A")
    assert carried(read(parquet(tmp_path, text=["t"], image=[b"i"], path=["a.jpg"]))) == {"path": ["a.jpg"]}


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_a_column_may_have_two_roles(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    if ending == "parquet":
        parquet(tmp_path, URL=["u", "v"], n=["1", "2"], TEXT=["s", "t"])
    elif ending == "jsonl":
        jsonl(tmp_path, {"URL": "u", "n": "1", "TEXT": "s"}, {"URL": "v", "n": "2", "TEXT": "t"})
    else:
        path.write_text("URL,n,TEXT\nu,1,s\nv,2,t\n")
    table = read_columns(path, key="URL", sha256="URL")
    assert table["key"].to_pylist() == table["url"].to_pylist() == ["u", "v"] and carried(table) == {"n": ["1", "2"]}
    table = read_columns(path, text="URL")
    assert table["text"].to_pylist() == [b"u", b"v"] and carried(table) == {"n": ["1", "2"], "TEXT": ["s", "t"]}


def test_an_image_may_have_two_roles_too(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"A")
    path = parquet(tmp_path, path=["a.jpg"], text=["t"])
    table = read_columns(path, key="path", image_path="path")
    assert table["key"].to_pylist() == ["a.jpg"] and table["image"].to_pylist() == [b"A"] == again(path, table, [0])


META: list[dict[str, Any] | None] = [{"caption": "x", "of": {"url": "u"}}, {"caption": None, "of": None}, None]


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_fields_inside_others(tmp_path: Path, ending: str) -> None:
    rows = [{"meta": meta, "n": row} for row, meta in enumerate(META)]
    path = parquet(tmp_path, meta=META, n=[0, 1, 2]) if ending == "parquet" else jsonl(tmp_path, *rows)
    table = read_columns(path, text="meta.caption", url="meta.of.url")
    assert table["text"].to_pylist() == [b"x", None, None] and table["url"].to_pylist() == ["u", None, None]
    meta = carried(table)["meta"]
    assert [json.loads(value) if isinstance(value, str) else value for value in meta] == META
    with pytest.raises(BadFile, match=r"no column meta\.of\.text \(input\.columns\.text\); the columns are meta "):
        read_columns(path, text="meta.of.text", url="meta.of.url")
    with pytest.raises(BadFile, match=r"it holds struct<.*choose a field inside it, .*input\.columns\.text=meta\.NAME"):
        read_columns(path, text="meta", url="meta.of.url")


def test_a_column_with_a_dot_goes_before_a_field(tmp_path: Path) -> None:
    columns = {"meta": META, "meta.caption": ["a", "b", "c"], "url": ["u"] * 3}
    assert read_columns(parquet(tmp_path, **columns), text="meta.caption")["text"].to_pylist() == [b"a", b"b", b"c"]
    path = jsonl(tmp_path, {"meta": META[0], "meta.caption": "a", "url": "u"})
    assert read_columns(path, text="meta.caption")["text"].to_pylist() == [b"a"]


def test_an_image_inside_a_struct_is_read_again_and_not_carried(tmp_path: Path) -> None:
    values = [{"picture": {"bytes": b"A", "path": "a"}, "caption": "t"}, None]
    path = parquet(tmp_path, row=values)
    table = read_columns(path, text="row.caption", image="row.picture")
    assert table["image"].to_pylist() == [b"A", None] and table["text"].to_pylist() == [b"t", None]
    settings = Input(columns=Columns(text="row.caption", image="row.picture"))
    assert again(path, table, [0, 1], settings) == [b"A", None] and carried(table) == {}


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_the_first_text_that_is_not_empty(tmp_path: Path, ending: str) -> None:
    texts = [("", "b", "c"), (" \t", None, "c"), ("a", "b", "c"), (None, None, None)]
    rows = [dict(zip(("x", "y", "z", "url"), (*row, "u"), strict=True)) for row in texts]
    path = tmp_path / f"t.{ending}"
    if ending == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif ending == "jsonl":
        jsonl(tmp_path, *rows)
    else:
        path.write_text(
            "\n".join([",".join(rows[0]), *(",".join(value or "" for value in row.values()) for row in rows)])
        )
    table = read_columns(path, text="x, y,z")
    assert table["text"].to_pylist() == [b"b", b"c", b"a", None] and carried(table) == {}
    assert read_columns(path, text="z,x")["text"].to_pylist() == [b"c", b"c", b"c", None]
    with pytest.raises(BadFile, match=r"no column no \(input\.columns\.text\); the columns are x \(string\), y"):
        read_columns(path, text="x,no")


def test_a_name_with_a_comma_is_a_name(tmp_path: Path) -> None:
    assert read_columns(parquet(tmp_path, **{"x,y": ["a"], "x": ["b"], "url": ["u"]}), text="x,y")[
        "text"
    ].to_pylist() == [b"a"]


def test_numbers_of_columns_in_a_table_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(",b,u\na,b,u\n")
    table = read(tmp_path / "t.csv", Input(header=False, columns=Columns(text="0,1", url="2", key="2")))
    assert table["text"].to_pylist() == [b"b", b"a"] and table["key"].to_pylist() == ["u", "u"]


def test_numbers_that_are_none_are_null(tmp_path: Path) -> None:
    values = pa.array([1.5, float("nan"), float("inf"), None])
    table = read(parquet(tmp_path, text=values, key=values, url=["u"] * 4))
    assert table["text"].to_pylist() == [b"1.5", None, None, None]
    assert table["key"].to_pylist() == ["1.5", None, None, None]
    assert read(parquet(tmp_path, text=["nan", "NaN"], url=["u"] * 2))["text"].to_pylist() == [b"nan", b"NaN"]


def test_a_long_type_in_a_message_is_cut(tmp_path: Path) -> None:
    wide = pa.array([{f"field_{number}": number for number in range(99)}])
    with pytest.raises(BadFile) as error:
        open_path(parquet(tmp_path, wide=wide, url=["u"]))
    assert "field_4" in error.value.reason and "…" in error.value.reason and len(error.value.reason) < 400


@pytest.mark.parametrize(("levels", "is_good"), [(63, True), (64, False), (300, False)])
def test_columns_nest_no_deeper_than_json(tmp_path: Path, levels: int, is_good: bool) -> None:
    column = pa.array([1])
    for _ in range(levels):
        column = pa.StructArray.from_arrays([column], ["a"])
    pq.write_table(pa.table({"url": ["u"], "text": ["t"], "x": column}), tmp_path / "t.parquet", store_schema=False)
    if is_good:
        assert read(tmp_path / "t.parquet")["text"].to_pylist() == [b"t"]
    else:
        with pytest.raises(BadFile, match="column x is nested more than 63 deep"):
            open_path(tmp_path / "t.parquet")


def test_objects_whose_text_has_another_name_are_refused_with_what_reads_both(tmp_path: Path) -> None:
    path = jsonl(tmp_path, {"caption": "a", "url": "u"}, {"text": "b", "url": "u"}, {"url": "u"})
    with pytest.raises(
        BadFile, match=r"line 1 has no text, but caption; --input\.columns\.text=text,caption reads both"
    ):
        read(path)
    assert read_columns(path, text="text,caption")["text"].to_pylist() == [b"a", b"b", None]
    assert read_columns(path, text="caption")["text"].to_pylist() == [b"a", None, None]
    whole = jsonl(tmp_path, {"caption": "a", "text": None, "url": "u"}, {"text": "b", "alt": "c", "url": "u"})
    assert read(whole)["text"].to_pylist() == [None, b"b"]


def test_a_text_inside_another_column_is_named_with_what_to_type(tmp_path: Path) -> None:
    struct = pa.array([{"caption": "a"}])
    with pytest.raises(BadFile, match=r"no text column.*; --input.columns.text=meta.NAME takes a field inside meta$"):
        read(parquet(tmp_path, url=["u"], meta=struct))
