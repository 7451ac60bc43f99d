"""WAT files to pairs: the links that Common Crawl's extractor found in each response.

Of images it keeps `src`, `alt` and `title`, so pictures that are loaded later, `srcset` and `<picture>` are unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from crawl.opt_out import AGENT, RESERVATION, refused
from crawl.pages.addresses import NOWHERE, resolver, resolver_of
from crawl.pages.found import Count, Place, Row
from crawl.pages.judge import Judge
from crawl.pages.settings import Pages
from crawl.pages.srcset import usable
from crawl.pages.warc import time_of

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

_IMAGE = "IMG@/src"
_LICENSED = ("A@/href", "AREA@/href", "LINK@/href")
_HTML = b'"HTML-Metadata"'
_RESPONSE = b'"HTTP-Response-Metadata"'

Json = Mapping[str, Any]


class WatRows:
    """Makes rows from records, and counts in `count`."""

    def __init__(self, name: str, settings: Pages, count: Count) -> None:
        """`name` is that of the file, for keys."""
        from fastwarc.warc import WarcRecordType

        self.kinds = WarcRecordType.metadata
        self._name = name
        self._most = settings.max_bytes
        self._count = count
        self._absolute = resolver()
        self._directives = settings.directives
        self._distinct = settings.distinct == "page"

    def rows(self, records: Iterable[WarcRecord]) -> Iterator[Row]:
        """Yields the pairs of all pages in records of these `kinds`, in order."""
        for record in records:
            yield from self._record(record)

    def _record(self, record: WarcRecord) -> Iterator[Row]:
        if record.content_length > self._most or record.reader is None:
            self._count["records"] += 1
            self._count["bad_record"] += 1
            return
        content = record.reader.read()
        if _RESPONSE not in content:
            return  # of a request, or of the file
        self._count["records"] += 1
        if _HTML not in content:
            self._count["not_html"] += 1
            return
        try:
            yield from self._page(f"{self._name}#{record.stream_pos}", _parse(content)["Envelope"])
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
            self._count["bad_record"] += 1

    def _page(self, key: str, envelope: Json) -> Iterator[Row]:
        """Yields the pairs of a page. Raises what comes of JSON of another form, before the first pair."""
        response = envelope["Payload-Metadata"]["HTTP-Response-Metadata"]
        about = response["HTML-Metadata"]
        head, links = about.get("Head") or {}, about.get("Links") or []
        images = [link for link in links if link.get("path") == _IMAGE]
        if str((response.get("Response-Message") or {}).get("Status", "200")) != "200":
            self._count["status"] += 1
            return
        page_url, base, licence, time = self._facts(envelope["WARC-Header-Metadata"], head, links)
        refused = self._refuses(response.get("Headers") or {}, head)
        for link in images:
            _strings(link)
        self._count["pages"] += 1
        if not images:
            self._count["no_image"] += 1
        elif refused:
            self._count["opt_out"] += 1
        else:
            self._count["images"] += len(images)
            yield from self._pairs(Place(key, page_url, time), base, licence, images)

    def _pairs(self, place: Place, base: str, licence: str | None, images: list[Json]) -> Iterator[Row]:
        judge = Judge(self._count, resolver_of(base, self._absolute), self._distinct)
        about = (place.url, None, place.time, licence)
        for number, link in enumerate(images):
            text = judge.text(link.get("alt"))
            if text and (url := judge.url(text, usable(link.get("url")))):
                yield Row(f"{place.key}#{number}", text, url, *about, "src", link.get("title"), None, None)

    def _facts(self, record: Json, head: Json, links: list[Json]) -> tuple[str | None, str, str | None, Any]:
        page_url = self._absolute(NOWHERE, record.get("WARC-Target-URI") or "")
        own = page_url or NOWHERE
        base = self._absolute(own, head.get("Base") or "") or own
        named = (*(head.get("Link") or ()), *links)
        written = (link["url"] for link in named if link.get("path") in _LICENSED and _is_licence(link))
        licence = next(filter(None, written), None)
        return page_url, base, self._absolute(base, licence) if licence else None, time_of(record.get("WARC-Date"))

    def _refuses(self, headers: Json, head: Json) -> bool:
        if not self._directives:
            return False
        robots, reservations = _values(headers, "x-robots-tag"), _values(headers, RESERVATION)
        for meta in head.get("Metas") or ():
            name = (meta.get("name") or "").lower()
            if name in ("robots", AGENT):
                robots.append(meta.get("content") or "")
            elif name == RESERVATION:
                reservations.append(meta.get("content") or "")
        return refused(robots, reservations, self._directives)


def _is_licence(link: Json) -> bool:
    return "license" in (link.get("rel") or "").lower().split()


def _values(headers: Json, name: str) -> list[str]:
    """The values of a header, whose name may be in any case; several are a list."""
    found = (value for key, value in headers.items() if key.lower() == name)
    return [str(each) for value in found for each in (value if isinstance(value, list) else [value])]


def _strings(link: Json) -> None:
    """Raises TypeError for an image with a value that is no string."""
    if not all(isinstance(link.get(name, ""), str | None) for name in ("alt", "url", "title")):
        raise TypeError


def _parse(content: bytes) -> Any:
    """The value of a JSON text; lone surrogates, which have no UTF-8, become U+FFFD. Raises ValueError."""
    import orjson

    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        text = json.dumps(json.loads(content), ensure_ascii=False)
        return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
