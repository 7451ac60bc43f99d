"""Contents of the crawl of the tests: images, captions, and cases on both sides of every rule."""

from __future__ import annotations

import io
import itertools
import zlib
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from PIL import Image

Row = tuple[bytes | None, str | None, str | None]  # image, text, url


def picture(seed: int, width: int = 240, height: int = 210, bands: int = 3) -> Image.Image:
    """Smooth noise: no two seeds look alike, and it survives JPEG."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 12, bands), dtype=np.uint8)
    return Image.fromarray(coarse.squeeze()).resize((width, height), Image.Resampling.BICUBIC)


def encode(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def few_colours(image: Image.Image) -> Image.Image:
    """256 colours for a GIF. To choose them, Pillow's usual way takes half a second a picture."""
    return image.quantize(method=Image.Quantize.FASTOCTREE)


@cache
def bomb() -> bytes:
    """A PNG of 30,000 x 30,000 black pixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (30000).to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(bytes(3751 * 300)) for _ in range(100)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def awkward_images() -> Iterator[bytes]:
    """Modes and formats that are decodable, but not all as they are for TensorFlow."""
    seeds = itertools.count(100)
    for mode in ("RGB", "L", "CMYK"):
        yield encode(picture(next(seeds)).convert(mode))
    yield encode(picture(next(seeds)), progressive=True)
    exif = Image.Exif()
    exif[274] = 6
    yield encode(picture(next(seeds)), exif=exif)
    for mode in ("RGB", "L", "1", "P"):
        yield encode(picture(next(seeds)).convert(mode), "PNG")
    yield encode(picture(next(seeds), bands=4), "PNG")
    yield encode(picture(next(seeds), bands=2), "PNG")
    yield encode(picture(next(seeds)).convert("P"), "PNG", transparency=3)
    yield encode(Image.fromarray(np.asarray(picture(next(seeds)).convert("L")).astype(np.uint16) * 257), "PNG")
    frames = [picture(next(seeds)) for _ in range(3)]
    yield encode(few_colours(frames[0]), "GIF", save_all=True, append_images=[*map(few_colours, frames[1:])])
    for kind in ("WEBP", "PNG", "TIFF"):
        yield encode(frames[0], kind, save_all=True, append_images=frames[1:])
    yield encode(few_colours(picture(next(seeds))), "GIF")
    for kind in ("WEBP", "BMP", "TIFF"):
        yield encode(picture(next(seeds)), kind)
    yield encode(picture(next(seeds), bands=4), "WEBP", lossless=True)


def boundary_images() -> Iterator[bytes]:
    sides = [(199, 300), (200, 300), (300, 199), (300, 200), (600, 200), (601, 200), (200, 600), (200, 601)]
    for seed, (width, height) in enumerate([*sides, (500, 400), (501, 400), (1, 1), (10000, 12)]):
        yield encode(picture(200 + seed, width, height))


def broken_images() -> Iterator[bytes | None]:
    jpeg, png = encode(picture(300)), encode(picture(301), "PNG")
    yield from (None, b"", b"<svg/>", bytes(2000), jpeg[:-200], jpeg[: len(jpeg) // 2], jpeg[:300], jpeg[:20])
    yield from (png[: len(png) // 2], png[:60], encode(few_colours(picture(302)), "GIF")[:-500], bomb(), jpeg + b"tail")


def copies(original: Image.Image) -> Iterator[bytes]:
    yield encode(original, quality=40)
    yield encode(original.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG")
    yield encode(original.transpose(Image.Transpose.ROTATE_90))
    yield encode(original.resize((320, 280)), "WEBP")
    yield encode(original.convert("L"))
    yield encode(original.resize((150, 130)))


def captions() -> Iterator[str]:
    """Captions of three to nine words from few words, so that most n-grams come often."""
    rng = np.random.default_rng(7)
    colours, things = ["red", "blue", "green"], ["kite", "boat", "dog", "house"]
    places = ["on the beach", "in the garden", "near a river in spring"]
    while True:
        colour, thing, place = (str(rng.choice(options)) for options in (colours, things, places))
        yield f"{rng.choice(['A', 'the'])} {colour} {thing} {place}"


def awkward_texts() -> list[str | None]:
    """Texts at the boundaries of the word count, and texts that are hard to split, to clean or to show."""
    word = "boat "
    numbers = " ".join(str(n) for n in range(21))
    return [
        *(None, "", "   ", "!!! ... ???", "boat", word * 2, word * 3, word * 20, word * 21),
        *(numbers, numbers.rsplit(" ", 1)[0], "\ufb01ne \u2460 \u00bd", "\u02bb \u0301 \u00b2 red"),
        *("red &amp; blue kite &lt;3", "red & blue kite <3", "A&nbsp;red&#32;kite", "&#0;&#xD800; red kite"),
        *("un caf\u00e9 rouge", "un cafe\u0301 rouge", "UN CAF\u00c9 ROUGE", "un cafe rouge"),
        *("a\x00b red kite", "\u200bthe\u00ad red\u3000kite\u0085here", "\u0130stanbul stra\u00dfe \u1e9e"),
        *("红色的球在桌子上", "ลูกบอลสีแดงบนโต๊ะ", "كرة حمراء على الطاولة", "लाल गेंद मेज़ पर"),
        *("don't stop-the red_kite 3.5mm", "\U0001f600 the red kite \u2764\ufe0f", "a\tred\nkite\r\nhere"),
        *("<script>alert(1)</script> red kite", "x" * 120 + " red kite", "the red kite " * 3000),
    ]


def crowd() -> Iterator[Row]:
    """Images with 5 and 6 texts, texts with 3 and 4 images; twice the same counts once."""
    for seed, texts in ((400, 5), (401, 6)):
        image = encode(picture(seed))
        for n in range(texts):
            yield image, f"the red kite number {n} &amp; more", None
            yield image, f"the  red kite number {n} & more ", None
    for seed, images in ((410, 3), (420, 4)):
        for n in range(images):
            yield encode(picture(seed + n)), f"the house that {images} pictures share", None
            yield encode(picture(seed + n)), f"the house that {images}  pictures share", None
    yield None, "the house that 3 pictures share", None  # no image: counts for nothing
    yield None, "the house that 3 pictures share", "http://x/4"  # a fourth: its address is its identity


def rows(originals: Sequence[Image.Image]) -> list[Row]:
    """(image, text, url) of all pairs with pixels."""
    caption, url = captions(), (f"http://x/{n}.jpg" if n % 3 else None for n in itertools.count(1))
    plain = [encode(picture(n)) for n in range(24)]
    images = [*plain, *awkward_images(), *boundary_images(), *broken_images(), *plain[:6]]
    images += [copy for original in originals for copy in copies(original)]
    found: list[Row] = [(image, next(caption), next(url)) for image in images]
    found += [(encode(picture(500 + n)), text, next(url)) for n, text in enumerate(awkward_texts())]
    found += [(image, f"boat {n}", None) for n, image in enumerate(broken_images())]  # too short: never decoded
    found += list(crowd())
    return [found[n] for n in np.random.default_rng(1).permutation(len(found))]
