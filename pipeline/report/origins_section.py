"""The section on the origins of pairs: tables by source, host, language, format and licence, and the offenders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from pipeline.page.markup import shortened, tag
from pipeline.report.funnel import share
from pipeline.report.origins_table import LONGEST, drops_any, legend, origins_table

Row = Mapping[str, Any]
TITLES = {  # and what is said where nothing is known
    "source": ("Source file", "no pair"),
    "host": ("Host of the URL", "no pair has a URL"),
    "language": ("Language", "no column lang, language or page_lang; report.identify=true guesses it"),
    "picture_format": ("Picture format", "no header of an image was read"),
    "licence": ("Licence", "no column licence or license"),
}
IDENTIFIED = "Languages that no column gives are identified from the texts (report.identify), and may be wrong."
BARS = "A bar is all raw pairs of its row: those kept, then those dropped, by first reason."
CAUSES = "The most frequent causes of dropped pairs"
MOST = "The most frequent texts and images"  # where no pair is dropped
OFFENDERS_SHOWN = 10
LONGEST_IMAGE = 44  # characters of a URL or a path
DIGEST, DIGITS = re.compile("[0-9a-f]{64}"), 16  # of a digest, the digits on the page: enough to find it by
FIRST = "A pair counts for its first rare n-gram."


def origins_sections(funnel: Row, identified: bool = False) -> list[Element]:
    """The section; none for a run of a version without statistics.

    `identified` says whether languages that no column gives were guessed from the texts.
    """
    if not (found := funnel.get("statistics")):
        return []
    codes = list(funnel["first_reason"])
    dropping = [code for code in codes if funnel["first_reason"][code]]
    tables = [name for name in TITLES if found[name] and not _is_one(found[name])]
    section = tag(
        "section",
        tag("h2", "Where the pairs come from"),
        *([tag("p", BARS, class_="note"), legend(codes, dropping)] if drops_any(funnel) else []),
        *(element for name in tables for element in _dimension(name, found[name], funnel, codes)),
        *(tag("p", *_line(name, found[name]), class_="note") for name in TITLES if name not in tables),
        *([tag("p", IDENTIFIED, class_="note")] if identified and found["language"] else []),
        *_offenders(funnel.get("offenders") or {}, CAUSES if drops_any(funnel) else MOST),
        id="origins",
    )
    return [section]


def _is_one(found: Row) -> bool:
    return len(found["rows"]) == 1 and not found["rest"]


def _line(name: str, found: Row | None) -> Iterator[Element | str]:
    """Yields the line of a dimension without a table."""
    title, unknown = TITLES[name]
    yield f"{title}: "
    yield tag("bdi", shortened(found["rows"][0]["name"], LONGEST)) if found else f"not known ({unknown})"
    yield ", for all pairs." if found else "."


def _dimension(name: str, found: Row, funnel: Row, codes: list[str]) -> Iterator[Element]:
    yield from origins_table(TITLES[name][0], found, funnel, codes)
    if found["may_lack"]:
        yield tag("p", f"{_short(found['may_lack'])}", class_="note")


def _short(lacks: int) -> str:
    return f"Names that are rare in a shard were not counted there, so a row can be short by {lacks:,} pairs at most."


def _offenders(found: Row, heading: str) -> Iterator[Element]:
    cards = [card for card in (_texts(found), _images(found), _ngrams(found), _hosts(found)) if card is not None]
    if cards:
        yield tag("h3", heading)
        yield tag("div", *cards, class_="cards offenders")


def _texts(found: Row) -> Element | None:
    rows = [(row["text"], f"{row['images_of_text']:,}") for row in found.get("texts") or ()]
    return _card("Texts that most images share", ("Text", "Images"), rows)


def _images(found: Row) -> Element | None:
    rows = [(_image(row["image_id"]), f"{row['texts_of_image']:,}") for row in found.get("images") or ()]
    return _card("Images with most texts", ("Image", "Texts"), rows)


def _image(image_id: str) -> str:
    return f"{image_id[:DIGITS]}…" if DIGEST.fullmatch(image_id) else shortened(image_id, LONGEST_IMAGE)


def _ngrams(found: Row) -> Element | None:
    ngrams = found.get("rare_ngrams") or {"rows": (), "may_lack": 0}
    rows = [(row["ngram"], f"{row['pairs']:,}") for row in ngrams["rows"]]
    return _card("Rare n-grams that cost the most pairs", ("n-gram", "Pairs"), rows, ngrams["may_lack"], FIRST)


def _hosts(found: Row) -> Element | None:
    hosts = found.get("hosts") or {"rows": (), "may_lack": 0, "least_pairs": 0}
    rows = [(row["name"], f"{share(row['kept'], row['raw'])} of {row['raw']:,}") for row in hosts["rows"]]
    title = f"Hosts with the smallest share kept, of those with {hosts['least_pairs']:,} raw pairs or more"
    return _card(title, ("Host", "Kept"), rows, hosts["may_lack"])


def _card(
    title: str, head: tuple[str, str], rows: list[tuple[str, str]], lacks: int = 0, note: str = ""
) -> Element | None:
    """A short list, what it counts (`note`), and by how much it may fall short; None for an empty one."""
    if not rows:
        return None
    body = (
        tag("tr", tag("th", tag("bdi", shortened(name, LONGEST) or "(empty text)"), scope="row"), tag("td", value))
        for name, value in rows[:OFFENDERS_SHOWN]
    )
    columns = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in head)))
    table = tag("table", columns, tag("tbody", *body), class_="pairs")
    notes = [note, _short(lacks) if lacks else ""]
    return tag("article", tag("h3", title), table, *(tag("p", says) for says in notes if says))
