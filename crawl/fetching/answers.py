"""Statuses: what became of a URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Status:
    """One status: its sentence, and whether a URL that has it may end differently when it is asked for again."""

    sentence: str
    again: bool = False


STATUSES: Mapping[str, Status] = {
    "ok": Status("200, and the body begins as a picture that is read, whatever the Content-Type"),
    "not_image": Status("200, and the body is something else"),
    "empty": Status("200 without a body"),
    "too_large": Status("a body over fetch.max_bytes: declared, streamed or unpacked"),
    "gone": Status("404 or 410"),
    "forbidden": Status("401, 403 or 451"),
    "http_4xx": Status("another 4xx"),
    "http_3xx": Status("a 3xx that leads nowhere"),
    "http_2xx": Status("a 2xx other than 200"),
    "http_429": Status("429: the host asks for fewer requests", again=True),
    "http_5xx": Status("500 or above: the host has failed", again=True),
    "timeout": Status("no whole answer within fetch.timeout, or one slower than fetch.low_speed", again=True),
    "connect": Status("no connection within fetch.connect, or a refused one", again=True),
    "reset": Status("a connection that broke before the end of the answer", again=True),
    "short_body": Status("fewer bytes than declared", again=True),
    "dns": Status("a host without an address", again=True),
    "bad_encoding": Status("a body that doesn't unpack as its Content-Encoding says", again=True),
    "tls": Status("a certificate that doesn't hold, or no encrypted connection"),
    "bad_response": Status("an answer that is not HTTP, or has headers without end"),
    "redirects": Status("more than fetch.redirects redirects"),
    "bad_url": Status(
        "no URL of http or https, or a redirect to what is none, or off this machine without fetch.contact"
    ),
    "private_address": Status("an address that is not of the public internet"),
    "robots": Status("robots.txt forbids the URL"),
    "robots_unreachable": Status("robots.txt could not be read, which forbids all URLs of the host", again=True),
    "opt_out": Status("X-Robots-Tag or TDM-Reservation forbids the use of the picture"),
    "host_down": Status("not asked for, after fetch.host_failures failed connections in a row", again=True),
}
"""Each status, in the order in which reports list them."""

AGAIN = frozenset(name for name, status in STATUSES.items() if status.again)
"""Statuses that `--retry=failed` asks for again; all but host_down are also tried again within a run."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer for one URL: its status, and facts about the image."""

    status: str
    http_code: int | None = None  # of the last answer; None if there was none
    final_url: str | None = None  # the URL after all redirects; None if it is the one that was asked for
    tries: int = 0  # 0: never asked for
    size: int | None = None  # bytes; this and what follows are of a picture, None without one
    sha256: str | None = None
    suffix: str | None = None  # of a file of the picture's format, such as jpg
