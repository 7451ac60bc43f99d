"""Parquet files as pandas and the Hugging Face libraries write them: rows, row ranges, and images read again."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.inputs import BadFile, Input, Span
from pipeline.inputs.reader import IMAGE_BATCH_BYTES, IMAGE_BATCH_ROWS
from tests.support.inputs import again, carried, open_path, read, whole

PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def images(count: int, seed: int = 0, size: int = 2_000) -> list[bytes | None]:
    """Random bytes of random length; every seventh is missing, every eleventh empty."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, size, count)
    return [None if i % 7 == 3 else b"" if i % 11 == 5 else rng.bytes(int(sizes[i])) for i in range(count)]


def image_table(path: Path, count: int, form: str, group: int) -> list[bytes | None]:
    values = images(count)
    if form == "struct":
        column = pa.array(
            [None if i % 13 == 1 else {"bytes": v, "path": f"{i}.jpg"} for i, v in enumerate(values)], PICTURE
        )
        values = [None if i % 13 == 1 else v for i, v in enumerate(values)]
    else:
        column = pa.array(values, {"binary": pa.binary(), "large": pa.large_binary(), "view": pa.binary_view()}[form])
    table = pa.table({"n": range(count), "image": column, "text": [f"caption {i}" for i in range(count)]})
    pq.write_table(table, path, row_group_size=group)
    return values


@pytest.mark.parametrize("form", ["binary", "large", "view", "struct"])
@pytest.mark.parametrize("group", [1, 7, 40, 1_000])
def test_images_as_bytes(tmp_path: Path, form: str, group: int) -> None:
    path = tmp_path / "t.parquet"
    expected = image_table(path, 100, form, group)
    table = read(path)
    assert open_path(path).has_images
    assert table["image"].to_pylist() == expected
    assert table["text"].to_pylist() == [f"caption {i}".encode() for i in range(100)]
    assert carried(table) == {"n": list(range(100))}
    for rows in ([], [0], [99], [3, 50, 51, 98], range(0, 100, 2), range(100)):
        assert again(path, table, rows) == [expected[row] for row in rows]


def test_a_fixed_size_binary_image(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"image": pa.array([b"ab", None], pa.binary(2)), "text": ["x", "y"]}), tmp_path / "t.parquet"
    )
    assert read(tmp_path / "t.parquet")["image"].to_pylist() == [b"ab", None]


def test_an_image_column_of_nulls_is_missing_images(tmp_path: Path) -> None:
    pd.DataFrame({"image": [None, None], "text": ["x", "y"], "url": ["u", "v"]}).to_parquet(tmp_path / "t.parquet")
    table = read(tmp_path / "t.parquet")
    assert open_path(tmp_path / "t.parquet").has_images
    assert table["image"].to_pylist() == [None, None] and again(tmp_path / "t.parquet", table, [0, 1]) == [None, None]


