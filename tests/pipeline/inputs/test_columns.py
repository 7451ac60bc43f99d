"""Roles of columns, names of passthrough columns, and values that don't fit their type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.signals import SHOWN
from pipeline.inputs import BadFile, Columns, Input
from tests.support.inputs import carried, open_path, read, read_columns


def parquet(folder: Path, **columns: Any) -> Path:
    path = folder / "table.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("name", ["text", "TEXT", "caption", "alt_text", "alt", "txt"])
def test_every_alias_of_the_text(tmp_path: Path, name: str) -> None:
    assert read(parquet(tmp_path, url=["u"], **{name: ["x"]}))["text"].to_pylist() == [b"x"]


@pytest.mark.parametrize("name", ["url", "URL", "image_url"])
def test_every_alias_of_the_url(tmp_path: Path, name: str) -> None:
    table = read(parquet(tmp_path, text=["x"], **{name: ["u"]}))
    assert table["url"].to_pylist() == ["u"] and carried(table) == {}


@pytest.mark.parametrize("name", ["key", "__key__"])
def test_every_alias_of_the_key(tmp_path: Path, name: str) -> None:
    assert read(parquet(tmp_path, text=["x"], url=["u"], **{name: [7]}))["key"].to_pylist() == ["7"]


def test_the_first_alias_wins_and_the_others_are_carried(tmp_path: Path) -> None:
    table = read(parquet(tmp_path, txt=["3"], alt=["2"], caption=["1"], image_url=["b"], URL=["a"]))
    assert table["text"].to_pylist() == [b"1"] and table["url"].to_pylist() == ["a"]
    assert carried(table) == {"txt": ["3"], "alt": ["2"], "image_url": ["b"]}


def test_settings_choose_another_column(tmp_path: Path) -> None:
    path = parquet(tmp_path, text=["old"], new=["new"], url=["u"], link=["l"], name=["k"])
    table = read_columns(path, text="new", url="link", key="name")
    assert [table[name].to_pylist() for name in ("key", "text", "url")] == [["k"], [b"new"], ["l"]]
    assert carried(table) == {"input_text": ["old"], "input_url": ["u"]}


def test_a_column_that_settings_name_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"no column alt_ \(input\.columns\.text\); the columns are text \(string\), url"):
        read_columns(parquet(tmp_path, text=["x"], url=["u"]), text="alt_")


def test_a_number_is_meant_for_tables_without_a_header(tmp_path: Path) -> None:
    path = parquet(tmp_path, text=["x"], url=["u"])
    assert read_columns(path, text="0")["text"].to_pylist() == [b"x"]
    assert read_columns(parquet(tmp_path, **{"0": ["a"], "text": ["b"], "url": ["u"]}), text="0")[
        "text"
    ].to_pylist() == [b"a"]


@pytest.mark.parametrize("name", SHOWN)
def test_a_carried_column_with_a_name_of_ours_gets_a_prefix(tmp_path: Path, name: str) -> None:
    path = parquet(tmp_path, the_text=["t"], the_url=["u"], the_key=["k"], **{name: pa.array([[1]])})
    chosen = {"text": "the_text", "url": "the_url", "key": "the_key"}
    assert carried(read_columns(path, **chosen)) == {f"input_{name}": [[1]]}


def test_prefixed_names_stay_apart(tmp_path: Path) -> None:
    table = read(parquet(tmp_path, text=["t"], url=["u"], input_words=[1], words=[2]))
    assert carried(table) == {"input_words": [1], "input_input_words": [2]}


@pytest.mark.parametrize("name", ["image", "sha256", "offset", "length", "carried:length", "carried:"])
def test_a_carried_column_with_a_name_of_a_batch_keeps_it(tmp_path: Path, name: str) -> None:
    columns = {"length": [[1]], name: [[2]]}
    assert carried(read(parquet(tmp_path, text=["t"], url=["u"], **columns))) == columns


def test_sizes_are_the_input_s_only_where_there_are_only_urls(tmp_path: Path) -> None:
    size = {"width": [640, 0, -3, None], "height": [480, 1, 2, None]}
    urls = read(parquet(tmp_path, text=["t"] * 4, url=["u"] * 4, **size))
    assert urls["width"].to_pylist() == [640, None, None, None] and urls["height"].to_pylist() == [480, 1, 2, None]
    images = read(parquet(tmp_path, text=["t"] * 4, image=[b"i"] * 4, **size))
    assert images["width"].null_count == images["height"].null_count == 4
    assert carried(images) == {"input_width": size["width"], "input_height": size["height"]}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 640.9, 0.99, float("nan"), float("inf"), -1e300, 1e300, None], [1, 640, *[None] * 6]),
        (["640", " 640 ", "640.0", "0", "-1", "wide", "", "1e3", None], [640, 640, 640, *[None] * 6]),
        (pa.array([2**64 - 1, 2**53 - 1, 5], pa.uint64()), [None, 2**53 - 1, 5]),
        (pa.array(["7", "8", None]).dictionary_encode(), [7, 8, None]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_sizes_of_any_type(tmp_path: Path, values: Any, expected: list[int | None]) -> None:
    n = len(values)
    assert read(parquet(tmp_path, text=["t"] * n, url=["u"] * n, width=values))["width"].to_pylist() == expected


def test_a_sha256_is_taken_where_it_is_well_formed(tmp_path: Path) -> None:
    good = "0123456789abcdef" * 4
    values = [good, good.upper(), good[:-1], good + "0", "g" * 64, " " + good[1:], good + "\n", "", None]
    table = read(parquet(tmp_path, text=["t"] * len(values), url=["u"] * len(values), sha256=values))
    assert table["sha256"].to_pylist() == [good, good, *[None] * 7] and carried(table) == {}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()])
def test_strings_of_every_arrow_type(tmp_path: Path, kind: pa.DataType) -> None:
    values = pa.array(["é", "", None, "b"], pa.string())
    values = values.cast(pa.binary()).cast(kind) if kind in (pa.binary(), pa.large_binary()) else values.cast(kind)
    for column in (values, values.cast(pa.string()).dictionary_encode()):
        table = read(parquet(tmp_path, key=column, text=column, url=column, extra=pa.array(["é", "", None, "b"])))
        assert table["text"].to_pylist() == ["é".encode(), b"", None, b"b"]
        assert table["key"].to_pylist() == table["url"].to_pylist() == ["é", "", None, "b"]


def test_carried_columns_are_plain(tmp_path: Path) -> None:
    values = pa.array(["a", "b", None])
    forms = [values.dictionary_encode(), values.cast(pa.string_view()), values.cast(pa.large_string())]
    strings = {f"form{number}": form for number, form in enumerate(forms)}
    others = {"number": [1, 2, 3], "nested": [{"a": [1]}] * 3}
    table = read(parquet(tmp_path, text=["t"] * 3, url=["u"] * 3, **others, **strings))
    assert carried(table) == others | {name: ["a", "b", None] for name in strings}
    assert all(table.schema.field(name).type == pa.string() for name in strings)


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(pa.string(), 2, pa.array([b"a\xffb", "é".encode()]).buffers())
    table = read(parquet(tmp_path, text=broken, url=broken, key=broken, extra=broken))
    assert table["text"].to_pylist() == [b"a\xffb", "é".encode()]
    assert table["url"].to_pylist() == table["key"].to_pylist() == carried(table)["extra"] == ["a\ufffdb", "é"]


def test_text_missing(tmp_path: Path) -> None:
    with pytest.raises(
        BadFile, match=r"no text column \(text, TEXT, .*input\.columns\.text\); the columns are title \(string\), url"
    ):
        open_path(parquet(tmp_path, title=["x"], url=["u"]))


def test_a_text_column_of_a_type_that_is_no_text(tmp_path: Path) -> None:
    path = parquet(tmp_path, caption=[[["a", "b"]]], url=["u"])
    with pytest.raises(BadFile, match=r"no text column.*caption \(list<"):
        open_path(path)
    with pytest.raises(BadFile, match=r"column caption \(input\.columns\.text\) can't be used: it holds list<"):
        open_path(path, Input(columns=Columns(text="caption")))


def test_neither_image_path_nor_url(tmp_path: Path) -> None:
    path = parquet(tmp_path, text=["x"], image=["a string"], n=[1])
    with pytest.raises(
        BadFile, match=r"no column with images.*image_path.*the columns are text \(string\), image \(string\), n"
    ):
        open_path(path)
    table = read(path, text_only=True)
    assert table["text"].to_pylist() == [b"x"] and carried(table) == {"image": ["a string"], "n": [1]}


def test_a_long_list_of_columns_is_cut(tmp_path: Path) -> None:
    with pytest.raises(BadFile) as error:
        open_path(parquet(tmp_path, **{f"column{number}": [1] for number in range(500)}))
    assert "column29 (int64), …" in error.value.reason and "column30" not in error.value.reason


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match=r"^on_bad_file: no such choice: ignore; the choices are fail, skip$"):
        Input(on_bad_file="ignore")
    with pytest.raises(ValueError, match=r"^rows_per_shard: must be 1 or more: 0$"):
        Input(rows_per_shard=0)
