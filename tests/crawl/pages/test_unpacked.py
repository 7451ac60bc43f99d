"""Bodies that crawlers stored with their encodings."""

from __future__ import annotations

import gzip
import random
import zlib

import brotli
import pytest

from crawl.pages.unpacked import TooLarge, unpacked

BODY = b"<html><img src=a alt=b>" * 20
CHUNKED = b"5;x=y\r\n" + BODY[:5] + b"\r\n" + b"%x\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "transfer", "content"),
    [
        (BODY, "", ""),
        (BODY, "chunked", "gzip"),  # removed by the crawler, the header kept
        (BODY, "", "br, deflate"),
        (CHUNKED, "Chunked", ""),
        (gzip.compress(BODY), "", "gzip"),
        (gzip.compress(BODY), "", "X-GZIP"),
        (zlib.compress(BODY), "", "deflate"),
        (brotli.compress(BODY), "", "br"),
        (gzip.compress(zlib.compress(BODY)), "", "deflate, gzip"),
        (gzip.compress(BODY), "", "gzip, identity"),
        (gzip.compress(BODY[:50]) + gzip.compress(BODY[50:]), "", "gzip"),
        (gzip.compress(b"") * 9000 + gzip.compress(BODY), "", "gzip"),
        (gzip.compress(BODY) + b"what follows", "", "gzip"),
        (BODY, "", "zstd"),  # removed by the crawler, the header kept
        (BODY, "", "none, utf-8"),  # of servers that know no better
    ],
    ids=range(15),
)
def test_unpacked(body: bytes, transfer: str, content: str) -> None:
    assert unpacked(body, transfer, content, len(BODY)) == BODY


def test_what_ends_early_is_kept_so_far() -> None:
    assert unpacked(CHUNKED[:-30], "chunked", "", 1000) == BODY[: len(CHUNKED) - 30 - CHUNKED.index(b"<") - 7]
    assert BODY.startswith(unpacked(gzip.compress(BODY)[:-9], "", "gzip", 1000))


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress, brotli.compress])
def test_a_bomb(compress: object) -> None:
    assert callable(compress)
    name = {gzip.compress: "gzip", zlib.compress: "deflate", brotli.compress: "br"}[compress]
    bomb = compress(bytes(10_000_000))
    with pytest.raises(TooLarge):
        unpacked(bomb, "", name, 1_000_000)
    assert len(unpacked(bomb, "", name, 10_000_000)) == 10_000_000


def test_a_bomb_of_members() -> None:
    bomb = gzip.compress(bytes(1000)) * 1001
    assert len(unpacked(bomb, "", "gzip", 1_001_000)) == 1_001_000
    with pytest.raises(TooLarge):
        unpacked(bomb, "", "gzip", 1_000_999)


def test_members_without_content() -> None:
    """A quarter of a million, each of which would copy those behind it."""
    assert unpacked(gzip.compress(b"") * 250_000 + gzip.compress(BODY), "", "gzip", 10_000) == BODY


NOT_TEXT = [b"\x28\xb5\x2f\xfd\x04\x00a<b", random.Random(0).randbytes(500), b"no page"]


@pytest.mark.parametrize("content", ["zstd", "gzip, zstd", "compress", "?"])
@pytest.mark.parametrize("body", NOT_TEXT, ids=range(3))
def test_encodings_that_are_not_known(content: str, body: bytes) -> None:
    with pytest.raises(ValueError, match="unknown encoding: "):
        unpacked(body, "", content, 1000)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "iso2022_jp", "cp932"])
def test_pages_that_need_no_unpacking(codec: str) -> None:
    body = "\n<p>\u3042".encode(codec)
    assert unpacked(body, "", "zstd, br", 1000) == body
    assert unpacked(b"", "", "zstd", 1000) == b""


def test_brotli_whose_bytes_look_like_a_tag() -> None:
    found = 0
    for seed in range(300):
        page = b"<p>" + random.Random(seed).randbytes(150).hex().encode()
        packed = brotli.compress(page)
        found += b"<" in packed[:100]
        assert unpacked(packed, "", "br", 1000) == page
    assert found > 50


def test_damage() -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpacked(b"\x1f\x8b\x08\0" + b"x" * 50, "", "gzip", 100)
    with pytest.raises(ValueError, match="damaged"):
        unpacked(b"\xff" * 50, "", "br", 100)
