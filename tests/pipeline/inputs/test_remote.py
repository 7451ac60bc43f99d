"""Files of every kind on a filesystem that isn't local: the same rows, the same images, the same names."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.counted_files import FILES as OBJECTS
from pipeline.inputs import BadFile, InputError, find_sources
from tests.pipeline.inputs.test_fuzz import FILES
from tests.support.inputs import again, open_path, read

ROOT = "counted://data/in"


@pytest.fixture(autouse=True)
def objects() -> Iterator[dict[str, bytes]]:
    OBJECTS.clear()
    yield OBJECTS
    OBJECTS.clear()


@pytest.mark.parametrize("name", FILES)
def test_every_kind_reads_as_a_local_file_does(tmp_path: Path, objects: dict[str, bytes], name: str) -> None:
    content = FILES[name]()
    (tmp_path / name).write_bytes(content)
    objects[f"{ROOT}/{name}"] = content
    table = read(f"{ROOT}/{name}")
    assert table.equals(read(tmp_path / name))
    assert again(f"{ROOT}/{name}", table, [0, 3, 8]) == again(tmp_path / name, table, [0, 3, 8])


def test_damaged_files_are_bad_files(objects: dict[str, bytes]) -> None:
    for name, make in FILES.items():
        content = make()
        objects[f"{ROOT}/{name}"] = content[: len(content) // 2]
        if name not in ("a.csv", "a.tsv", "a.html"):
            with pytest.raises(BadFile, match=f"{ROOT}/{name}: "):
                read(f"{ROOT}/{name}")


def test_a_file_that_is_gone(objects: dict[str, bytes]) -> None:
    objects[f"{ROOT}/t.tar"] = FILES["gnu.tar"]()
    reader = open_path(f"{ROOT}/t.tar")
    objects.clear()
    with pytest.raises(BadFile, match=f"{ROOT}/t.tar: .*no such object"):
        list(reader.batches())


def test_globs_and_folders(objects: dict[str, bytes]) -> None:
    for name in ("a/x.csv", "b/y.csv", "b/deep/z.tar", "b/1.jpg", "top.parquet"):
        objects[f"{ROOT}/{name}"] = name.encode()

    def names(*patterns: str) -> list[str]:
        return [source.name for source in find_sources([ROOT + pattern for pattern in patterns])]

    assert names("/*/*.csv") == ["a/x.csv", "b/y.csv"]
    assert names("/**/*.csv") == ["a/x.csv", "b/y.csv"]
    assert names("/top.parquet") == ["top.parquet"]
    assert names("") == names("/") == ["a/x.csv", "b/deep/z.tar", "b/y.csv", "top.parquet"]
    assert names("/b", "/b/*.csv") == ["deep/z.tar", "y.csv"]
    [source] = find_sources([f"{ROOT}/a/*"])
    assert (source.path, source.size, source.modified) == (f"{ROOT}/a/x.csv", 7, 7.0)
    for pattern, message in [("/none", "no file matches"), ("/b/*", "another kind"), ("/b/1.jpg", "another kind")]:
        with pytest.raises(InputError, match=message):
            names(pattern)


def test_images_by_path(objects: dict[str, bytes]) -> None:
    paths = [f"images/{number}.jpg" for number in range(50)]
    objects |= {f"{ROOT}/{path}": path.encode() for path in paths}
    objects["counted://data/secret.jpg"] = b"secret"
    outside = ["../secret.jpg", "/secret.jpg", "counted://data/secret.jpg", "images/none.jpg", "images", "", None]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"image_path": paths + outside, "text": ["t"] * 57}), sink)
    objects[f"{ROOT}/t.parquet"] = sink.getvalue().to_pybytes()
    expected = [path.encode() for path in paths] + [None] * len(outside)
    reader = open_path(f"{ROOT}/t.parquet")
    table = pa.concat_tables(reader.batches())
    assert table["image"].to_pylist() == again(f"{ROOT}/t.parquet", table, range(57)) == expected
    assert (reader.paths_seen, reader.paths_found, reader.folder) == (56, 50, ROOT)


def test_nothing_is_decompressed_twice(objects: dict[str, bytes]) -> None:
    objects[f"{ROOT}/t.csv.gz"] = gzip.compress(b"text,url\na,u\n")
    assert read(f"{ROOT}/t.csv.gz")["text"].to_pylist() == [b"a"]
