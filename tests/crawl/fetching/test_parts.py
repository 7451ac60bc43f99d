"""Headers, packed bodies, spooled bodies and formats, without a network."""

from __future__ import annotations

import gzip
import io
import math
import random
import zlib

import pytest
from PIL import Image

from crawl.fetching import bodies
from crawl.fetching.bodies import Body
from crawl.fetching.formats import suffix_of
from crawl.fetching.headers import Headers
from crawl.fetching.unpacking import PackingError, unpacker_of
from filters.opening import DECODED, open_image


def headers(*lines, end=True):
    made = Headers()
    for line in (*lines, *([""] if end else [])):
        made.add(f"{line}\r\n".encode("latin-1"))
    return made


def test_headers_are_whole_at_the_empty_line():
    made = headers("HTTP/1.1 200 OK", "A: b", end=False)
    assert not made.whole
    assert made.add(b"\r\n")
    assert (made.whole, made.code) == (True, 200)
    assert not made.add(b"Trailer: x\r\n")
    assert not [*made.values(b"trailer:")]


def test_the_last_block_counts():
    made = headers("HTTP/1.1 103 Hints", "X-Robots-Tag: noai", "", "HTTP/2 404")
    assert (made.whole, made.code, [*made.values(b"x-robots-tag:")]) == (True, 404, [])
    assert not headers("HTTP/1.1 103 Hints").whole


def test_values_of_a_name_in_any_case():
    made = headers("HTTP/1.1 200", "x-robots-TAG: a ", "X-Robots-Tag:b", "XX-Robots-Tag: c", "A: x-robots-tag: d")
    assert [*made.values(b"x-robots-tag:")] == ["a", "b"]


@pytest.mark.parametrize("line", ["HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 abc", "HTTP/ -12"])
def test_a_status_line_without_a_code(line):
    assert headers(line).code == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), ("30", 30), (" 7 ", 7), ("-1", None), ("1.5", None), ("x", None), ("", None), ("9" * 400, math.inf)],
)
def test_retry_after(value, seconds):
    assert headers("HTTP/1.1 429", f"Retry-After: {value}").retry_after() == seconds


def test_packed_bodies_in_any_pieces():
    content, chance = random.Random(0).randbytes(10_000) + bytes(10_000), random.Random(1)
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = {
        "gzip": gzip.compress(content),
        "x-gzip": gzip.compress(content[:500]) + gzip.compress(content[500:]),
        "GZIP": gzip.compress(content) + b"what follows",
        "deflate": zlib.compress(content),
        "identity, Deflate": raw.compress(content) + raw.flush(),
    }
    for name, sent in packed.items():
        unpacker, found = unpacker_of([name]), b""
        while sent:
            size = chance.randint(1, 700)
            found += unpacker.add(sent[:size], 10**6)
            sent = sent[size:]
        assert found == content, name
        assert not unpacker.is_cut()


@pytest.mark.parametrize("size", [1, 2, 3])
def test_members_in_small_pieces(size):
    sent = gzip.compress(b"one") + gzip.compress(b"two")
    unpacker = unpacker_of(["gzip"])
    assert b"".join(unpacker.add(sent[place : place + size], 100) for place in range(0, len(sent), size)) == b"onetwo"


@pytest.mark.parametrize("encodings", [[], [""], ["identity"], ["identity, ", "IDENTITY"]])
def test_bodies_that_are_not_packed(encodings):
    assert unpacker_of(encodings) is None


@pytest.mark.parametrize("encodings", [["br"], ["gzip, gzip"], ["gzip", "deflate"], ["utf-8"], ["zstd"]])
def test_encodings_that_were_not_asked_for(encodings):
    with pytest.raises(PackingError):
        unpacker_of(encodings)


@pytest.mark.parametrize("cut", [1, 9, 20, 40])
def test_packed_bodies_that_stop(cut):
    unpacker = unpacker_of(["gzip"])
    unpacker.add(gzip.compress(b"some content of a picture")[:cut], 1000)
    assert unpacker.is_cut()


def test_packed_bodies_with_an_error():
    sent = bytearray(gzip.compress(bytes(1000)))
    sent[-6] ^= 1  # of the checksum
    with pytest.raises(PackingError):
        unpacker_of(["gzip"]).add(bytes(sent), 10_000)


def test_a_bomb_is_unpacked_to_a_byte_more_than_there_is_room():
    unpacker = unpacker_of(["gzip"])
    assert len(unpacker.add(gzip.compress(bytes(10**7)), 1000)) == 1001
    members = gzip.compress(bytes(600)) * 1000
    assert len(unpacker_of(["gzip"]).add(members, 1000)) == 1001


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 250, 1000])
def test_bodies_come_back_whole(monkeypatch, tmp_path, size):
    monkeypatch.setattr(bodies, "HELD", 100)
    content = random.Random(0).randbytes(size)
    body = Body(str(tmp_path))
    for start in range(0, size, 7):
        body.add(content[start : start + 7])
    assert body.size == size
    assert (body._file is not None) == (size > 100)
    assert body.take() == content
    assert body._file is None


def test_a_dropped_body_leaves_no_file(monkeypatch):
    monkeypatch.setattr(bodies, "HELD", 10)
    body = Body()
    body.add(bytes(11))
    file = body._file
    body.drop()
    assert file.closed


FORMATS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "BMP": "bmp", "TIFF": "tif", "AVIF": "avif"}


@pytest.mark.parametrize("name", FORMATS)
def test_pictures_that_are_read_have_a_suffix(name):
    file = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(file, name)
    assert name in DECODED
    assert open_image(file.getvalue()).format == name
    assert suffix_of(file.getvalue()) == FORMATS[name]


@pytest.mark.parametrize("name", ["PDF", "EPS", "ICO", "TGA", "PPM"])
def test_others_have_none(name):
    file = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(file, name)
    assert suffix_of(file.getvalue()) is None


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<svg ",
        b"GIF8",
        b"RIFF\0\0\0\0AVI ",
        b"\0\0\0\x18ftypheic",
        b"\xff\xd8",
        b"BM",
        b"BMW is a car, and no picture",
    ],
)
def test_nor_has_what_is_none(head):
    assert suffix_of(head) is None


@pytest.mark.parametrize(
    ("size", "suffix"), [(12, "bmp"), (40, "bmp"), (124, "bmp"), (11, None), (41, None), (65_576, None)]
)
def test_bmp_by_the_size_of_its_header(size, suffix):
    assert suffix_of(b"BM" + bytes(12) + size.to_bytes(4, "little")) == suffix


@pytest.mark.parametrize(
    ("brands", "suffix"),
    [
        ("avif", "avif"),
        ("avis", "avif"),
        ("mif1 mif1avifmiaf", "avif"),
        ("msf1 msf1avis", "avif"),
        ("mif1 mif1heic", None),
        ("msf1 hevc", None),
        ("mif1 ..avif..", None),  # no brand begins there
        ("mif1", None),
        ("heic avif", None),
    ],
)
def test_avif_by_its_brands(brands, suffix):
    major, _, others = brands.partition(" ")
    box = f"ftyp{major}\0\0\0\0{others}".encode()
    size = (4 + len(box)).to_bytes(4, "big")
    assert suffix_of(size + box + b"avif") == suffix  # what follows the box is none of them
    assert suffix_of(b"\xff" * 4 + box) == suffix
