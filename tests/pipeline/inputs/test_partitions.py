"""Folders such as `lang=en/` become carried columns, as Spark, DuckDB and Arrow write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from bench.counted_files import FILES
from pipeline.inputs import find_sources, open_source
from tests.support.inputs import INPUT, again, carried, whole


def write(root: Path, place: str, **columns: list[Any]) -> None:
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"text": ["a", "b"], "url": ["u", "v"], **columns}), root / place)


def read(pattern: Path | str) -> dict[str, list[Any]]:
    [source] = find_sources([str(pattern)])
    return carried(whole(open_source(source, INPUT)))


def test_partitions_are_carried_as_strings(tmp_path: Path) -> None:
    write(tmp_path, "lang=en/year=2024/0.parquet", n=[1, 2])
    expected = {"n": [1, 2], "lang": ["en"] * 2, "year": ["2024"] * 2}
    assert read(tmp_path) == read(f"{tmp_path}/lang=*/*/*.parquet") == read(f"{tmp_path}/**/*.parquet") == expected


def test_folders_above_what_is_read_are_no_partitions(tmp_path: Path) -> None:
    write(tmp_path, "lang=en/year=2024/0.parquet")
    assert read(tmp_path / "lang=en") == {"year": ["2024"] * 2}
    assert read(tmp_path / "lang=en/year=2024/0.parquet") == {}


@pytest.mark.parametrize(
    ("folder", "columns"),
    [
        ("lang=__HIVE_DEFAULT_PARTITION__", {"lang": None}),
        ("lang=a%20b%2Fc%3D%C3%A9", {"lang": "a b/c=é"}),
        ("a%20b=c=d", {"a b": "c=d"}),
        ("lang=", {"lang": ""}),
        ("=en", {}),
        ("lang", {}),
        ("key=1", {"input_key": "1"}),
        ("words=2/image=3", {"input_words": "2", "image": "3"}),
        ("a=1/a=2", {"a": "2"}),
    ],
)
def test_names_and_values(tmp_path: Path, folder: str, columns: dict[str, str | None]) -> None:
    write(tmp_path, f"{folder}/0.parquet")
    assert read(tmp_path) == {name: [value] * 2 for name, value in columns.items()}


def test_a_column_of_the_file_goes_first(tmp_path: Path) -> None:
    write(tmp_path, "lang=en/words=3/0.parquet", lang=["de", None], words=[7, 8])
    assert read(tmp_path) == {"lang": ["de", None], "input_words": [7, 8]}


def test_what_arrow_partitions_is_read_back(tmp_path: Path) -> None:
    table = pa.table({"text": ["a", "b", "c"], "url": ["u", "v", "w"], "lang": ["en", None, "x/y z%"]})
    ds.write_dataset(
        table, tmp_path, format="parquet", partitioning=ds.partitioning(pa.schema({"lang": pa.string()}), flavor="hive")
    )
    found = [whole(open_source(source, INPUT)) for source in find_sources([str(tmp_path)])]
    pairs = {table["text"][0].as_py().decode(): carried(table)["lang"][0] for table in found}
    assert pairs == {"a": "en", "b": None, "c": "x/y z%"}


def test_remote_folders(tmp_path: Path) -> None:
    write(tmp_path, "0.parquet")
    FILES["counted://data/hive/lang=en/0.parquet"] = (tmp_path / "0.parquet").read_bytes()
    assert read("counted://data/hive/") == {"lang": ["en"] * 2}
    FILES.clear()


def test_images_below_partitions_are_read_again(tmp_path: Path) -> None:
    write(tmp_path, "lang=en/0.parquet", image=[b"one", None])
    [source] = find_sources([str(tmp_path)])
    reader = open_source(source, INPUT)
    table = whole(reader)
    assert table["image"].to_pylist() == again(source.path, table, [0, 1]) == [b"one", None]
    assert list(reader.images(table.append_column("row", pa.array([0, 1])))) == [b"one", None] and reader.has_images
