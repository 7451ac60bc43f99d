"""The settings of a fetch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from crawl.opt_out import DIRECTIVES

_POSITIVE = ("concurrency", "per_host", "connect", "timeout", "low_speed_time", "max_bytes", "tries", "host_failures")
_NOT_NEGATIVE = ("delay", "low_speed", "redirects", "retry_after")


@dataclass(frozen=True)
class Fetch:
    """Limits of requests: their number, pace, patience and size.

    A host that asks `host_failures` times in a row to be asked less gets no further request either.
    """

    contact: Annotated[str, "URL or address of who is asking, sent to every host; required unless all are loopback"] = (
        ""
    )
    robots: Annotated[bool, "asks each host for its robots.txt, and for nothing that this forbids"] = True
    opt_out: Annotated[tuple[str, ...], "directives that forbid a picture; empty: none does"] = DIRECTIVES
    concurrency: Annotated[int, "most requests at one time, for each worker", "requests"] = 256
    per_host: Annotated[int, "most requests to one host at one time", "requests"] = 2
    delay: Annotated[float, "shortest time between the starts of two requests to one host", "s"] = 0.1
    connect: Annotated[float, "longest time to look up a host and connect to it", "s"] = 10
    timeout: Annotated[float, "longest time for a try of a URL with all its redirects", "s"] = 30
    low_speed: Annotated[int, "slowest answer that is waited for; 0: any", "bytes/s"] = 1_000
    low_speed_time: Annotated[int, "time over which an answer may be slower than that", "s"] = 15
    max_bytes: Annotated[int, "size of the largest picture, unpacked", "bytes"] = 20_000_000
    redirects: Annotated[int, "most redirects of a URL", "redirects"] = 5
    tries: Annotated[int, "most tries of a URL whose failure may pass", "tries"] = 2
    retry_after: Annotated[float, "longest wait that a host may ask for with Retry-After", "s"] = 30
    host_failures: Annotated[int, "failed connections in a row after which a host is left alone", "tries"] = 5
    allow_private: Annotated[bool, "connects to addresses that are not of the public internet, for tests"] = False
    verify: Annotated[bool, "checks the certificates of hosts"] = True
    hosts: Annotated[str, "path of a table of hosts: name, connections, delay; empty: none"] = ""

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}: {getattr(self, name)} is not over 0")
        for name in _NOT_NEGATIVE:
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: {getattr(self, name)} is under 0")
        if not self.contact.isprintable() or not self.contact.isascii():
            raise ValueError(f"contact: {self.contact[:100]!r} can't be part of a header")


def user_agent(version: str, contact: str) -> str:
    """Returns the words by which requests say who is asking."""
    return f"align-corpus/{version} (+{contact})" if contact else f"align-corpus/{version}"
