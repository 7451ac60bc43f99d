"""Delimited text as users have it: lone quotes, blank lines, long rows, other encodings, compression."""

from __future__ import annotations

import codecs
import gzip
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.inputs import BadFile, Columns, Input
from pipeline.settings import ConfigError
from tests.support.inputs import carried, open_path, read

HEADLESS = Input(header=False, columns=Columns(text="0", url="1"))


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def texts(path: Path, settings: Input | None = None) -> list[str | None]:
    values = read(path, settings or Input())["text"].to_pylist()
    return [None if value is None else value.decode() for value in values]


def refusal(path: Path, settings: Input | None = None, *, text_only: bool = False) -> str:
    with pytest.raises(BadFile) as error:
        read(path, settings or Input(), text_only=text_only)
    assert "\n" not in str(error.value) and len(str(error.value)) < 1_000
    return error.value.reason


LONE = ['"Hello he said', "a plain one", 'the 12" vinyl', '"Bye', '"all"', '"Hello" he said', 'b"c', '"']


@pytest.mark.slow
def test_a_lone_quote_in_a_tsv_takes_no_other_row(tmp_path: Path) -> None:
    read_as = [text if text != '"all"' else "all" for text in LONE]
    first = "".join(f"{text}\thttp://x/{row}\n" for row, text in enumerate(LONE))
    last = "url\ttext\n" + "".join(f"http://x/{row}\t{text}\n" for row, text in enumerate(LONE))
    assert texts(write(tmp_path / "a.tsv", first), HEADLESS) == read_as
    assert texts(write(tmp_path / "b.tsv", last)) == read_as
    assert texts(write(tmp_path / "c.tsv", last.rstrip("\n").replace("\n", "\r\n"))) == read_as
    plain = Input(quoting=False)
    assert texts(write(tmp_path / "d.tsv.gz", gzip.compress(last.encode())), plain) == LONE


def test_lines_that_are_rows_and_one_value_too_are_refused_with_both_options(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", 'url\ttext\nu1\ta\nu2\t"Hello he said\nu3\tthe 12"\n')
    assert "row 3: quotes enclose several lines that are whole rows too" in refusal(path)
    assert texts(path, Input(quoting=True)) == ["a", "Hello he said\nu3\tthe 12"]
    assert texts(path, Input(quoting=False)) == ["a", '"Hello he said', 'the 12"']
    path = write(tmp_path / "b.tsv", 'url\ttext\nu2\t"Hello he said\n\nu3\tthe 12"\n')
    assert texts(path) == ["Hello he said\n\nu3\tthe 12"], "a blank line is no row"


@pytest.mark.parametrize(("lines", "kind"), [(5, "csv"), (5, "tsv")])
def test_a_quoted_value_has_a_limit_of_lines(tmp_path: Path, lines: int, kind: str) -> None:
    separator, settings = "," if kind == "csv" else "\t", Input(max_quoted_lines=lines)
    value = "\n".join("abcdef")
    path = write(tmp_path / f"a.{kind}", f'text{separator}url\n"{value}"{separator}u\n')
    assert texts(path, settings) == [value]
    path = write(tmp_path / f"b.{kind}", f'text{separator}url\na{separator}u\n"{value}\ng"{separator}u\n')
    assert "row 3: " in refusal(path, settings)
    assert ("runs over more than 5 lines" in refusal(path, settings)) == (kind == "csv")
    assert texts(path) == ["a", value + "\ng"]


def test_text_behind_a_quoted_value_of_several_lines_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'text,url\n"Hello he said,u1\na plain one,u2\n"Bye,u3\n')
    assert refusal(path).startswith("row 2: text follows the closing quote")
    assert texts(path, Input(quoting=False)) == ['"Hello he said', "a plain one", '"Bye']


