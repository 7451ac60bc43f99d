"""`--limit=N`: a run over the first pairs of each file is the run over files that end there."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import ConfigError, make_corpus
from pipeline.commands.corpus.options import parse
from tests.support.command import result
from tests.support.crawl import tar
from tests.support.crawl_contents import encode, picture
from tests.support.pages import image as shown
from tests.support.pages import warc
from tests.support.two_runs import call, corpus, verdicts
from train.example import encode_example, write_record

Row = dict[str, Any]
ROWS = [
    {"key": f"k{number}", "text": f"a red kite over hill {number % 4}", "url": f"http://u/{number % 5}", "lang": "en"}
    for number in range(23)
]
IMAGES = [encode(picture(number, 220, 220)) for number in range(23)]


def _delimited(rows: Sequence[Row]) -> bytes:
    return "".join(",".join(values) + "\n" for values in [[*ROWS[0]], *(row.values() for row in rows)]).encode()


def _lines(rows: Sequence[Row]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _parquet(rows: Sequence[Row]) -> bytes:
    sink = pa.BufferOutputStream()
    images = pa.array(IMAGES[: len(rows)], pa.binary())
    pq.write_table(pa.Table.from_pylist([*rows]).append_column("image", images), sink, row_group_size=6)
    return sink.getvalue().to_pybytes()


def _arrow(rows: Sequence[Row]) -> bytes:
    table, sink = pa.Table.from_pylist([*rows]), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=4)
    return sink.getvalue().to_pybytes()


def _tar(rows: Sequence[Row]) -> bytes:
    members = [
        member
        for row, image in zip(rows, IMAGES, strict=False)
        for member in ((f"{row['key']}.jpg", image), (f"{row['key']}.json", json.dumps(row).encode()))
    ]
    return tar(*members)


def _records(rows: Sequence[Row]) -> bytes:
    file = io.BytesIO()
    for row, image in zip(rows, IMAGES, strict=False):
        write_record(file, encode_example({**row, "jpg": image}))
    return file.getvalue()


def _warc(rows: Sequence[Row]) -> bytes:
    return warc(*(shown(row["text"], row["url"]) for row in rows))


def _coco(rows: Sequence[Row]) -> bytes:
    images = [{"id": number, "file_name": f"{number}.jpg"} for number in range(len(rows))]
    captions = [{"id": number, "image_id": number, "caption": row["text"]} for number, row in enumerate(rows)]
    return json.dumps({"images": images, "annotations": captions}).encode()


FORMATS: dict[str, Callable[[Sequence[Row]], bytes]] = {
    "a.csv": _delimited,
    "b.csv.gz": lambda rows: gzip.compress(_delimited(rows), mtime=0),
    "c.jsonl": _lines,
    "d.parquet": _parquet,
    "e.arrow": _arrow,
    "f.tar": _tar,
    "g.tfrecord": _records,
    "h.warc.gz": _warc,
    "i.json": _coco,
}


def write(folder: Path, rows: int) -> Path:
    """Files of every format with the first so many rows."""
    folder.mkdir()
    for name, content in FORMATS.items():
        (folder / name).write_bytes(content(ROWS[:rows]))
    for number, image in enumerate(IMAGES):
        (folder / f"{number}.jpg").write_bytes(image)
    return folder


def inputs(folder: Path) -> str:
    return ",".join(str(folder / name) for name in FORMATS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("whole") / "in", len(ROWS))


@pytest.mark.slow
@pytest.mark.parametrize(("limit", "workers"), [(1, 1), (9, 2), (1_000, 1)])
def test_it_is_the_run_over_files_that_end_there(whole: Path, tmp_path: Path, limit: int, workers: int) -> None:
    """The verdicts and records are equal to the byte, and the files of the cut run are in a folder of the same name."""
    cut = write(tmp_path / "in", min(limit, len(ROWS)))
    options = ("--input.rows_per_shard=4", "--filters.rare_ngram.min_count=2")
    run = corpus(inputs(whole), tmp_path / "limited", *options, f"--limit={limit}", f"--workers={workers}")
    other = corpus(inputs(cut), tmp_path / "cut", *options)
    assert len(verdicts(run)) == min(limit, len(ROWS)) * len(FORMATS)
    assert verdicts(run) == verdicts(other) and result(run) == result(other)
    funnels = [json.loads((folder / "funnel.json").read_text()) for folder in (run, other)]
    assert funnels[0].pop("limit") == limit and "limit" not in funnels[1]
    assert all(funnels[0][name] == funnels[1][name] for name in funnels[0] if name != "seconds")


@pytest.mark.slow
def test_it_is_part_of_the_identity(whole: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = [f"--input={whole / 'a.csv'}", f"--output={tmp_path / 'out'}", "--workers=1", "--limit=3"]
    assert call(*arguments) == 0
    assert "limit: the first 3 pairs of each input file" in capfd.readouterr().out
    assert call(*arguments) == 0 and call(*arguments[:-1]) == 2 and call(*arguments[:-1], "--limit=4") == 2
    assert capfd.readouterr().err.count("differs in input.limit") == 2


@pytest.mark.parametrize("value", ["0", "-1", "2.5", "many", "", "1e3", "null"])
def test_other_values_are_one_line(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["--input=a", "--output=b", f"--limit={value}"])
    assert ended.value.code == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert line == f"pipeline: error: argument --limit: {value!r} is not a whole number from 1"


@pytest.mark.parametrize("value", [0, -1, 2.5, "3"])
def test_a_call_refuses_them_too(value: Any) -> None:
    with pytest.raises(ConfigError, match=f"limit: {value!r} is not a whole number from 1"):
        make_corpus("a.csv", "out", limit=value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("0", "must be 1 or more: 0"),
        ("-3", "must be 1 or more: -3"),
        ("9223372036854775808", "9223372036854775808 is not under 2^63"),
    ],
)
def test_a_setting_refuses_them_too(value: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--input=a", "--output=b", f"--input.limit={value}"])
    *_, line = capsys.readouterr().err.splitlines()
    assert line == f"pipeline: error: input.limit: {says}"


def test_the_option_is_the_setting() -> None:
    options = parse(["--input=a", "--output=b", "--limit=12"])
    assert options == parse(["--input=a", "--output=b", "--input.limit=12"]) and options.config.input.limit == 12
    assert parse(["--input=a", "--output=b"]).config.input.limit is None
