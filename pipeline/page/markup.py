"""HTML as a tree of elements, so that no text reaches the page unescaped, whatever a caption holds.

Attributes are for constant strings: a text from the data belongs between tags.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, tostring

from pipeline.printable import HIDDEN

LONGEST_TEXT = 300  # characters of a text on the page
_INVISIBLE = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{HIDDEN}]")


def tag(name: str, /, *children: Element | str, **attributes: object) -> Element:
    """An element; `class_` is written class, `aria_label` aria-label, and strings become visible text."""
    element = Element(name, {_attribute(key): visible(str(value)) for key, value in attributes.items()})
    for child in children:
        _append(element, child)
    return element


def visible(text: str) -> str:
    """`text` with characters that hide or reorder others spelt out, such as [U+202E]."""
    return _INVISIBLE.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def shortened(text: str, longest: int = LONGEST_TEXT) -> str:
    """`text` itself, or its beginning and its end around an ellipsis, `longest` characters in all."""
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 2
    return f"{text[: longest - 1 - tail]}…{text[-tail:]}"


def serialized(root: Element) -> bytes:
    """The document of `root`, an html element, as UTF-8."""
    return f"<!DOCTYPE html>\n{tostring(root, encoding='unicode', method='html')}\n".encode()


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _append(parent: Element, child: Element | str) -> None:
    if isinstance(child, Element):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + visible(child)
    else:
        parent.text = (parent.text or "") + visible(child)