@pytest.mark.parametrize("start", ["\n", "\r\n", "  \n", "\ufeff\n", "\r", "\ufeff \r\n\n"])
def test_blank_lines_before_the_header(tmp_path: Path, start: str) -> None:
    assert texts(write(tmp_path / "a.csv", f"{start}url,text\nu,hello\n")) == ["hello"]
    assert texts(write(tmp_path / "a.tsv", f"{start}hello\tu\n"), HEADLESS) == ["hello"]


@pytest.mark.parametrize("size", range(1, 40))
def test_a_line_break_in_a_value_is_kept_at_every_border(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("pipeline.inputs.text.row_blocks._BLOCK", size)
    monkeypatch.setattr("pipeline.inputs.text.encoding._LOOKED_AT", 4)
    path = write(tmp_path / "a.csv", 'text,url\r\n"a\r\nb\rc\nd",u\r\n\r\n"e\r\n",v\r\n')
    assert texts(path) == ["a\r\nb\rc\nd", "e\r\n"]


def test_a_first_row_of_any_length(tmp_path: Path) -> None:
    long = "a " * 70_000
    assert texts(write(tmp_path / "a.tsv", f"{long}\thttp://x/1\nb\thttp://x/2\n"), HEADLESS) == [long, "b"]
    reason = refusal(write(tmp_path / "b.tsv", f"{long}\thttp://x/1\nb\thttp://x/2\n"))
    assert "a value has 140,000 characters; to read it, type --input.header=false" in reason
    assert texts(write(tmp_path / "c.csv", f"text,url,{long}\na,b,c\n")) == ["a"]


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("ending", ["csv", "tsv.gz"])
def test_other_encodings_are_named_with_a_command_that_works(tmp_path: Path, encoding: str, ending: str) -> None:
    separator = "," if ending == "csv" else "\t"
    content = f"text{separator}url\nan old café{separator}http://x/1\n".encode(encoding)
    path = write(tmp_path / f"it's.{ending}", gzip.compress(content) if ending.endswith("gz") else content)
    reason = refusal(path)
    assert reason.startswith(encoding.upper().replace("-LE", "LE").replace("-BE", "BE"))
    subprocess.run(["bash", "-ec", reason.partition("convert it: ")[2]], check=True)
    assert texts(tmp_path / f"it's.utf8.{ending}") == ["an old café"]


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz"])
def test_json_lines_in_other_encodings_are_named(tmp_path: Path, encoding: str, ending: str) -> None:
    content = '{"text": "an old café", "url": "http://x/1"}\n'.encode(encoding)
    path = write(tmp_path / f"a.{ending}", gzip.compress(content) if ending.endswith("gz") else content)
    subprocess.run(["bash", "-ec", refusal(path).partition("convert it: ")[2]], check=True)
    assert texts(tmp_path / f"a.utf8.{ending}") == ["an old café"]


def test_bytes_of_other_files_are_named(tmp_path: Path) -> None:
    table = b"text,url\na,http://x/1\n"
    assert "not a file of text but gzip" in refusal(write(tmp_path / "a.csv", gzip.compress(table)))
    assert "not a file of text but gzip" in refusal(write(tmp_path / "a.jsonl", gzip.compress(b"{}\n")))
    assert "but Parquet" in refusal(write(tmp_path / "b.jsonl", b"PAR1\x15" + bytes(99)))
    assert "a zip archive" in refusal(write(tmp_path / "b.csv", b"PK\x03\x04" + bytes(99)))
    assert "not gzip, as its name says" in refusal(write(tmp_path / "c.csv.gz", table))


@pytest.mark.slow
def test_gzip_in_several_parts_and_with_bytes_behind(tmp_path: Path) -> None:
    parts = gzip.compress(b"text,url\na,u\n") + gzip.compress(b"b,v\n")
    assert texts(write(tmp_path / "a.csv.gz", parts)) == ["a", "b"]
    assert texts(write(tmp_path / "a.csv.gz", parts + bytes(64))) == ["a", "b"]
    reason = refusal(write(tmp_path / "a.csv.gz", parts + b"garbage"))
    assert reason.startswith("other bytes follow the gzip data")
    subprocess.run(["bash", "-c", reason.partition("to drop them: ")[2]], check=True, stderr=subprocess.DEVNULL)
    assert texts(tmp_path / "whole-a.csv.gz") == ["a", "b"]
    assert "end-of-stream" in refusal(write(tmp_path / "a.csv.gz", parts[:-9]))


def test_marks_line_ends_and_zeros(tmp_path: Path) -> None:
    assert texts(write(tmp_path / "a.csv", codecs.BOM_UTF8 + b'"text","url"\r"a\x00b","u"\r')) == ["a\x00b"]
    names = carried(read(write(tmp_path / "b.csv", 'text, url, "my note" \na, u, x\n')))
    assert names == {"my note": ["x"]}


@pytest.mark.slow
def test_a_row_far_over_the_limit_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    """60 MB on one line, from a small file, in 600 MB for the process."""
    for name, start in (("a.csv.gz", b"text,url\na,u\n"), ("b.csv.gz", b""), ("c.csv.gz", b'text,url\n"')):
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        some = [packer.compress(start), *(packer.compress(b"a " * (1 << 19)) for _ in range(60))]
        (tmp_path / name).write_bytes(b"".join(some) + packer.flush())
    code = (
        "import resource, sys; from tests.pipeline.inputs.test_delimited import refusal; from pathlib import Path\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (600 << 20, 600 << 20))\n"
        "for name in sys.argv[1:]: print(refusal(Path(name)))"
    )
    files = [str(tmp_path / name) for name in ("a.csv.gz", "b.csv.gz", "c.csv.gz")]
    done = subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.partition(": over 16,777,216 bytes")[0] for line in done.stdout.splitlines()]
    assert rows == ["row 3", "row 1", "row 2"]


