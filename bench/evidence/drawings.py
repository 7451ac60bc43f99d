"""The drawings of openclipart-svg, with the titles, keywords and descriptions that their users typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from bench.evidence.pictures import Picture, Text

BELOW = "usr/share/openclipart/svg"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
STYLE = "openclipart"


def drawings(package: Path) -> Iterator[Picture]:
    """Yields the drawings in an unpacked package, by name; one whose XML can't be read has no texts."""
    root = package / BELOW
    for path in sorted(root.rglob("*.svg")):
        name = path.relative_to(root).with_suffix("").as_posix()
        yield Picture(STYLE, name, concept=name, folder=name.partition("/")[0], svg=path, texts=tuple(_texts(path)))


def _texts(path: Path) -> Iterator[Text]:
    work = _work(path.read_bytes())
    if work is None:
        return
    title, subject, description = (work.find(f"{DUBLIN_CORE}{tag}") for tag in ("title", "subject", "description"))
    keywords = [] if subject is None else [_said(each) for each in subject.iter() if each.tag.endswith("}li")]
    said = {
        "title": _said(title),
        "keywords": ", ".join(dict.fromkeys(filter(None, keywords))),
        "description": _said(description),
    }
    yield from (Text(kind, "en", text) for kind, text in said.items() if text)


def _work(content: bytes) -> ElementTree.Element | None:
    """The description of the drawing, which Creative Commons calls a work."""
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError:
        return None
    return next((each for each in root.iter() if each.tag.endswith("}Work")), None)


def _said(element: ElementTree.Element | None) -> str:
    return "" if element is None else " ".join((element.text or "").split())
