"""Files and texts that break pipelines: odd colour modes, broken and lying files, strange characters.

The verdicts are those of `configs/toy.yaml`. Readable images are kept; others are `undecodable`; nothing crashes.
"""

from __future__ import annotations

import struct
import unicodedata
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from pipeline.sample.cards import Cards
from pipeline.sample.pictures import encode
from pipeline.sample.rows import Case, Row

UNDECODABLE = ("undecodable",)
MEGABYTE = "a test card and " * 2**16


def odd_images(cards: Cards) -> Iterator[Case]:
    """Images that any viewer shows, but a careless reader fails on."""
    for name, ending, content in (
        ("cmyk-jpeg", "jpg", encode(cards.picture().convert("CMYK"))),
        ("gray-jpeg", "jpg", encode(cards.picture().convert("L"))),
        ("rotated-by-exif-jpeg", "jpg", encode(cards.picture(600, 200), exif=_orientation(6))),
        ("one-bit-png", "png", encode(cards.picture().convert("1"), "PNG")),
        ("palette-png-with-transparency", "png", encode(cards.picture().quantize(32), "PNG", transparency=3)),
        ("rgba-png", "png", encode(_half_transparent(cards.picture()), "PNG")),
        ("gray-alpha-png", "png", encode(_half_transparent(cards.picture()).convert("LA"), "PNG")),
        ("sixteen-bit-png", "png", encode(_sixteen_bits(cards.picture()), "PNG")),
        ("animated-gif", "gif", _animation(cards, "GIF")),
        ("animated-webp", "webp", _animation(cards, "WEBP")),
        ("png-named-jpg", "jpg", encode(cards.picture(), "PNG")),
    ):
        yield _image_case(cards, name, ending, content)


def broken_images(cards: Cards) -> Iterator[Case]:
    """Files that are no image, or only the beginning of an image."""
    jpeg, png = encode(cards.picture()), encode(cards.picture(), "PNG")
    for name, ending, content in (
        ("truncated-jpeg", "jpg", jpeg[: len(jpeg) // 2]),
        ("truncated-png", "png", png[: len(png) // 2]),
        ("header-of-a-png", "png", png[:40]),
        ("text-named-jpg", "jpg", b"<html><body>404 Not Found</body></html>\n"),
        ("zero-bytes", "jpg", b""),
        ("decompression-bomb", "png", _bomb(50_000)),
    ):
        yield _image_case(cards, name, ending, content, UNDECODABLE)


def paths(cards: Cards) -> Iterator[Case]:
    """Paths in a table to missing files, or out of the table's folder. The names hold a slash: no file is written."""
    outside = "../eval/eval-00000.jpg"
    for name, path in (("missing-file", "awkward/missing.jpg"), ("path-outside", outside), ("absolute-path", "/a.jpg")):
        yield Case(Row(name, cards.caption(), b"", path), f"a path to nothing that may be read: {path}", UNDECODABLE)


def missing_parts(cards: Cards, kind: str) -> Iterator[Case]:
    """Rows of a file of this kind without an image or without a text."""
    image = encode(cards.picture())
    few = ("word_count",)
    yield Case(Row(f"{kind}-no-image", cards.caption(), None, "no-image.jpg"), "no image", UNDECODABLE)
    yield Case(Row(f"{kind}-null-text", None, image, f"{kind}-null-text.jpg"), "no text", few)
    yield Case(Row(f"{kind}-empty-text", "", image, f"{kind}-empty-text.jpg"), "an empty text", few)
    yield Case(Row(f"{kind}-nothing", None, None, "nothing.jpg"), "neither image nor text", (*UNDECODABLE, *few))


def texts(cards: Cards) -> Iterator[Case]:
    """Texts in other scripts and spellings. Kept ones occur often enough that nothing in them is rare."""
    once: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        ("escaped-twice", "a test card &amp;amp; in red", ("rare_ngram",)),
        ("thai-unsegmented", "แมวสีแดงบนพื้นหลังสีน้ำเงิน", ("rare_ngram", "word_count")),
        ("white-space", " \N{NO-BREAK SPACE}\t", ("word_count",)),
        ("punctuation", "?! … — ***", ("word_count",)),
        ("megabyte", MEGABYTE, ("word_count",)),
        ("numeric-entity", "a test card in &#114;&#101;&#100;", ()),
        ("emoji", "a test card in red \N{PARTY POPPER}\N{ZERO WIDTH JOINER}\N{WHITE HEAVY CHECK MARK}", ()),
        ("control-characters", "a test card\x07 in\x00 red", ()),
        ("upper-case", "A TEST CARD IN RED", ()),
        ("quotes", "\"a test card\", in 'red'", ()),
    )
    thrice = (
        ("entity", "a test card &lt;card&gt; &quot;card&quot;"),
        ("chinese", "一个测试图"),
        ("japanese", "赤いテストの絵"),
        ("korean", "빨간 시험 그림"),
        (
            "decomposed",
            unicodedata.normalize("NFD", "über Ångström, a test card"),
        ),
    )
    for name, text, reasons in once:
        yield _text_case(cards, name, text, reasons)
    for name, text in thrice:
        for number in range(3):
            yield _text_case(cards, f"{name}-{number}", text)


def long_text(cards: Cards) -> Case:
    """A line of a megabyte, as on some pages."""
    row = Row("megabyte-line", MEGABYTE, encode(cards.picture()), "megabyte-line.jpg")
    return Case(row, "a text of a megabyte in a table of lines", ("word_count",))


def duplicate_keys(cards: Cards) -> Iterator[Case]:
    """Two pairs with one key: both are kept."""
    for _ in range(2):
        yield Case(Row("duplicate-key", cards.caption(), encode(cards.picture()), "duplicate.jpg"), "a key twice")


def _image_case(cards: Cards, name: str, ending: str, content: bytes, reasons: tuple[str, ...] = ()) -> Case:
    return Case(Row(name, cards.caption(), content, f"{name}.{ending}"), name.replace("-", " "), reasons)


def _text_case(cards: Cards, name: str, text: str, reasons: tuple[str, ...] = ()) -> Case:
    key = f"text-{name}"
    return Case(Row(key, text, encode(cards.picture()), f"{key}.jpg"), f"text: {name}", reasons)


def _orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def _half_transparent(image: Image.Image) -> Image.Image:
    """Makes the left transparent, the right opaque."""
    image.putalpha(Image.linear_gradient("L").rotate(90).resize(image.size))
    return image


def _sixteen_bits(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)


def _animation(cards: Cards, kind: str) -> bytes:
    frames = [cards.picture() for _ in range(3)]
    return encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def _bomb(side: int) -> bytes:
    """A PNG of a few hundred bytes whose header claims `side` x `side` pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100_000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
