"""Jobs: URLs and robots.txt on their way to a status, and the origins that they belong to."""

from __future__ import annotations

from crawl.fetching.outcome import Outcome
from crawl.fetching.robots import Rules
from crawl.fetching.urls import Place

FAILURES = frozenset({"dns", "connect", "timeout", "reset"})
"""Statuses that are failed connections if no byte of an answer has come."""

UNREACHABLE = frozenset({"dns", "connect", "tls", "private_address", "bad_url"})
"""Statuses of a robots.txt that say of its host that nothing can be asked of it, and so become its URLs' status."""


class Origin:
    """A scheme, host and port: what one robots.txt is for, and what is up or down."""

    __slots__ = ("asking", "ended", "failures", "name", "put_off", "rules")

    def __init__(self, name: str, robots: bool) -> None:
        self.name = name
        self.asking = False  # its robots.txt is on its way
        self.rules: Rules | None = None if robots else Rules.none()
        self.ended = ""  # the status of all its URLs that have none yet; none: they are asked for
        self.failures = 0  # connections that failed, in a row
        self.put_off = 0  # answers in a row that ask for fewer requests

    def is_waiting(self, job: Job) -> bool:
        """Returns whether a job can't go on before the robots.txt is there."""
        return self.asking and not job.robots

    def heard(self, outcome: Outcome, most: int) -> None:
        """Counts an outcome. After `most` failures in a row nothing more is asked for."""
        self.put_off = self.put_off + 1 if outcome.puts_off() else 0
        if outcome.code:
            self.failures = 0
        elif outcome.status in FAILURES:
            self.failures += 1
        if self.failures >= most:
            self.ended = self.ended or "host_down"
        elif self.put_off >= most:
            self.ended = self.ended or outcome.status

    def learn(self, status: str, content: bytes, redirects: int) -> None:
        """Takes what became of robots.txt, after this many redirects.

        2xx has rules and another 4xx none. Everything else forbids all, as RFC 9309 has it for 5xx and for a host that
        can't be reached; it leaves redirects without end to whoever asks.
        """
        self.asking = False
        if status == "ok":
            self.rules = Rules.of(content)
        elif status in ("gone", "forbidden", "http_4xx"):
            self.rules = Rules.none()
        else:
            self.ended = status if status in UNREACHABLE and not redirects else "robots_unreachable"


class Job:
    """One URL, or one robots.txt, and what it has been through."""

    __slots__ = ("allowed", "code", "hops", "index", "last", "left", "origin", "place", "robots", "start", "tries")

    def __init__(self, index: int, place: Place, origin: Origin, robots: bool = False) -> None:
        self.index = index  # of the URL; of a robots.txt: -1
        self.start = self.place = place  # before, and after the redirects of this try
        self.origin = origin  # of the place; of a robots.txt: the one that it is for
        self.robots = robots
        self.allowed = False  # robots.txt allows the place
        self.last = False  # nothing else is to be asked of the host
        self.code: int | None = None  # of the last answer
        self.tries, self.hops = 0, 0
        self.left = 0.0  # seconds of this try

    def needs_robots(self) -> bool:
        """Returns whether the robots.txt of the place is to be asked for first."""
        return self.origin.rules is None and not self.robots

    def move(self, place: Place, origin: Origin) -> None:
        """Sends the job to another place."""
        self.place, self.allowed = place, False
        if not self.robots:
            self.origin = origin


def robots_of(origin: Origin, host: str) -> Job:
    """Returns the job that asks for the robots.txt of an origin."""
    return Job(-1, Place(f"{origin.name}/robots.txt", origin.name, host), origin, robots=True)
