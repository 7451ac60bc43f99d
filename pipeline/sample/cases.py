"""Every rule but `eval_duplicate` on both sides of its boundary, with its verdict by `configs/toy.yaml`.

Each case fails the rules that it lists and no other. Words come from `cards.py`, so that the cases don't depend on the
number of ordinary pictures.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np
from PIL import Image

from pipeline.sample.cards import Cards
from pipeline.sample.pictures import encode
from pipeline.sample.rows import Case, Row

MIN_COUNT = 3  # filters.rare_ngram.min_count of configs/toy.yaml
MAX_TEXTS = 1000
MAX_IMAGES = 10
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

# Centre x and y, width and height of ellipses: chosen from 300 random sets for a score far over 0.2.
FORMS = (
    (0.27, 0.71, 0.44, 0.15),
    (0.25, 0.50, 0.45, 0.19),
    (0.39, 0.63, 0.21, 0.27),
    (0.78, 0.68, 0.50, 0.23),
    (0.31, 0.69, 0.49, 0.26),
)


def size_cases(cards: Cards) -> Iterator[Case]:
    """`short_side` and `aspect_ratio`: width and height in pixels."""
    for width, height, reasons in (
        (200, 200, ()),
        (199, 200, ("short_side",)),
        (200, 199, ("short_side",)),
        (600, 200, ()),
        (200, 600, ()),
        (601, 200, ("aspect_ratio",)),
        (200, 601, ("aspect_ratio",)),
        (598, 199, ("short_side", "aspect_ratio")),
    ):
        image = encode(cards.picture(width, height))
        yield _case(f"size-{width}x{height}", cards.caption(), image, f"{width} x {height} pixels", reasons)


def word_count_cases(cards: Cards) -> Iterator[Case]:
    """`word_count`: texts of 2, 3, 20 and 21 words."""
    twenty = " ".join(["a test card and"] * 5)
    yield _case("words-2", "Test card!", _photo(cards), "2 words and a mark that is none", ("word_count",))
    yield _case("words-3", "a test card", _photo(cards), "3 words")
    yield _case("words-20", twenty + " …", _photo(cards), "20 words and a mark that is none")
    yield _case("words-21", twenty + " a", _photo(cards), "21 words", ("word_count",))


def rare_ngram_cases(cards: Cards) -> Iterator[Case]:
    """`rare_ngram`: words and neighbours seen as often as required, and once less."""
    for number in range(MIN_COUNT):
        yield _case(f"frequent-{number}", "a test card and a sextant", _photo(cards), f"a word seen {MIN_COUNT} times")
    for number in range(MIN_COUNT - 1):
        about = f"a word seen {MIN_COUNT - 1} times"
        yield _case(f"rare-word-{number}", "a test card and a quadrant", _photo(cards), about, ("rare_ngram",))
    about = "frequent words that nowhere else are neighbours"
    yield _case("rare-bigram", "a card test in red", _photo(cards), about, ("rare_ngram",))
    about = "a word that one text has often enough, but not as its own neighbour"
    yield _case("rare-neighbour", "astrolabe, " * MIN_COUNT, _photo(cards), about, ("rare_ngram",))


def images_of_text_cases(cards: Cards) -> Iterator[Case]:
    """`images_of_text`: a text of 10 images, of 11, of 11 in different spellings, and of one image 11 times."""
    for number in range(MAX_IMAGES):
        yield _case(f"text-of-10-images-{number}", "a test card for ten", _photo(cards), "a text of 10 images")
    for number in range(MAX_IMAGES + 1):
        about, reasons = "a text of 11 images", ("images_of_text",)
        yield _case(f"text-of-11-images-{number}", "a test card for eleven", _photo(cards), about, reasons)
    for number in range(MAX_IMAGES + 1):
        about, text = "a text of 11 images, spelled in several ways", _spelled("a test card & a café", number)
        yield _case(f"spelling-{number}", text, _photo(cards), about, ("images_of_text",))
    once = _photo(cards)
    for number in range(MAX_IMAGES + 1):
        yield _case(f"text-of-one-image-{number}", "a test card for one", once, "a text that one image has 11 times")


def texts_of_image_cases(cards: Cards) -> Iterator[Case]:
    """`texts_of_image` on bytes. Both images are too small, so that a thousand records of one don't spoil training."""
    for texts in (MAX_TEXTS, MAX_TEXTS + 1):
        image = encode(cards.picture(199, 199), quality=10)
        reasons = ("short_side", "texts_of_image") if texts > MAX_TEXTS else ("short_side",)
        for number, text in enumerate(_numbered(texts)):
            yield _case(f"image-of-{texts}-texts-{number}", text, image, f"an image of {texts} texts", reasons)


