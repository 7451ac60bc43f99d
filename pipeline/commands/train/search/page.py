"""The page of a search: each query, and the pictures found for it. The same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from filters.picture import thumbnail
from pipeline.commands.train.embed.pictures import Place, place_of, read_again
from pipeline.commands.train.search.options import Query
from pipeline.commands.train.search.results import Found, Hit
from pipeline.inputs import BadFile
from pipeline.page.markup import serialized, shortened, tag
from pipeline.page.parts import document
from pipeline.page.thumbnails import data_uri, fitted, share_of
from pipeline.remote import request_pool
from pipeline.report.gallery import breakable
from train.pairs import MAX_PIXELS

SIDE = 264  # pixels of a thumbnail
SHOWN = 400  # pictures on a page, so that thumbnails are large enough to be seen
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
    """The page as UTF-8: `facts` is what `index.json` holds. Of very many pictures the first of each query."""
    each = max(1, SHOWN // len(found))
    shown = [Found(one.query, one.hits[:each]) for one in found[:SHOWN]]
    thumbnails = _thumbnails(shown)
    header = tag("header", tag("p", "Search", class_="overline"), tag("h1", _title(found)), *_notes(facts, found, each))
    sections = [_section(one, thumbnails, is_titled=len(found) > 1) for one in shown]
    return serialized(document(f"{shortened(_title(found), 60)}: search", [header, *sections], STYLE))


def _title(found: Sequence[Found]) -> str:
    return shortened(str(found[0].query), 120) if len(found) == 1 else f"{len(found):,} queries"


def _notes(facts: Mapping[str, Any], found: Sequence[Found], each: int) -> Iterator[Element]:
    bad = f" {facts['bad']:,} more can't be read." if facts["bad"] else ""
    says = f"Among {facts['pictures']:,} pictures, by the cosine of what the model makes of them and of the query.{bad}"
    yield tag("p", says, class_="note")
    if len(found) > SHOWN:
        yield tag("p", f"The first {SHOWN:,} queries are shown.", class_="note")
    if len(found[0].hits) > each:
        yield tag("p", f"The first {each:,} of {len(found[0].hits):,} pictures of a query are shown.", class_="note")


def _thumbnails(found: Sequence[Found]) -> Thumbnails:
    """Reads the thumbnails of all positions on the page; a repeated position is read once, and counts each time."""
    places = [place_of(hit.picture) for one in found for hit in one.hits]
    places += [Place(one.query.image) for one in found if one.query.image]
    distinct = list(dict.fromkeys(places))
    with request_pool() as pool:
        made = dict(zip(distinct, pool.map(_thumbnail, distinct), strict=True))
    most = share_of(made[place] for place in places)
    return {place: fitted(content, most) for place, content in made.items()}


def _thumbnail(place: Place) -> bytes | None:
    try:
        return thumbnail(read_again(place), SIDE, MAX_PIXELS)
    except GONE:
        return None


def _section(found: Found, thumbnails: Thumbnails, is_titled: bool) -> Element:
    items = [_item(rank, hit, thumbnails) for rank, hit in enumerate(found.hits, start=1)]
    heading = [tag("h2", shortened(str(found.query)))] if is_titled else []
    pictures = tag("ul", *items, class_="examples")
    return tag("section", *heading, *_asked(found.query, thumbnails), pictures, class_="query")


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
