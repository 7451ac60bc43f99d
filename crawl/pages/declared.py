"""The encoding that a `<meta>` at the start of a page declares, by the prescan of the HTML standard."""

from __future__ import annotations

import re

from crawl.pages.labels import USER_DEFINED, UTF_8, codec_of

PRESCANNED = 1024
"""The bytes at the start of a page in which a declaration counts."""

_VALUE = rb"(?:[^>\"']++|\"[^\"]*\"|'[^']*')*+"
_TAG = re.compile(
    rb"<!--(?:>|->|.*?-->)|<(?:(meta)[\s/](" + _VALUE + rb")|/?[a-z]" + _VALUE + rb"|[!/?][^>]*)>", re.I | re.S
)
_ATTRIBUTE = re.compile(rb"([^\s/>=\"'][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"'][^\s>]*)))?")
_CHARSET = re.compile(r"charset\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s;\"'][^\s;]*))", re.I)


def declared_codec(start: bytes) -> str | None:
    """Returns the codec that a `<meta>` in the first PRESCANNED bytes declares; None if there is none.

    UTF-16 can't be declared so, and means UTF-8: the declaration itself was read as ASCII.
    """
    for found in _TAG.finditer(start[:PRESCANNED]):
        if found[1] and (codec := _codec(found[2])):
            return UTF_8 if codec.startswith("utf-16") else "cp1252" if codec == USER_DEFINED else codec
    return None


def charset_of(content_type: str) -> str | None:
    """Returns the codec that the `charset` of a `Content-Type` names; None if it has none, or an unknown one."""
    found = _CHARSET.search(content_type)
    return codec_of(found[1] or found[2] or found[3] or "") if found else None


def _codec(attributes: bytes) -> str | None:
    """The codec by the attributes of one `<meta>`: `charset`, or `content` beside `http-equiv=content-type`."""
    values: dict[str, str] = {}
    for name, *quoted in _ATTRIBUTE.findall(attributes):
        values.setdefault(name.decode("latin-1").lower(), b"".join(quoted).decode("latin-1"))
    if "charset" in values:
        return codec_of(values["charset"])
    is_type = values.get("http-equiv", "").lower() == "content-type"
    return charset_of(values.get("content", "")) if is_type else None
