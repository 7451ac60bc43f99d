"""Progress: what a bar shows of finished work, and bytes of a file that is read."""

from __future__ import annotations

import json
import tarfile
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.engines.progress import Meter, amounts
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


@pytest.mark.parametrize(("size", "shown"), [(None, "1,234 images"), (30_000_000, "1.5 of 30.0 MB, 1,234 images")])
def test_work_in_bytes_is_shown_beside_pairs(size: int | None, shown: str) -> None:
    assert amounts(1_234, "images", 1_500_000, size) == shown
