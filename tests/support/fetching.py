"""A fetch from scripted servers, with what it gave for each URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from crawl.fetching.answers import STATUSES, Answer
from crawl.fetching.hosts import HostLimit
from crawl.fetching.loop import fetch
from crawl.fetching.settings import Fetch

AGENT = "align-corpus/0 (+http://localhost/)"


@dataclass
class Fetched:
    """The answer of each URL, and the bytes of each picture."""

    urls: list[str]
    answers: dict[str, Answer] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)

    def done(self, index: int, answer: Answer, body: bytes | None) -> None:
        url = self.urls[index]
        assert url not in self.answers and answer.status in STATUSES
        assert (body is not None) == (answer.status == "ok")
        self.answers[url] = answer
        if body is not None:
            self.bodies[url] = body

    def __iter__(self) -> Iterator[Answer]:
        return (self.answers[url] for url in self.urls)

    @property
    def statuses(self) -> list[str]:
        return [answer.status for answer in self]


def local(**settings: Any) -> Fetch:
    """Settings for servers of this machine: without a delay, and with time enough on a busy machine."""
    return Fetch(**{"allow_private": True, "delay": 0.0, "connect": 20.0, "timeout": 30.0, **settings})


def ask(
    *urls: str, limits: Mapping[str, HostLimit] | None = None, folder: str | None = None, **settings: Any
) -> Fetched:
    """Fetches the URLs, each of which gets exactly one answer."""
    fetched = Fetched(list(urls))
    fetch(fetched.urls, local(**settings), AGENT, fetched.done, limits=limits, folder=folder)
    assert len(fetched.answers) == len(urls)
    return fetched
