"""Files of pages for tests: WARC, and WAT with the links that its extractor would find, by a reader of tags."""

from __future__ import annotations

import gzip
import html
import json
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any

PAGE_URL = "http://example.org/dir/page.html"
DATE = "2024-01-02T03:04:05Z"
HTTP = "application/http; msgtype=response"

Headers = Mapping[str, str]


def record(content: bytes, kind: str = "response", url: str = PAGE_URL, content_type: str = HTTP) -> bytes:
    """A WARC record."""
    lines = ["WARC/1.0", f"WARC-Type: {kind}", f"WARC-Target-URI: {url}", f"WARC-Date: {DATE}"]
    lines += ["WARC-Record-ID: <urn:uuid:0>", f"Content-Type: {content_type}", f"Content-Length: {len(content)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content + b"\r\n\r\n"


def response(body: bytes | str, headers: Headers | None = None, status: str = "200 OK") -> bytes:
    """An HTTP response, by default of HTML in UTF-8."""
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name}: {value}" for name, value in (headers or {"Content-Type": "text/html; charset=utf-8"}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body.encode() if isinstance(body, str) else body)


def archive(records: Iterable[bytes], *, packed: bool = True) -> bytes:
    """A WARC file, each record compressed by itself as is usual, or none."""
    return b"".join(gzip.compress(each, mtime=0) if packed else each for each in records)


def warc(*pages: bytes | str, packed: bool = True) -> bytes:
    """A WARC file with a request and a response for each page."""
    info = record(b"software: tests\r\n", "warcinfo", content_type="application/warc-fields")
    request = record(b"GET / HTTP/1.1\r\n\r\n", "request", content_type="application/http; msgtype=request")
    return archive([info, *(each for page in pages for each in (request, record(response(page))))], packed=packed)


def image(text: str | None, url: str, more: str = "") -> str:
    """An `<img>`."""
    alt = "" if text is None else f' alt="{html.escape(text)}"'
    return f'<img src="{html.escape(url)}"{alt} {more}>'


class Links(HTMLParser):
    """Links of a page that the extractor of WAT files keeps. Entities are decoded, as they are since 2019."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[dict[str, str]] = []
        self.head: dict[str, Any] = {"Metas": []}
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in reversed(attributes)}
        if tag == "img" and "src" in values:
            kept = {name: values[name] for name in ("alt", "title") if name in values}
            self.links.append({"path": "IMG@/src", "url": values["src"]} | kept)
        elif tag == "a" and "href" in values:
            kept = {name: values[name] for name in ("rel",) if name in values}
            self.links.append({"path": "A@/href", "url": values["href"]} | kept)
        elif tag == "base" and "href" in values:
            self.head.setdefault("Base", values["href"])
        elif tag == "meta":
            self.head["Metas"].append(values)


def wat_record(page: str, url: str = PAGE_URL, headers: Headers | None = None, **more: Any) -> bytes:
    """The WAT record of a response with this page."""
    found = Links(page)
    about = {"HTML-Metadata": {"Head": found.head, "Links": found.links}, "Headers": dict(headers or {})}
    about |= {"Response-Message": {"Status": "200", "Version": "HTTP/1.1", "Reason": "OK"}} | more
    envelope = {
        "WARC-Header-Metadata": {"WARC-Type": "response", "WARC-Target-URI": url, "WARC-Date": DATE},
        "Payload-Metadata": {"HTTP-Response-Metadata": about},
        "Format": "WARC",
    }
    content = json.dumps({"Container": {"Filename": "x.warc.gz", "Compressed": True}, "Envelope": envelope}).encode()
    return record(content, "metadata", url, "application/json")


def wat(*pages: str) -> bytes:
    """A WAT file."""
    info = record(b"software: tests\r\n", "warcinfo", content_type="application/warc-fields")
    return archive([info, *map(wat_record, pages)])
