"""The bytes of a shard of a table have limits, since each pass holds a shard in memory."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.index import _Done, _shards
from pipeline.inputs import BadFile, Input, Span, find_sources, open_source


def shards(path: Path, rows: int) -> list[tuple[int, int]]:
    """First row and rows of each shard."""
    settings = Input(rows_per_shard=rows)
    reader = open_source(find_sources([str(path)])[0], settings)
    output, done = Output(str(path.parent / f"out{rows}")), _Done(Meter(str(path.parent / "meter")), 0)
    return [(first, len(table)) for first, table in _shards(reader, Span(), output, settings, done)]


@pytest.mark.parametrize(
    ("name", "what"), [("_TEXT_BYTES", "texts of over 40,000"), ("_SHARD_BYTES", "texts and fields of over 40,000")]
)
def test_the_bytes_of_a_shard_have_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, what: str
) -> None:
    """100 rows from row 101 on have 500 bytes of text each."""
    monkeypatch.setattr(f"pipeline.index.{name}", 40_000)
    texts = ["a"] * 100 + ["b" * 500] * 100
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": texts, "url": ["u"] * 200}), path, row_group_size=10)
    with pytest.raises(
        BadFile, match=f"pairs from pair 101 on hold {what} bytes, the limit of a shard; input.r"
    ) as bad:
        shards(path, 100)
    rows = int(re.search(r"input\.rows_per_shard=(\d+) makes", bad.value.reason)[1])  # type: ignore[index]
    assert 20 <= rows < 50
    assert shards(path, rows)[:2] == [(0, rows), (rows, rows)]