def test_a_row_has_a_limit(tmp_path: Path) -> None:
    limit = Input(max_row_bytes=1_000)
    for end in ("\n", "\r\n", ""):
        assert texts(write(tmp_path / "t.csv", f"text,url\n{'x' * 998},u{end}"), limit) == ["x" * 998]
        path = write(tmp_path / "t.csv", f"text,url\na,b\n{'x' * 999},u{end}")
        assert refusal(path, limit) == "row 3: over 1,000 bytes (input.max_row_bytes)"


@pytest.mark.slow
def test_columns_have_a_limit(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(9_998)]
    assert texts(write(tmp_path / "a.csv", ",".join(["text", "url", *names]) + "\n" + "a," * 9_999 + "b\n")) == ["a"]
    assert refusal(write(tmp_path / "b.csv", "," * 10_000)) == "row 1: over 10,000 values"
    assert refusal(write(tmp_path / "c.csv", "text,url" + ",x" * 102 + "\n")).startswith(
        "over 100 columns have the name"
    )


@pytest.mark.parametrize("value", [",", "|", "\t", ";", "tab", "pipe", "\\t", "comma", "semicolon"])
def test_delimiters_as_they_are_typed(tmp_path: Path, value: str) -> None:
    settings = load_config("", [("input.delimiter", value)]).input
    byte = {"tab": "\t", "pipe": "|", "\\t": "\t", "comma": ",", "semicolon": ";"}.get(value, value)
    assert texts(write(tmp_path / "a.csv", f'text{byte}url\n"a"{byte}u\n'), settings) == ["a"]


@pytest.mark.parametrize("value", ["ab", "é", "''", "a b"])
def test_what_is_no_delimiter_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match=r"input\.delimiter: .* one of comma, tab, semicolon, pipe"):
        load_config("", [("input.delimiter", value)])


def test_nothing_is_left_open(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv.gz", gzip.compress(b"text,url\na\n"))
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        refusal(path)
    assert len(os.listdir("/proc/self/fd")) <= len(before)
    assert not open_path(write(tmp_path / "b.csv", "text,url\na,u\n")).has_images