def test_other_image_columns_are_not_carried(tmp_path: Path) -> None:
    table = pa.table(
        {
            "image": pa.array([b"one"]),
            "other": pa.array([{"bytes": b"two", "path": None}], PICTURE),
            "jpg": pa.array([b"three"]),
            "text": ["x"],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    assert carried(read(tmp_path / "t.parquet")) == {}


@pytest.mark.parametrize("groups", [[5], [1] * 9, [4, 4, 4], [3, 0, 5, 2], [10, 1, 1, 10], [0], [0, 0, 3]])
@pytest.mark.parametrize("rows", [1, 4, 5, 100])
def test_spans_are_runs_of_whole_row_groups(tmp_path: Path, groups: list[int], rows: int) -> None:
    path = tmp_path / "t.parquet"
    schema = pa.schema([("url", pa.string()), ("text", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        for count in groups:
            writer.write_table(pa.table({"url": ["u"] * count, "text": ["t"] * count}, schema))
    spans = [(span.first, span.last or 0) for span in open_path(path).spans(rows)]
    ends = set(np.cumsum(groups).tolist())
    assert spans[0][0] == 0 and spans[-1][1] == sum(groups)
    assert all(left[1] == right[0] for left, right in pairwise(spans))
    assert all(last - first >= rows for first, last in spans[:-1]) and all(last in ends for _, last in spans)
    read_rows = [sum(map(len, open_path(path).batches(Span(*span)))) for span in spans]
    assert read_rows == [last - first for first, last in spans]


def test_any_range_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    expected = image_table(path, 100, "struct", 17)
    for first, last in [(0, None), (0, 1), (16, 18), (17, 34), (33, 90), (99, None), (50, 50), (100, None), (200, 300)]:
        table = pa.concat_tables(open_path(path).batches(Span(first, last)))
        assert table["image"].to_pylist() == expected[first:last]
        assert table["n"].to_pylist() == list(range(100))[first:last]


def test_an_empty_table_is_an_empty_batch(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    schema = pa.schema([("image", PICTURE), ("text", pa.string()), ("words", pa.int64())])
    pq.write_table(schema.empty_table(), path)
    table = read(path)
    assert len(table) == 0 and table.schema.names[-1] == "input_words" and open_path(path).spans(10) == [Span(0, 0)]


def test_batches_with_images_are_small(tmp_path: Path) -> None:
    path, count = tmp_path / "t.parquet", 3_000
    column = pa.array([bytes(20_000)] * count)  # a dictionary hides how large they are
    pq.write_table(pa.table({"image": column, "text": ["t"] * count}), path, row_group_size=count)
    batches = list(open_path(path).batches(Span()))
    assert sum(map(len, batches)) == count
    assert max(map(len, batches)) <= IMAGE_BATCH_ROWS + 32
    assert max(batch["image"].nbytes for batch in batches) <= IMAGE_BATCH_BYTES + 32 * 20_100


def test_batches_without_images_are_as_large_as_a_shard(tmp_path: Path) -> None:
    path, count = tmp_path / "t.parquet", 150_000
    pq.write_table(pa.table({"url": ["u"] * count, "text": ["t"] * count}), path)
    assert [len(batch) for batch in open_path(path).batches(Span())] == [20_000] * 7 + [10_000]
    large = open_path(path, Input(rows_per_shard=10**9))
    assert max(len(batch) for batch in large.batches(Span())) == 65_536


def test_text_only_reads_no_image(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    image_table(path, 20, "struct", 5)
    table = read(path, text_only=True)
    assert table["image"].null_count == 20 and table["text"].to_pylist()[3] == b"caption 3"


def test_pandas_own_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame({"caption": ["a", None], "url": ["u", None], "score": [0.5, np.nan]}, index=["x", "y"])
    frame.to_parquet(tmp_path / "t.parquet")
    table = read(tmp_path / "t.parquet")
    assert table["text"].to_pylist() == [b"a", None] and table["url"].to_pylist() == ["u", None]
    assert carried(table) == {"score": [0.5, None], "__index_level_0__": ["x", "y"]}


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table([["a"], ["b"], ["u"]], names=["text", "text", "url"]), tmp_path / "t.parquet")
    with pytest.raises(BadFile, match="two columns of one name"):
        open_path(tmp_path / "t.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table at all", b"PAR1" + bytes(100) + b"PAR1"])
def test_no_parquet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(BadFile) as error:
        open_path(tmp_path / "t.parquet")
    assert error.value.path == str(tmp_path / "t.parquet") and error.value.reason and "\n" not in str(error.value)


def test_a_truncated_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    image_table(path, 50, "binary", 10)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadFile):
        whole(open_path(path))


def test_a_column_whose_name_has_a_dot(tmp_path: Path) -> None:
    table = pa.table({"text": ["t"], "url": ["u"], "meta.text": ["m"], "meta": pa.array([{"text": 1}])})
    pq.write_table(table, tmp_path / "t.parquet")
    assert carried(read(tmp_path / "t.parquet")) == {"meta.text": ["m"], "meta": [{"text": 1}]}
