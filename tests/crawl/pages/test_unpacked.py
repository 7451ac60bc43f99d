"""Bodies that crawlers stored with their encodings."""

from __future__ import annotations

import gzip
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
    ],
    ids=range(10),
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


def test_damage() -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpacked(b"\x1f\x8b\x08\0" + b"x" * 50, "", "gzip", 100)
    with pytest.raises(ValueError, match="damaged"):
        unpacked(b"\xff" * 50, "", "br", 100)
