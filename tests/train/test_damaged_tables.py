"""Damaged tables of a run: the file is named, with the way on; a missing one is empty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from train.errors import TrainingError
from train.log import Log, Row, read_log
from train.measurements import COLUMNS, read_measurements
from train.times import NO_TIMES, Stopwatch, read_times

pytestmark = pytest.mark.slow

READERS: dict[str, tuple[Callable[[str], Any], Any]] = {
    "log.csv": (read_log, []),
    "evaluation.csv": (read_measurements, []),
    "timing.json": (read_times, NO_TIMES),
}
HEAD = ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.csv", b"a,b\n1,2\n"),
        ("log.csv", b"step,loss,temperature,learning_rate\n10,0.5,,0.1\n"),
        ("log.csv", b"step,loss,temperature,learning_rate\n10\n"),
        ("log.csv", b"step,loss\n\xff\xfe\n"),
        ("evaluation.csv", f"{HEAD}\n20,0.5".encode()),
        ("evaluation.csv", f"{HEAD}\n{'x,' * len(COLUMNS)}\n".encode()),
        ("evaluation.csv", b"step\n20\n"),
        ("timing.json", b""),
        ("timing.json", b"[]"),
        ("timing.json", b'{"seconds": {}}'),
        ("timing.json", b'{"seconds": {"training": 1}, "pairs": 3}'),
        ("timing.json", b'{"rates": 3}'),
    ],
)
def test_a_damaged_table_is_named_with_the_way_on(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(TrainingError) as error:
        READERS[name][0](str(path))
    assert str(error.value).startswith(f"{path} is damaged (")
    assert str(error.value).endswith("): move it away, and the same command goes on without what it held")
    assert path.read_bytes() == content
    path.unlink()  # the way on
    assert READERS[name][0](str(path)) == READERS[name][1]


def test_whole_tables_are_read(tmp_path: Path) -> None:
    row = Row(10, 0.5, 0.07, 1e-3)
    Log(str(tmp_path), 0).add(row, None)
    assert read_log(str(tmp_path / "log.csv")) == [row]
    (tmp_path / "evaluation.csv").write_text(f"{HEAD}\n20,0.5,16,{','.join('0' * 6)}\n")
    assert [found.step for found in read_measurements(str(tmp_path / "evaluation.csv"))] == [20]
    watch = Stopwatch(str(tmp_path))
    watch.save()
    assert read_times(str(tmp_path / "timing.json")) == watch.times
