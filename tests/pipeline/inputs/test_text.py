"""CSV, TSV and JSONL, plain and compressed, against what pandas and `json` write and read."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.inputs import BadFile, Columns, Input
from tests.support.inputs import INPUT, carried, open_path, read

CAPTIONS = [
    "a cat",
    'say "hi"',
    "two\nlines",
    "tab\there",
    "comma, here",
    "ünï ☃ 猫",
    " spaces ",
    "NULL",
    "nan",
    "",
    None,
]
FRAME = pd.DataFrame(
    {
        "caption": CAPTIONS,
        "url": [f"http://example.org/{row}?a=1,2" for row in range(len(CAPTIONS))],
        "score": [row / 4 for row in range(len(CAPTIONS))],
        "note": ["x", None] * 5 + ["007"],
    }
)


def write(path: Path, content: str | bytes) -> Path:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def texts(path: Path, settings: Input = INPUT) -> list[bytes | None]:
    return read(path, settings)["text"].to_pylist()


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "tsv", "tsv.gz"])
@pytest.mark.parametrize("lines", ["\n", "\r\n"])
def test_delimited_as_pandas_writes_it(tmp_path: Path, ending: str, lines: str) -> None:
    path = tmp_path / f"t.{ending}"
    FRAME.to_csv(path, index=False, sep="\t" if "tsv" in ending else ",", lineterminator=lines)
    table = read(path)
    assert table["text"].to_pylist() == [text.encode() if text else None for text in CAPTIONS]
    assert table["url"].to_pylist() == FRAME["url"].tolist()
    assert carried(table) == {"score": [str(score) for score in FRAME["score"]], "note": ["x", None] * 5 + ["007"]}
    assert not open_path(path).has_images and not open_path(path).one_shard


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz"])
def test_jsonl_as_pandas_writes_it(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    FRAME.to_json(path, orient="records", lines=True)
    table = read(path)
    assert table["text"].to_pylist() == [None if text is None else text.encode() for text in CAPTIONS]
    assert table["url"].to_pylist() == FRAME["url"].tolist()
    assert carried(table) == {"score": FRAME["score"].tolist(), "note": ["x", None] * 5 + ["007"]}


def test_a_large_csv_comes_in_batches(tmp_path: Path) -> None:
    count = 200_000
    frame = pd.DataFrame({"text": [f"caption, {row}\nand more" for row in range(count)], "url": ["http://u"] * count})
    frame.to_csv(tmp_path / "t.csv", index=False)
    batches = list(open_path(tmp_path / "t.csv").batches())
    assert max(map(len, batches)) <= 65_536 and len(batches) > 3
    assert [text.as_py() for batch in batches for text in batch["text"]] == [text.encode() for text in frame["text"]]


def test_no_header(tmp_path: Path) -> None:
    path = write(tmp_path / "cc3m.tsv", "a cat\thttp://a\nurl\thttp://b\n")
    table = read(path, Input(header=False, columns=Columns(text="0", url="1")))
    assert table["text"].to_pylist() == [b"a cat", b"url"] and table["url"].to_pylist() == ["http://a", "http://b"]
    with pytest.raises(BadFile, match=r"no text column .*; the columns are 0 \(string\), 1"):
        read(path, Input(header=False))
    with pytest.raises(BadFile, match=r"no column 2 \(input.columns.text\)"):
        read(path, Input(header=False, columns=Columns(text="2", url="1")))


def test_columns_without_a_name_or_of_one_name(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", ",text,url,text,note,note\n0,a,u,b,c,d\n")
    assert texts(path) == [b"a"]
    assert carried(read(path)) == {"0": ["0"], "input_text": ["b"], "note": ["c"], "input_note": ["d"]}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n\n"])
def test_marks_and_ends_of_a_csv(tmp_path: Path, mark: str, end: str) -> None:
    assert texts(write(tmp_path / "t.csv", f"{mark}text,url\n\na,u\n\nb,v{end}")) == [b"a", b"b"]
    assert texts(write(tmp_path / "t.csv", f"{mark}text,url{end}")) == []
    headless = Input(header=False, columns=Columns(text="0", url="1"))
    assert texts(write(tmp_path / "t.csv", f"{mark}a,u{end}"), headless) == [b"a"]


@pytest.mark.parametrize("block", [60, 61, 62, 63, 64, 65, 100])
def test_blocks_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Wherever the blocks of bytes end that are read at a time."""
    monkeypatch.setattr("pipeline.inputs.text.row_blocks._BLOCK", block)
    for count in range(12):
        path = write(tmp_path / "t.csv", "text,url\n" + "".join(f'"a\n{row}",u\n' for row in range(count)))
        assert texts(path) == [f"a\n{row}".encode() for row in range(count)]


