"""Tars and Parquet of a corpus are read back, any number of times with the same columns, up to a limit of columns."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.commands.export.options import Options
from pipeline.commands.export.run import check
from pipeline.files import Output
from pipeline.formats import FORMATS
from pipeline.inputs import BadFile, Input, InputError
from pipeline.inputs.json_files.values import MOST_FIELDS
from pipeline.inputs.settings import Columns
from pipeline.outputs.formats.shards import open_shards
from pipeline.outputs.formats.sink import PairImage
from pipeline.outputs.verdicts import check_carried
from pipeline.storage.plan import BadInputs
from tests.support.inputs import carried, read

NAME = "align-00000-of-00001"
FIELDS = {"text": "a red house", "key": "k", "url": "http://a/1", "sha256": "0" * 64}
OTHERS = ("webdataset", "parquet")


def write(folder: Path, columns: dict[str, object], one: str) -> Path:
    """A shard of two pairs with these passthrough columns; returns its file."""
    pairs = pa.table({name: [value] * 2 for name, value in (FIELDS | columns).items()})
    with open_shards(Output(str(folder)), NAME, [one], pairs) as shards:
        for row in range(2):
            shards.add(PairImage(row, b"\xff\xd8\xff", 30, 20))
    return folder / FORMATS[one].file(NAME)


@pytest.mark.parametrize("one", OTHERS)
@pytest.mark.parametrize("columns", [{}, {"lang": "en"}, {"input_width": 7, "original_width": 8, "original_height": 9}])
def test_columns_are_the_same_after_any_number_of_trips(tmp_path: Path, one: str, columns: dict[str, object]) -> None:
    found = columns
    for trip in range(3):
        table = read(write(tmp_path / str(trip), found, one))
        found = {name: values[0] for name, values in carried(table).items()}
        assert found == columns
        assert [table[name][1].as_py() for name in ("key", "url", "sha256")] == ["k", "http://a/1", "0" * 64]


@pytest.mark.parametrize("one", OTHERS)
def test_settings_may_name_other_columns(tmp_path: Path, one: str) -> None:
    path = write(tmp_path, {"page": "http://a/", "wide": 5, "high": 6}, one)
    table = read(path, Input(columns=Columns(url="page", width="wide", height="high")))
    assert [table[name][0].as_py() for name in ("url", "width", "height")] == ["http://a/", 5, 6]
    assert carried(table).keys() <= {"wide", "high"}


def many(number: int) -> dict[str, object]:
    return {f"c{column}": 1 for column in range(number)}


@pytest.mark.parametrize("one", OTHERS)
def test_as_many_passthrough_columns_as_are_read(tmp_path: Path, one: str) -> None:
    check_carried(pa.schema({name: pa.int64() for name in many(MOST_FIELDS)}), [one])
    assert carried(read(write(tmp_path, many(MOST_FIELDS), one))).keys() == many(MOST_FIELDS).keys()


def test_one_more_is_refused_where_tars_are_written(tmp_path: Path) -> None:
    schema = pa.schema({name: pa.int64() for name in many(MOST_FIELDS + 1)})
    check_carried(schema, ["tfrecord", "parquet"])
    with pytest.raises(BadInputs, match=r"^1,001 passthrough columns: .* reads at most 1,000 from a WebDataset tar"):
        check_carried(schema, ["tfrecord", "webdataset"])
    with pytest.raises(BadFile, match="more than 1,007 fields in the file"):
        read(write(tmp_path, many(MOST_FIELDS + 1), "webdataset"))


@pytest.mark.parametrize("extra", [0, 1])
def test_an_export_refuses_the_same(tmp_path: Path, extra: int) -> None:
    (tmp_path / "run" / "verdicts").mkdir(parents=True)
    columns = {name: [1] for name in ("kept", "reasons", *many(MOST_FIELDS + extra))}
    pq.write_table(pa.table(columns), tmp_path / "run" / "verdicts" / "a.parquet")
    options = Options(str(tmp_path / "run"), ("webdataset",), str(tmp_path / "out"), workers=1, overwrite=False)
    with pytest.raises(InputError, match="1,001 passthrough columns") if extra else nullcontext():
        check(options, {"config": {}, "shards": [{"records": 1}]})
