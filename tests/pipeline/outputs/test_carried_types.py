"""Passthrough columns of types that Parquet can't hold end a run before its second pass."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.outputs.verdicts import check_carried, encoded
from pipeline.storage.plan import BadInputs
from tests.support.command import run

UNION = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])])
WRITTEN = (
    pa.int64(), pa.list_(pa.struct([("a", pa.map_(pa.string(), pa.int8()))])), pa.decimal256(50, 3), pa.null(),
    pa.dictionary(pa.int8(), pa.string()), pa.timestamp("us", "UTC"), pa.duration("s"), pa.binary(4),
)  # fmt: skip
REFUSED = (
    UNION.type,
    pa.struct([]),
    pa.list_(pa.struct([])),
    pa.struct([("u", UNION.type)]),
    pa.month_day_nano_interval(),
)


@pytest.mark.parametrize("kind", WRITTEN, ids=str)
def test_a_type_that_parquet_holds(kind: pa.DataType) -> None:
    schema = pa.schema([("odd", kind)])
    check_carried(schema, ["tfrecord"])
    assert len(encoded(schema.empty_table()))


def test_all_others_are_named_together() -> None:
    with pytest.raises(BadInputs) as refused:
        check_carried(pa.schema([(f"c{number}", kind) for number, kind in enumerate((*REFUSED, pa.int8()))]), [])
    names = [line.partition(":")[0] for line in refused.value.lines]
    assert names == [f"column c{number}" for number in range(len(REFUSED))]
    assert all("which can't hold" in line and "leave it out of the input" in line for line in refused.value.lines)


@pytest.mark.slow
def test_a_run_ends_before_pass_2(tmp_path: Path) -> None:
    table = pa.table({"text": ["a b c", "d e f"], "url": ["http://a/1", "http://a/2"], "odd": UNION})
    with pa.ipc.new_file(tmp_path / "in.arrow", table.schema) as writer:
        writer.write_table(table)
    done = run("pipeline", f"--input={tmp_path}/in.arrow", f"--output={tmp_path}/out", "--workers=1")
    assert done.returncode == 1 and not (tmp_path / "out" / "verdicts").exists()
    assert done.stderr.splitlines()[-1].startswith("pipeline: column odd: the verdicts are Parquet, which can't hold")
    assert "count:" not in done.stderr and "Traceback" not in done.stderr
