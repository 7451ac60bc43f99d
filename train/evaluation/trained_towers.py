"""A trained model with the interface that measures need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from train.bar import progress_bar
from train.embedding import PictureFile, embed_pictures, embed_texts, embed_words
from train.trained import Trained


@dataclass(frozen=True)
class TrainedTowers:
    """Both towers of a trained model."""

    trained: Trained

    @property
    def width(self) -> int:
        """The length of a vector."""
        return self.trained.width

    def pictures(self, paths: Sequence[str]) -> Iterator[np.ndarray | ValueError]:
        """Yields each picture's vector, or the error; shows progress."""
        with progress_bar("embed", len(paths), "images", leave=False) as bar:
            for vector in embed_pictures(self.trained, map(PictureFile, paths)):
                yield vector
                bar.update()

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """Embeds texts."""
        return embed_texts(self.trained, texts)

    def words(self, words: Sequence[str]) -> np.ndarray:
        """Embeds words, before the text tower's linear layer."""
        return embed_words(self.trained, words)
