"""Progress: what a bar shows of finished work, and bytes of a file that is read."""

from __future__ import annotations

import json
import tarfile
import threading
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.engines.progress import Meter, Pass
from pipeline.files import Output
from pipeline.index import index_task, split_source
from pipeline.inputs import Input, find_sources

ROWS = 3_000


def write_csv(folder: Path) -> Path:
    (folder / "a.csv").write_text("caption,url\n" + "".join(f"text {n},u{n}\n" for n in range(ROWS)))
    return folder / "a.csv"


def write_jsonl(folder: Path) -> Path:
    lines = (json.dumps({"text": f"text {n}", "url": f"u{n}"}) for n in range(ROWS))
    (folder / "a.jsonl").write_text("\n".join(lines))
    return folder / "a.jsonl"


def write_parquet(folder: Path) -> Path:
    table = pa.table({"text": [f"text {n}" for n in range(ROWS)], "url": [f"u{n}" for n in range(ROWS)]})
    pq.write_table(table, folder / "a.parquet", row_group_size=500)
    return folder / "a.parquet"


def write_tar(folder: Path) -> Path:
    with tarfile.open(folder / "a.tar", "w") as tar:
        for number in range(ROWS):
            for name, content in ((f"{number:05}.txt", b"text"), (f"{number:05}.jpg", b"no image")):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, BytesIO(content))
    return folder / "a.tar"


@pytest.mark.parametrize("write", [write_csv, write_jsonl, write_parquet, write_tar])
def test_the_bytes_of_a_file_are_reported_while_it_is_read(write, tmp_path: Path, monkeypatch) -> None:
    """Bytes grow to the size of the file, in several steps if the file has several batches, and never beyond."""
    (source,) = find_sources([str(write(tmp_path))])
    output, meter, seen = Output(str(tmp_path / "out")), Meter(str(tmp_path / "meter")), list[int]()
    add = Meter.add

    def watched(self: Meter, pairs: int, work: int = 0) -> None:
        add(self, pairs, work)
        seen.append(self.total()[1])

    monkeypatch.setattr(Meter, "add", watched)
    settings = Input(rows_per_shard=500)
    for task in split_source(source, output, settings):
        index_task(task, output, settings, meter)
    assert seen == sorted(seen) and seen[-1] == source.size and meter.total()[0] == ROWS
    assert 0 < seen[0] <= source.size


@pytest.mark.parametrize(("in_bytes", "says"), [(False, "1,234 images"), (True, "1.5 of 30.0 MB, 1,234 images")])
def test_work_in_bytes_is_shown_beside_pairs(in_bytes: bool, says: str) -> None:
    assert Pass(Meter(None, "images"), "index", 30_000_000, in_bytes).amounts(1_234, 1_500_000) == says


@pytest.mark.parametrize(
    ("pairs", "done", "says"),
    [
        (0, 0, "emit: 0%, 0 pairs"),
        (1, 1, "emit: 0%, 1 pairs, 0.017 pairs/s, 16.6 h left"),
        (250, 250, "emit: 25%, 250 pairs, 4.2 pairs/s, 3.0 min left"),
        (1000, 1000, "emit: 100%, 1,000 pairs, 17 pairs/s, 0.0 s left"),
        (1001, 1001, "emit: 100%, 1,001 pairs, 17 pairs/s, 0.0 s left"),
    ],
)
def test_a_line_has_share_rate_and_time_left(pairs: int, done: int, says: str, tmp_path: Path) -> None:
    meter = Meter(str(tmp_path / "meter"))
    if pairs:
        meter.add(pairs, done)
    assert Pass(meter, "emit", 1000).line(60) == says


def test_without_a_terminal_a_line_is_printed_each_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two minutes pass at once; the third doesn't before the pass has ended."""
    waits, passed = list[float](), threading.Event()

    class Turns(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0)
            if len(waits) < 3:
                return False
            passed.set()
            return super().wait()

    meter = Meter(str(tmp_path / "meter"))
    monkeypatch.setattr("pipeline.engines.progress.Event", Turns)
    with meter.shown("emit", 10):
        meter.add(4, 4)
        passed.wait()
    first, second, last = capsys.readouterr().err.splitlines()
    assert waits == [60.0] * 3 and last.startswith("emit: 4 pairs in ")
    assert all(line.startswith("emit: ") and "pairs" in line for line in (first, second))
