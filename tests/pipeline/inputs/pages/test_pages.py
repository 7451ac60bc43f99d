"""Files of pages as inputs: what a run reads of them, and which files are refused."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.config import load_config
from pipeline.inputs import BadFile, Input, InputError, find_sources
from pipeline.inputs.pages import extra
from pipeline.inputs.pages.rows import CARRIED, tables
from pipeline.settings import ConfigError
from tests.support.inputs import carried, open_path, read, whole
from tests.support.pages import PAGE_URL, image, warc, wat

PAGE = "<html lang=en><title>t</title><a rel=license href=/cc>" + image("a cat", "c.jpg") + image(None, "d.jpg")


def write(path: Path, content: bytes | str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def settings(**pages: str) -> Input:
    return load_config("", [(f"input.pages.{name}", value) for name, value in pages.items()]).input


def test_what_warcio_writes(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True)
    writer.write_record(writer.create_warcinfo_record("x.warc.gz", {"software": "warcio"}))
    header = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    for number in range(3):
        body = io.BytesIO((PAGE + image("é", f"{number}.jpg")).encode())
        writer.write_record(writer.create_warc_record(f"{PAGE_URL}?{number}", "response", body, http_headers=header))
    table = read(write(tmp_path / "x.warc.gz", buffer.getvalue()))
    assert [text.decode() for text in table["text"].to_pylist()] == ["a cat", "é"] * 3
    assert table["url"].to_pylist()[:2] == ["http://example.org/dir/c.jpg", "http://example.org/dir/0.jpg"]
    assert len(set(table["key"].to_pylist())) == 6
    assert carried(table)["page_url"] == [f"{PAGE_URL}?{number}" for number in range(3) for _ in range(2)]


def test_columns_and_counts(tmp_path: Path) -> None:
    reader = open_path(write(tmp_path / "x.warc", warc(PAGE, "<p>", packed=False)))
    table = whole(reader)
    assert pa.schema(list(table.schema)[-len(CARRIED) :]) == CARRIED
    assert not reader.has_images and list(reader.images(table)) == [None]
    assert table["width"].null_count == table["image"].null_count == 1
    assert {name: values[0] for name, values in carried(table).items() if name != "page_time"} == {
        "page_url": PAGE_URL, "page_lang": "en", "licence": "http://example.org/cc", "attribute": "src", "title": None,
        "html_width": None, "html_height": None,
    }  # fmt: skip
    assert carried(table)["page_time"][0].isoformat() == "2024-01-02T03:04:05+00:00"
    counted = {name: number for name, number in reader.pages.items() if number}
    assert counted == {"records": 2, "pages": 2, "no_image": 1, "images": 2, "no_alt": 1}
    assert list(reader.batches()) and {name: number for name, number in reader.pages.items() if number} == counted


def test_keys_of_files_in_folders(tmp_path: Path) -> None:
    write(tmp_path / "cc" / "x.warc.gz", warc(PAGE))
    write(tmp_path / "cc" / "y.wat.gz", wat(PAGE))
    keys = [read(source.path)["key"].to_pylist() for source in find_sources([str(tmp_path / "cc")])]
    assert [key[0].partition("#")[0] for key in keys] == ["x.warc.gz", "y.wat.gz"]
    assert all(key[0].endswith("#0") and key[0].split("#")[1].isdigit() for key in keys)


@pytest.mark.parametrize("name", ["p.html", "p.HTML", "p.html.gz"])
def test_a_saved_page(tmp_path: Path, name: str) -> None:
    page = "<link rel=canonical href=http://h/x/y>" + PAGE
    table = read(write(tmp_path / name, gzip.compress(page.encode()) if name.endswith("gz") else page))
    assert table["url"].to_pylist() == ["http://h/x/c.jpg"] and table["key"].to_pylist() == [f"{name}#0#0"]
    reader = open_path(write(tmp_path / "q.html", PAGE))
    assert len(whole(reader)) == 0 and reader.pages["bad_url"] == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.warc", "<html>", "Invalid WARC header"),
        ("x.warc.gz", b"", "no WARC record"),
        ("x.warc.gz", warc(PAGE)[:-20], "truncated: it ends within a compressed record"),
        ("x.wat", "a,b\n", "Invalid WARC header"),
        ("x.html", b"", "empty file"),
        ("x.html", b"\x89PNG\r\n\0\0", "not HTML, but a binary file"),
        ("x.html.gz", b"<html>", "not gzip, as its name says: it needs a name without .gz"),
        ("x.html.gz", gzip.compress(PAGE.encode())[:-9], "Compressed file ended before"),
        ("x.html.gz", gzip.compress(b"x" * (6 << 20))[:-9], "Compressed file ended before"),
    ],
    ids=range(9),
)
def test_bad_files(tmp_path: Path, name: str, content: bytes | str, reason: str) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(BadFile) as caught:
        read(path)
    assert caught.value.path == str(path) and caught.value.reason.startswith(reason)


def test_a_page_over_the_limit_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "x.html", PAGE)
    for most, bad in ((len(PAGE), 0), (len(PAGE) - 1, 1)):
        reader = open_path(path, settings(max_bytes=str(most)))
        whole(reader)
        assert (reader.pages["records"], reader.pages["bad_record"]) == (1, bad)


def test_html_beside_data_is_no_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "in" / "index.html", PAGE)
    assert [source.name for source in find_sources([str(tmp_path / "in")])] == ["index.html"]
    write(tmp_path / "in" / "t.csv", "text,url\na,b\n")
    assert [source.name for source in find_sources([str(tmp_path / "in")])] == ["t.csv"]
    assert [source.name for source in find_sources([str(tmp_path / "in" / "*")])] == ["index.html", "t.csv"]


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.warc.gz", warc(PAGE))
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "selectolax" else name)
    with pytest.raises(InputError, match=r"pages need the package selectolax: pip install 'align-corpus\[crawl\]'"):
        find_sources([str(path)])
    assert find_sources([str(write(tmp_path / "t.csv", "text,url\na,b\n"))])


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("opt_out", "[]", ()),
        ("opt_out", "[noai, NoML]", ("noai", "NoML")),
        ("lazy_attributes", "[data-normal]", ("data-normal",)),
        ("distinct", "none", "none"),
    ],
)
def test_settings(name: str, value: str, expected: Any) -> None:
    assert getattr(settings(**{name: value}).pages, name) == expected


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("opt_out", "1", "input.pages.opt_out: 1 is no list, such as"),
        ("distinct", "corpus", "input.pages.distinct: no such choice: corpus; the choices are page, none"),
        ("max_bytes", "0", "input.pages.max_bytes: must be 1 or more: 0"),
    ],
)
def test_wrong_settings(name: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        settings(**{name: value})


def test_tables_are_bounded() -> None:
    from crawl.pages.found import Row

    row = Row("k", "t" * 1_000_000, "u", None, None, None, None, "src", None, None, None)
    assert [len(table) for table in tables([row] * 20)] == [9, 9, 2]
    small = row._replace(text="t")
    assert [len(table) for table in tables([small] * 25_000)] == [10_000, 10_000, 5_000]
    assert [len(table) for table in tables([small] * 10_000)] == [10_000]
    assert [len(table) for table in tables([])] == [0]
