"""Ties: texts that several pictures have. Their vectors are equal, so no model can tell whose they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def numbered(rows: np.ndarray) -> NDArray[np.int64]:
    """Numbers the distinct rows in the order of their first places, int (rows,)."""
    numbers = dict[bytes, int]()
    return np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in rows], np.int64)


@dataclass(frozen=True)
class SharedTexts:
    """Texts of several pictures: whether a picture has one, bool (images, shared + 1), and each text's column there,
    int (texts,); the last column is that of all other texts, and False.
    """

    has: np.ndarray
    column: np.ndarray

    @classmethod
    def of(cls, texts: np.ndarray, image_of_text: np.ndarray, images: int) -> SharedTexts | None:
        """Those among `texts`, float (texts, d), of the pictures `image_of_text`, int (texts,); None without any."""
        number = numbered(texts)
        owners = np.unique(np.stack([number, image_of_text]), axis=1)
        several = np.bincount(owners[0]) > 1
        if not several.any():
            return None
        last = int(several.sum())
        column = np.where(several, np.cumsum(several) - 1, last)[number]
        has = np.zeros((images, last + 1), bool)
        has[image_of_text, column] = True
        has[:, last] = False
        return cls(has, column)

    def of_images(self, part: slice) -> np.ndarray:
        """Whether images have texts equal to these, bool (images in `part`, texts)."""
        return np.asarray(self.has[part][:, self.column])

    def of_texts(self, part: slice) -> np.ndarray:
        """The same for texts, bool (texts in `part`, images)."""
        return np.asarray(self.has[:, self.column[part]].T)
