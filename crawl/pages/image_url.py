"""The URL of an `<img>`: where it stands, and which of several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from crawl.pages.srcset import largest, usable

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

SOURCE = "source"
"""The name in the column `attribute` for the srcset of a `<source>`."""

_SETS = ("data-srcset", "srcset")
_LEVELS = 4  # of elements between a <picture> and its <img> or <source>, with the former


class Pictures:
    """The URLs of a page's `<picture>`s, each found once: pages may have thousands of images in one, and of sources."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._tree = tree
        self._sets: dict[int, str | None] | None = None  # of the first <source srcset>, by the picture's id
        self._urls: dict[int, str | None] = {}

    def url_of(self, image: LexborNode) -> str | None:
        """Returns the largest candidate of the first `<source srcset>` of the `<picture>` that an image is in."""
        picture = next(_pictures(image), None)
        if picture is None:
            return None
        if picture not in self._urls:
            self._sets = _sets_of(self._tree) if self._sets is None else self._sets
            self._urls[picture] = largest(self._sets.get(picture))
        return self._urls[picture]


def find_url(
    image: LexborNode, values: Mapping[str, str | None], attributes: Sequence[str], pictures: Pictures
) -> tuple[str, str] | tuple[None, None]:
    """Returns an image's URL as written, and the name of the attribute that has it.

    `values` are the attributes of `image`, `attributes` the names of those with one URL, in order.
    """
    for name in attributes:
        if (written := values.get(name)) and (url := usable(written)):
            return url, name
    for name in _SETS:
        if name in values and (url := largest(values[name])):
            return url, name
    return (url, SOURCE) if (url := pictures.url_of(image)) else (None, None)


def _sets_of(tree: LexborHTMLParser) -> dict[int, str | None]:
    """The first srcset of each picture that has a `<source srcset>`."""
    sets: dict[int, str | None] = {}
    for source in tree.css("source[srcset]"):
        for picture in _pictures(source):
            if picture not in sets:
                sets[picture] = source.attributes["srcset"]
    return sets


def _pictures(node: LexborNode) -> Iterator[int]:
    """Yields the ids of the pictures that an element is in, from the inside."""
    above = node.parent
    for _ in range(_LEVELS):
        if above is None:
            return
        if above.tag == "picture":
            yield above.mem_id
        above = above.parent