def test_sizes_and_images_by_name_in_a_csv(tmp_path: Path) -> None:
    table = read(write(tmp_path / "t.csv", "text,url,image,width,height,sha256\na,u,cat.jpg,640,0," + "AB" * 32 + "\n"))
    assert table["width"].to_pylist() == [640] and table["height"].to_pylist() == [None]
    assert table["sha256"].to_pylist() == ["ab" * 32] and carried(table) == {"image": ["cat.jpg"]}


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    table = read(write(tmp_path / "t.csv", b"text,url,n\xff\na\xffb,u\xff,\xfe\n"))
    assert table["text"].to_pylist() == [b"a\xffb"] and table["url"].to_pylist() == ["u\ufffd"]
    assert carried(table) == {"n\ufffd": ["\ufffd"]}
    table = read(write(tmp_path / "t.jsonl", b'{"text": "a\xffb", "url": "u\xff"}\n'))
    assert table["text"].to_pylist() == ["a\ufffdb".encode()] and table["url"].to_pylist() == ["u\ufffd"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty file"),
        ("\n\n", "empty file"),
        ("text,url\na,b\nc\n", "row 3: 1 instead of 2 values: c"),
        ("text,url\na,b,c\n", "row 2: 3 instead of 2 values: a,b,c"),
        ('text,url\na,"b\n', "row 2: a quote is never closed"),
        ('text,url\na,"b\nc,d\ne,f\n', "row 2: a quote is never closed"),
        ('text,url\na,b\n"', "row 3: a quote is never closed"),
        ('text,"url', "row 1: a quote is never closed"),
        ("text,url\n".encode("utf-16"), "UTF-16, not UTF-8; convert it: "),
        ("x" * 200_000, "no names of columns: a value has 200,000 characters"),
    ],
)
def test_bad_csv(tmp_path: Path, content: str | bytes, reason: str) -> None:
    for name in ("t.csv", "t.csv.gz"):
        with pytest.raises(BadFile, match=reason) as error:
            read(write(tmp_path / name, content))
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["t.csv.gz", "t.tsv.gz", "t.jsonl.gz"])
def test_truncated_and_damaged_gzip(tmp_path: Path, name: str) -> None:
    buffer = io.BytesIO()
    separator = "\t" if "tsv" in name else ","
    lines = [{"text": f"caption {row * row}", "url": f"u{row}"} for row in range(3_000)]
    frame = pd.DataFrame(lines)
    text = frame.to_json(orient="records", lines=True) if "jsonl" in name else frame.to_csv(index=False, sep=separator)
    buffer.write(gzip.compress(text.encode(), mtime=0))
    whole = buffer.getvalue()
    path = tmp_path / name
    path.write_bytes(whole)
    assert len(read(path)) == 3_000
    for damaged in (
        whole[:-1],
        whole[: len(whole) // 2],
        whole[:20],
        text.encode(),
        whole[:-8] + bytes(8),
        whole + b"x",
    ):
        path.write_bytes(damaged)
        with pytest.raises(BadFile):
            read(path)


def test_one_type_for_each_field_of_a_jsonl(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {
            "text": "a",
            "url": "u",
            "int": 1,
            "float": 1,
            "mixed": 1,
            "nested": {"a": [1, "é"]},
            "large": 2**70,
            "bool": True,
        },
        {"text": "b", "url": None, "int": None, "float": 0.5, "mixed": "x", "nested": [], "large": 1, "bool": False},
        {"text": "c", "late": 5, "none": None, "text2": "\ud800x", "\udc00": 1},
    ]
    path = write(tmp_path / "t.jsonl", "\n".join(json.dumps(row) for row in rows))
    table = read(path)
    assert table["url"].to_pylist() == ["u", None, None]
    assert carried(table) == {
        "int": [1, None, None],
        "float": [1.0, 0.5, None],
        "mixed": ["1", "x", None],
        "nested": ['{"a": [1, "é"]}', "[]", None],
        "large": [str(2**70), "1", None],
        "bool": [True, False, None],
        "late": [None, None, 5],
        "none": [None, None, None],
        "text2": [None, None, "\ufffdx"],
        "\ufffd": [None, None, 1],
    }


def test_types_hold_for_a_whole_jsonl(tmp_path: Path) -> None:
    rows = [{"text": f"t{row}", "url": "u", "n": row if row < 24_999 else "end"} for row in range(25_000)]
    path = write(tmp_path / "t.jsonl", "\n".join(json.dumps(row) for row in rows))
    assert carried(read(path))["n"] == [*map(str, range(24_999)), "end"]
    assert len(list(open_path(path).batches())) > 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, b"5"), (1.5, b"1.5"), ("5", b"5"), (True, b"true"), ([1], b"1"), ({"a": 1}, None), (float("nan"), None)],
)
def test_a_text_that_is_no_string(tmp_path: Path, value: Any, text: bytes | None) -> None:
    rows = [{"text": "a", "url": "u"}, {"text": value, "url": "u"}]
    path = write(tmp_path / "t.jsonl", "\n".join(json.dumps(row) for row in rows))
    assert texts(path) == [b"a", text]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty file"),
        ("\n \n", "empty file"),
        ('{"text": "a", "url": "u"}\n\n{"text": "b", "ur', "line 3 is not JSON"),
        ('{"text": "a", "url": "u"}\n[1, 2]\n', "line 2 is list, not an object"),
        ('{"text": "a"}', r"no column with images.*the columns are text \(string\)"),
        ('{"url": "a"}', r"no text column.*the columns are url \(string\)"),
        ('{"text": ' + "[" * 100_000, "line 1: nested more than 64 deep"),
        ('{"text": ' + "9" * 10_000 + "}", "line 1 is not JSON"),
        ("PAR1", "not a file of text but Parquet"),
    ],
)
def test_bad_jsonl(tmp_path: Path, content: str, reason: str) -> None:
    for name in ("t.jsonl", "t.jsonl.gz"):
        with pytest.raises(BadFile, match=reason) as error:
            read(write(tmp_path / name, content))
        assert "\n" not in str(error.value)


def test_text_only_needs_no_image(tmp_path: Path) -> None:
    for path in (write(tmp_path / "t.csv", "text\na\n"), write(tmp_path / "t.jsonl", '{"text": "a"}')):
        assert read(path, text_only=True)["text"].to_pylist() == [b"a"]
