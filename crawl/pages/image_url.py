"""The URL of an `<img>`: where it stands, and which of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crawl.pages.srcset import largest, usable

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

SOURCE = "source"
"""The name in the column `attribute` for the srcset of a `<source>`."""

_SETS = ("data-srcset", "srcset")
_LEVELS = 4  # of elements between a <picture> and its <img>, with the former


def find_url(
    image: LexborNode, values: Mapping[str, str | None], attributes: Sequence[str]
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
    return (url, SOURCE) if (url := _of_picture(image)) else (None, None)


def _of_picture(image: LexborNode) -> str | None:
    """The largest candidate of the first `<source srcset>` of the `<picture>` that an image is in."""
    node = image.parent
    for _ in range(_LEVELS):
        if node is None:
            break
        if node.tag == "picture":
            sources = (source.attributes.get("srcset") for source in node.css("source[srcset]"))
            return largest(next(sources, None))
        node = node.parent
    return None
