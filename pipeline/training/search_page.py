"""The page of a search: each query, and the pictures found for it. The same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xml.etree.ElementTree import Element

from filters.pixels import thumbnail
from pipeline.files import REQUESTS
from pipeline.inputs import BadFile
from pipeline.report.gallery import breakable
from pipeline.report.markup import serialized, shortened, tag
from pipeline.report.parts import document
from pipeline.report.thumbnails import data_uri, fitted, share_of
from pipeline.training.pictures import Place, place_of, read_again
from pipeline.training.search_options import Query
from pipeline.training.search_results import Found, Hit
from train.pairs import MAX_PIXELS

SIDE = 264  # pixels of a thumbnail
LONGEST = 90  # characters of a name
GONE = (OSError, ValueError, LookupError, BadFile)  # what reading a picture raises that isn't there any more
STYLE = """
section.query { margin-top: 44px; }
.query h2 { overflow-wrap: anywhere; font-size: 1.35rem; }
.asked { width: 154px; margin: 14px 0 26px; }
.text + .text { margin-top: 5px; }
.frame.none { padding: 8px; font-size: 0.75rem; text-align: center; overflow-wrap: anywhere; }
"""

Thumbnails = Mapping[Place, bytes | None]


def search_page(facts: Mapping[str, Any], found: Sequence[Found]) -> bytes:
    """The page as UTF-8: `facts` is what `index.json` holds."""
    places = [place_of(hit.picture) for one in found for hit in one.hits]
    places += [Place(one.query.image) for one in found if one.query.image]
    thumbnails = _thumbnails(list(dict.fromkeys(places)))
    header = tag("header", tag("p", "Search", class_="overline"), tag("h1", _title(found)), _note(facts))
    sections = [_section(one, thumbnails, is_titled=len(found) > 1) for one in found]
    return serialized(document(f"{shortened(_title(found), 60)}: search", [header, *sections], STYLE))


def _title(found: Sequence[Found]) -> str:
    return shortened(str(found[0].query), 120) if len(found) == 1 else f"{len(found):,} queries"


def _note(facts: Mapping[str, Any]) -> Element:
    bad = f" {facts['bad']:,} more can't be read." if facts["bad"] else ""
    says = f"Among {facts['pictures']:,} pictures, by the cosine of what the model makes of them and of the query.{bad}"
    return tag("p", says, class_="note")


def _thumbnails(places: Sequence[Place]) -> Thumbnails:
    with ThreadPoolExecutor(REQUESTS) as pool:
        made = list(pool.map(_thumbnail, places))
    most = share_of(made)
    return {place: fitted(content, most) for place, content in zip(places, made, strict=True)}


def _thumbnail(place: Place) -> bytes | None:
    try:
        return thumbnail(read_again(place), SIDE, MAX_PIXELS)
    except GONE:
        return None


def _section(found: Found, thumbnails: Thumbnails, is_titled: bool) -> Element:
    items = [_item(rank, hit, thumbnails) for rank, hit in enumerate(found.hits, start=1)]
    heading = tag("h2", shortened(str(found.query)))
    return tag(
        "section", heading, *_asked(found.query, thumbnails), tag("ul", *items, class_="examples"), class_="query"
    )


def _asked(query: Query, thumbnails: Thumbnails) -> Iterator[Element]:
    if query.image:
        name = query.image.rpartition("/")[2]
        yield tag("div", _frame(thumbnails[Place(query.image)], name, "The picture of the query"), class_="asked")


def _item(rank: int, hit: Hit, thumbnails: Thumbnails) -> Element:
    name = shortened(hit.picture["name"], LONGEST)
    return tag(
        "li",
        _frame(thumbnails[place_of(hit.picture)], name, f"Picture {rank}"),
        tag("p", tag("b", f"{rank}"), f" · {hit.similarity:.3f}", class_="measured"),
        *(tag("p", shortened(text), class_="text", dir="auto") for text in hit.texts),
        tag("p", *breakable(name), class_="origin", dir="auto"),
    )


def _frame(content: bytes | None, name: str, says: str) -> Element:
    if content is None:
        return tag("div", f"{name}: gone, or changed", class_="frame none")
    return tag("div", tag("img", src=data_uri(content), alt=says), class_="frame")
