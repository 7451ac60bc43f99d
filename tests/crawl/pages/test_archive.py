"""Records of WARC files: truncated and foreign files are found out wherever they end."""

from __future__ import annotations

import gzip
import io
from itertools import count

import pytest
from fastwarc.warc import WarcRecordType

from crawl.pages.archive import BadArchive, records
from tests.support.pages import archive, image, record, response, warc

PAGES = [image("a", "b") * 30, "<p>" + "x" * 3000, image("c", "d")]
RESPONSES = WarcRecordType.response


def read(content: bytes) -> list[tuple[int, bytes]]:
    return [(each.stream_pos, each.reader.read()) for each in records(io.BytesIO(content), RESPONSES)]


def test_records_of_every_form() -> None:
    plain, packed = warc(*PAGES, packed=False), warc(*PAGES)
    bodies = [response(page) for page in PAGES]
    starts = [plain.index(b"WARC/1.0\r\nWARC-Type: response")]
    for _ in PAGES[1:]:
        starts.append(plain.index(b"WARC/1.0\r\nWARC-Type: response", starts[-1] + 1))
    assert read(plain) == read(gzip.compress(plain)) == list(zip(starts, bodies, strict=True))
    assert [body for _, body in read(packed)] == bodies
    for start, body in read(packed):
        assert (
            gzip.GzipFile(fileobj=io.BytesIO(packed[start:])).read(200).startswith(b"WARC/1.0\r\nWARC-Type: response")
        )
        assert body in gzip.decompress(packed[start:])
    assert len(read(packed + packed)) == 2 * len(PAGES)


@pytest.mark.parametrize("kind", ["plain", "packed", "packed as one"])
def test_a_cut_is_found_out_wherever_it_is(kind: str) -> None:
    content = warc(*PAGES, packed=kind == "packed")
    content = gzip.compress(content) if kind == "packed as one" else content
    records_end = {len(content[:end]) for end in range(len(content)) if content[end:].startswith(b"WARC/1.0\r\n")}
    if kind == "packed":
        records_end = {end for end in range(len(content)) if content[end:].startswith(b"\x1f\x8b\x08\0\0\0\0\0")}
    for end in range(0, len(content) - 4, 7):
        if not {end, end + 1, end + 2, end + 3, end + 4} & records_end or end == 0:
            with pytest.raises((BadArchive, EOFError, OSError)):
                read(content[:end])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><img src=a alt=b>",
        bytes(range(256)) * 40,
        gzip.compress(b"hello"),
        b"text,url\na,b\n",
        b"PK\x03\x04" * 100,
        b"\n" * 100,
        b"WARC/1.0\r\n" * 100_000,
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999999999\r\n\r\nx",
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: -1\r\n\r\nx",
        b"WARC/1.0\r\nWARC-Type: response\r\n\r\nx",
        warc(*PAGES) + b"junk after the end",
        warc(*PAGES, packed=False) + b"junk after the end",
        warc(*PAGES, packed=False).replace(b"WARC/1.0\r\nWARC-Type: request", b"WORC/1.0\r\nWARC-Type: request", 2),
    ],
    ids=count(),
)
def test_another_file(content: bytes) -> None:
    with pytest.raises((BadArchive, OSError)):
        read(content)


def test_an_archive_without_pages() -> None:
    info = record(b"x", "warcinfo", content_type="application/warc-fields")
    assert read(info) == read(archive([info, info])) == []
