"""Files damaged at random, the same way in every run."""

from __future__ import annotations

import random

from tests.support.pictures import JPEG_OPTIONS, REAL, WEB, chunked, chunks_of, encoded, noise, png, with_checksums


def damaged(data: bytes, dice: random.Random) -> bytes:
    """One kind of damage: cut, bytes changed (mostly near the start), removed, doubled, markers planted."""
    raw, kind = bytearray(data), dice.randrange(6)
    near = min(len(raw), 900) if dice.random() < 0.5 else len(raw)
    place = dice.randrange(near)
    if kind == 0:
        del raw[dice.choice([place, len(raw) - dice.randrange(1, 20)]) :]
    elif kind == 1:
        del raw[place : place + dice.randrange(1, 40)]
    elif kind == 2:
        raw[place:place] = raw[dice.randrange(near) :][: dice.randrange(1, 200)]
    elif kind == 3:
        raw[place : place + 2] = bytes([0xFF, dice.randrange(256)])
    else:
        for _ in range(dice.choice([1, 1, 2, 5, 30])):
            raw[dice.randrange(near)] = dice.randrange(256)
    return with_checksums(bytes(raw)) if data.startswith(b"\x89PNG") and dice.random() < 0.6 else bytes(raw)


def disordered(data: bytes, dice: random.Random) -> bytes:
    """A PNG with a chunk doubled, dropped, moved, renamed, cut, split or put in, all checksums right."""
    chunks, kind = chunks_of(data), dice.randrange(7)
    place, other = dice.randrange(len(chunks)), dice.randrange(len(chunks))
    name, body = chunks[place]
    cut, new = dice.randrange(len(body) + 1), dice.choice(CHUNK_NAMES)
    if kind == 0:
        chunks.insert(other, chunks[place])
    elif kind == 1:
        del chunks[place]
    elif kind == 2:
        chunks[place], chunks[other] = chunks[other], chunks[place]
    elif kind == 3:
        chunks[place] = new, body
    elif kind == 4:
        chunks[place] = name, body[:cut]
    elif kind == 5:
        chunks[place : place + 1] = [(name, body[:cut]), (name, body[cut:])]
    else:
        chunks.insert(other, (new, dice.randbytes(dice.choice([0, 1, 2, 3, 6, 13, 30]))))
    return chunked(chunks)


CHUNK_NAMES = [
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"gAMA",
    b"iCCP",
    b"acTL",
    b"fdAT",
    b"eXIf",
    b"ABCD",
    b"abCD",
]


def jpegs() -> list[bytes]:
    pictures = [noise(size=(90, 70)).convert(mode) for mode in ("L", "RGB", "CMYK")]
    return [encoded(picture, "JPEG", **options) for picture in pictures for options in JPEG_OPTIONS]


def pngs() -> list[bytes]:
    kinds = [(1, 0), (8, 0), (16, 0), (8, 2), (4, 3), (8, 3)]
    return [png(depth, colour, interlaced) for depth, colour in kinds for interlaced in (False, True)]


SOURCES = {"jpeg": jpegs(), "png": pngs(), "web": list(WEB.values())}
if REAL:
    SOURCES["real"] = [path.read_bytes() for path in REAL]