def texts_of_link_cases() -> Iterator[Case]:
    """`texts_of_image` on links, which are images too: the link with 1000 texts is kept."""
    for texts in (MAX_TEXTS, MAX_TEXTS + 1):
        url = f"https://pictures.example/{texts}-texts.jpg"
        reasons = ("texts_of_image",) if texts > MAX_TEXTS else ()
        for number, text in enumerate([*_numbered(texts), "test  card number zero&#32;zero zero"]):
            key, about = f"link-of-{texts}-texts-{number}", f"a link of {texts} texts, one of them twice"
            yield Case(Row(key, text, url=url, width=640, height=480), about, reasons)


def link_cases() -> Iterator[Case]:
    """Links without bytes; the page gives their size, or doesn't."""
    for width, height, reasons in (
        (600, 200, ()),
        (601, 200, ("aspect_ratio",)),
        (199, 300, ("short_side",)),
        (None, None, ()),
        (0, 0, ()),
    ):
        key = f"link-{width}x{height}".lower()
        row = Row(key, "a test card behind a link", url=f"https://pictures.example/{key}", width=width, height=height)
        yield Case(row, f"a link that states {width} x {height} pixels", reasons)


def porn_cases(cards: Cards) -> Iterator[Case]:
    """`porn`: open_nsfw scores these smooth forms 0.75 in the colour of skin, and 0.05 in green of grass."""
    for name, colour, reasons in (("skin", (224, 172, 140), ("porn",)), ("grass", (60, 180, 75), ())):
        image, about = encode(_smooth_forms(colour)), f"smooth forms in the colour of {name}"
        yield _case(f"forms-{name}", cards.caption(), image, about, reasons)


def _smooth_forms(colour: tuple[int, int, int]) -> Image.Image:
    """Shaded ellipses on a dark ground, RGB, always identical."""
    y, x = np.mgrid[0:256, 0:256] / 256
    pixels = np.full((256, 256, 3), (40, 40, 60), np.float64)
    for centre_x, centre_y, width, height in FORMS:
        radius = ((x - centre_x) / width) ** 2 + ((y - centre_y) / height) ** 2
        pixels = np.where(radius[:, :, None] < 1, (1 - 0.5 * radius[:, :, None]) * colour, pixels)
    return Image.fromarray(pixels.astype(np.uint8))


def _case(key: str, text: str, image: bytes, about: str, reasons: tuple[str, ...] = ()) -> Case:
    return Case(Row(key, text, image, f"{key}.jpg"), about, reasons)


def _photo(cards: Cards) -> bytes:
    return encode(cards.picture())


def _numbered(count: int) -> list[str]:
    """Different texts of a few words that stay frequent: "test card number one zero seven"."""
    texts = [" ".join(["test card number", *(DIGITS[int(digit)] for digit in f"{n:03d}")]) for n in range(1000)]
    return [*texts, "test card number one"][:count]


def _spelled(text: str, number: int) -> str:
    """Eleven ways to write `text`, with one canonical form."""
    return (
        text,
        text.replace("&", "&amp;"),
        text.replace("&", "&#38;"),
        text.replace("é", "&eacute;"),
        text.replace("é", "&#xE9;"),
        unicodedata.normalize("NFD", text),
        text.replace(" ", "\N{NO-BREAK SPACE}"),
        text.replace(" ", "&nbsp;"),
        text.replace(" ", " \t "),
        text.replace(" ", "\N{IDEOGRAPHIC SPACE}"),
        f"  {text}\n",
    )[number]
