"""A trained model, with the tokeniser and settings for its inputs."""

from __future__ import annotations

from dataclasses import dataclass

from train.config import Train
from train.model import Towers
from train.pairs import Square
from vocab.wordpiece import WordPieceTokenizer


@dataclass(frozen=True)
class Trained:
    """A dual encoder, its tokeniser and settings, and `weights`, a digest that identifies its state."""

    model: Towers
    tokenizer: WordPieceTokenizer
    settings: Train
    weights: str

    @property
    def square(self) -> Square:
        """The model's view of a picture."""
        return Square(self.settings.image.resize, self.settings.image.crop)

    @property
    def width(self) -> int:
        """The length of an embedding."""
        return int(self.model.images.output_shape[-1])
