"""Test cards: pictures for the special cases, all different, with captions that no rule drops."""

from __future__ import annotations

import numpy as np
from PIL import Image

from pipeline.sample.draw import draw_ground
from pipeline.sample.scenes import GROUNDS, TEXTURES

CAPTIONS = ("a test card in {colour}", "This is a {colour} test card.")


class Cards:
    """A pack of test cards. Equal seeds give equal cards."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._told = 0
        self._drawn = 0

    def picture(self, width: int = 240, height: int = 208) -> Image.Image:
        """A new card, RGB."""
        self._drawn += 1
        colour, texture = GROUNDS[self._drawn % len(GROUNDS)], TEXTURES[self._drawn % len(TEXTURES)]
        return draw_ground(texture, colour, width, height, self._rng)

    def caption(self) -> str:
        """Cycles through 12 captions: 36 to 96 of them make every word frequent and share none too often."""
        self._told += 1
        sentence = CAPTIONS[self._told // len(GROUNDS) % len(CAPTIONS)]
        return sentence.format(colour=GROUNDS[self._told % len(GROUNDS)])
