"""The parts of a corpus image that are looked up: the whole, the part inside its border, and 17 more if thorough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dedup.border import find_borders, find_pages
from dedup.hashing import HASH_SIDE, hash_bits
from dedup.quality import is_informative
from dedup.variants import AS_IS, cut, cut_edge, place
from dedup.verify import VIEW_SIDE
from dedup.windows import FULL, Window, Windows, window_coefficients

TRIMMED, CUT_OUT = "border trimmed", "cut out of a page"


@dataclass(frozen=True, eq=False)
class Probes:
    """Parts of n images, ordered by image; parts that hold too little for a hash are left out."""

    hashes: np.ndarray  # uint64 (probes, 4)
    images: np.ndarray  # int64 (probes,): 0 to n - 1
    names: list[str]
    windows: list[Window]

    def view(self, probe: int, lumas: np.ndarray) -> np.ndarray:
        """Cuts the probe's part from lumas, uint8 (n, 128, 128): uint8 (64, 64)."""
        return cut(lumas[self.images[probe]], self.windows[probe], VIEW_SIDE)


def _parts() -> dict[str, Window]:
    """The 17 windows of a thorough search: the picture above or below a caption, in a collage, inside a frame."""
    parts = {
        f"{strip:g} more at the {edge}": cut_edge(edge, strip)
        for strip in (0.07, 0.13, 0.2)
        for edge in ("top", "bottom")
    }
    sides = {"left": (0.5, 1, 0, 0), "right": (0.5, 1, 1, 0), "top": (1, 0.5, 0, 0), "bottom": (1, 0.5, 0, 1)}
    parts |= {f"{name} half": place(*where) for name, where in sides.items()}
    corners = [
        (f"{down} {across}", x, y)
        for y, down in enumerate(("top", "bottom"))
        for x, across in enumerate(("left", "right"))
    ]
    parts |= {f"{name} quarter": place(0.5, 0.5, x, y) for name, x, y in corners}
    return parts | {f"inner {share:g}": place(share, share, 0.5, 0.5) for share in (0.9, 0.8, 0.7)}


_NAMES = {False: [AS_IS], True: [AS_IS, *_parts()]}
_WINDOWS = {False: [FULL], True: [FULL, *_parts().values()]}
_SETS = {thorough: Windows(windows) for thorough, windows in _WINDOWS.items()}


def probes(lumas: np.ndarray, thorough: bool) -> Probes:
    """The probes of lumas, uint8 (n, 128, 128)."""
    whole = _SETS[thorough](lumas)
    trimmed = list(_trimmed(lumas))
    inside = [window_coefficients(lumas[image], window)[None] for image, _, window in trimmed]
    coefficients = np.concatenate([whole.reshape(-1, HASH_SIDE, HASH_SIDE), *inside])
    images = np.concatenate([np.repeat(np.arange(len(lumas)), whole.shape[1]), [image for image, _, _ in trimmed]])
    names = _NAMES[thorough] * len(lumas) + [name for _, name, _ in trimmed]
    windows = _WINDOWS[thorough] * len(lumas) + [window for _, _, window in trimmed]
    told_apart = np.flatnonzero(is_informative(coefficients))
    order = told_apart[np.argsort(images[told_apart], kind="stable")]
    return Probes(
        hashes=hash_bits(coefficients[order]),
        images=images[order].astype(np.int64),
        names=[names[place] for place in order],
        windows=[windows[place] for place in order],
    )


def _trimmed(lumas: np.ndarray) -> Iterator[tuple[int, str, Window]]:
    """The parts inside a border or a page, each with its luma."""
    for image, (border, page) in enumerate(zip(find_borders(lumas), find_pages(lumas), strict=True)):
        if border:
            yield image, TRIMMED, border
        if page and page != border:
            yield image, CUT_OUT, page
