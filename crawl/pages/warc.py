"""WARC files to pairs: responses with status 200, and resources, that are HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crawl.pages.about import Refusals
from crawl.pages.addresses import NOWHERE, resolver
from crawl.pages.found import Count, Place, Row
from crawl.pages.page import PageReader
from crawl.pages.settings import Pages
from crawl.pages.unpacked import TooLarge, unpacked

if TYPE_CHECKING:
    from fastwarc.warc import HeaderMap, WarcRecord

_NONE: Refusals = ((), ())
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class WarcRows:
    """Makes rows from records, and counts in `count`."""

    def __init__(self, name: str, settings: Pages, count: Count) -> None:
        """`name` is that of the file, for keys."""
        from fastwarc.warc import WarcRecordType

        self._response = WarcRecordType.response
        self.kinds = self._response | WarcRecordType.resource
        self._name = name
        self._most = settings.max_bytes
        self._pages = PageReader(settings, count)
        self._count = count
        self._absolute = resolver()

    def rows(self, records: Iterable[WarcRecord]) -> Iterator[Row]:
        """Yields the pairs of all pages in records of these `kinds`, in order."""
        for record in records:
            self._count["records"] += 1
            yield from self._page(record)

    def _page(self, record: WarcRecord) -> Iterator[Row]:
        place = self._place(record)  # before the header is parsed, which moves on
        if not self._is_http(record):
            yield from self._resource(record, place)
            return
        header = _http(record)
        if header is None:
            self._count["bad_record"] += 1
        elif header.status_code != 200:
            self._count["status"] += 1
        elif not is_html(kind := header.get("Content-Type") or ""):
            self._count["not_html"] += 1
        elif (body := self._body(record, header)) is None:
            self._count["bad_record"] += 1
        else:
            refusals = (header.get_multiple("X-Robots-Tag"), header.get_multiple("TDM-Reservation"))
            yield from self._pages.rows(place, body, kind, refusals)

    def _is_http(self, record: WarcRecord) -> bool:
        """Returns whether a record has an HTTP header: its type says so, or a response begins as one."""
        if not record.is_http and record.record_type == self._response and (block := self._read(record)) is not None:
            record.set_bytes_content(block)
            record.is_http = block.startswith(b"HTTP/")
        return record.is_http

    def _resource(self, record: WarcRecord, place: Place) -> Iterator[Row]:
        """Yields the pairs of a record without an HTTP header: the type is the record's own."""
        if not is_html(kind := record.headers.get("Content-Type") or ""):
            self._count["not_html"] += 1
        elif (body := self._read(record)) is None:
            self._count["bad_record"] += 1
        else:
            yield from self._pages.rows(place, body, kind, _NONE)

    def _place(self, record: WarcRecord) -> Place:
        header = record.headers
        url = (header.get("WARC-Target-URI") or "").strip("<> ")
        key = f"{self._name}#{record.stream_pos}"
        return Place(key, self._absolute(NOWHERE, url), time_of(header.get("WARC-Date")))

    def _body(self, record: WarcRecord, header: HeaderMap) -> bytes | None:
        """The unpacked body of a response; None if it is too large or damaged."""
        body = self._read(record)
        transfer, content = header.get("Transfer-Encoding") or "", header.get("Content-Encoding") or ""
        if body is None or not (transfer or content):
            return body
        try:
            return unpacked(body, transfer, content, self._most)
        except (TooLarge, ValueError):
            return None

    def _read(self, record: WarcRecord) -> bytes | None:
        if record.content_length > self._most or record.reader is None:
            return None
        return record.reader.read()


def is_html(content_type: str) -> bool:
    """Returns whether a `Content-Type` is of HTML; one that is missing counts as such."""
    kind = content_type.partition(";")[0].strip()
    return not kind or "html" in kind.lower()


def time_of(date: str | None) -> int | None:
    """Returns the time that a `WARC-Date` means, in microseconds since 1970; None if it is none."""
    try:
        time = datetime.fromisoformat(date or "")
    except ValueError:
        return None
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def _http(record: WarcRecord) -> HeaderMap | None:
    """The HTTP header of a response; None if there is none that can be read."""
    try:
        record.parse_http(quirks_mode=True)
    except OSError:
        return None
    header = record.http_headers
    return header if header is not None and header.status_code is not None else None
