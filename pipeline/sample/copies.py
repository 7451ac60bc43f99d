"""Pictures of the evaluation set, copied in the web's usual ways: `eval_duplicate` must find them all."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from PIL import Image

from pipeline.sample.cards import Cards
from pipeline.sample.pictures import Picture, encode
from pipeline.sample.rows import Case, Row


def copy_cases(cards: Cards, held_out: list[Picture]) -> Iterator[Case]:
    """A copy of each kind, each from another picture."""
    for number, (name, copy) in enumerate(COPIES.items()):
        original = held_out[number % len(held_out)].content
        row = Row(f"copy-{name}", cards.caption(), copy(original), f"copy-{name}.jpg")
        yield Case(row, f"a copy of an evaluation picture: {name.replace('-', ' ')}", ("eval_duplicate",))


def _open(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def _turned(turn: Image.Transpose) -> Callable[[bytes], bytes]:
    return lambda content: encode(_open(content).transpose(turn))


def _scaled(factor: float) -> Callable[[bytes], bytes]:
    def scale(content: bytes) -> bytes:
        image = _open(content)
        return encode(image.resize((round(image.width * factor), round(image.height * factor))))

    return scale


COPIES: dict[str, Callable[[bytes], bytes]] = {
    "same-bytes": lambda content: content,
    "jpeg-quality-40": lambda content: encode(_open(content), quality=40),
    "png": lambda content: encode(_open(content), "PNG"),
    "webp": lambda content: encode(_open(content), "WEBP"),
    "gray": lambda content: encode(_open(content).convert("L")),
    "larger": _scaled(1.5),
    "smaller": _scaled(0.9),
} | {turn.name.lower().replace("_", "-"): _turned(turn) for turn in Image.Transpose}
