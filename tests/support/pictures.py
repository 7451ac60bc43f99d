"""Pictures made for the tests of pixels: every format and mode that Pillow writes, and PNG made by hand."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from unittest import mock

import numpy as np
from PIL import Image

MAX_PIXELS = 2_000_000
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SUFFIXES = (".jpg", ".png", ".webp")
REAL = [path for path in sorted(DATA.rglob("*")) if path.suffix in SUFFIXES and path.stat().st_size < 60_000][::9]
MODES = ["1", "L", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "LA", "I;16", "I;16B"]
SIZE = (60, 40)


def noise(seed: int = 0, size: tuple[int, int] = SIZE) -> Image.Image:
    """A soft RGB picture with at most 60 colours, so that a palette loses nothing."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (5, 7, 3), np.uint8))
    colours = small.resize(SIZE, Image.Resampling.BICUBIC).quantize(60)  # of a large picture it takes a second
    soft = small.resize(size, Image.Resampling.BICUBIC)
    return soft.quantize(palette=colours, dither=Image.Dither.NONE).convert("RGB")


@cache
def in_mode(mode: str) -> Image.Image:
    """The picture; 16 bits a sample in the integer modes."""
    if mode.startswith("I"):
        wide = Image.fromarray(np.asarray(noise().convert("L")).astype(np.uint16) * 257)
        return wide if mode == "I;16" else wide.convert("I").convert(mode)
    return noise().quantize(60) if mode == "P" else noise().convert(mode)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def every_format_and_mode() -> Iterator[tuple[str, bytes]]:
    """All that Pillow writes and reads again without another program."""
    Image.init()
    with mock.patch.dict(Image.SAVE, PNG=partial(save_quickly, Image.SAVE["PNG"])):
        for format in sorted(set(Image.SAVE) & set(Image.OPEN) - {"EPS", "WMF"}):
            for mode in MODES:
                try:
                    data = encoded(in_mode(mode), format)
                    image = Image.open(io.BytesIO(data))
                    image.load()
                    assert image.has_transparency_data in (True, False)  # it fails where Pillow loses an ICNS's palette
                except (OSError, ValueError, KeyError, SystemError, AssertionError):
                    continue
                yield f"{format}-{mode}", data


def save_quickly(save: Callable[..., None], image: Image.Image, file: io.BytesIO, name: str) -> None:
    """Writes a PNG, such as the ten in every ICNS, larger and in a sixth of the time."""
    image.encoderinfo["compress_level"] = 1  # type: ignore[attr-defined]
    save(image, file, name)


FILES = dict(every_format_and_mode())
WEB_FORMATS = {"JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"}
WEB = {name: data for name, data in FILES.items() if name.split("-")[0] in WEB_FORMATS}
JPEG_OPTIONS: list[dict[str, object]] = [
    {},
    {"progressive": True},
    {"subsampling": 0},
    {"restart_marker_rows": 1},
    {"optimize": True},
    {"comment": b"x" * 50},
]
GRAY_PNG, RGB_PNG = [(1, 0), (2, 0), (4, 0), (8, 0), (16, 0)], [(8, 2), (16, 2)]  # depth, colour type
PALETTE_PNG, ALPHA_PNG = [(1, 3), (2, 3), (4, 3), (8, 3)], [(8, 4), (16, 4), (8, 6), (16, 6)]


def png(
    depth: int, colour: int, interlaced: bool = False, chunks: tuple[tuple[bytes, bytes], ...] = (), spare: int = 0
) -> bytes:
    """A PNG of random samples, made by hand; `spare` bytes more or fewer than its rows need."""
    rng = np.random.default_rng(depth * 8 + colour)
    width, height = SIZE
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    rows = b""
    for left, top, right, down in passes:
        row = len(range(left, width, right)) * bits
        rows += b"".join(b"\0" + rng.bytes(-(-row // 8)) for _ in range(top, height, down))
    palette = ((b"PLTE", rng.bytes(3 << depth)),) if colour == 3 else ()
    start = (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    rows = rows + bytes(spare) if spare >= 0 else rows[:spare]
    return chunked([start, *palette, *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")])


def chunked(chunks: list[tuple[bytes, bytes]]) -> bytes:
    checked = [struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(checked)


def with_checksums(data: bytes) -> bytes:
    """A PNG whose damage is not told by its checksums."""
    return chunked(chunks_of(data))


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, at = [], 8
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    return chunks
