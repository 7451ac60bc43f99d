"""A plan that is carried out without a network, on a clock that only moves when something happens."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from crawl.fetching.answers import Answer
from crawl.fetching.hosts import HostLimit
from crawl.fetching.jobs import Job
from crawl.fetching.outcome import Outcome
from crawl.fetching.plan import Plan
from crawl.fetching.settings import Fetch
from tests.support.scripted_server import JPEG

OK = Outcome("ok", 200, content=JPEG)
Web = Callable[[str, int], Outcome]  # the outcome of a URL, and of which request of it: 1, 2, …


@dataclass
class Simulation:
    """Record of the requests with their times, and of the answer for each URL."""

    urls: Sequence[str]
    answers: dict[int, Answer] = field(default_factory=dict)
    starts: list[tuple[float, str]] = field(default_factory=list)
    most_busy: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    end: float = 0.0

    def done(self, index: int, answer: Answer, body: bytes | None) -> None:
        assert index not in self.answers
        self.answers[index] = answer

    @property
    def statuses(self) -> list[str]:
        return [self.answers[index].status for index in range(len(self.urls))]

    def asked(self, *, robots: bool = False) -> list[str]:
        return [url for _, url in self.starts if robots or not url.endswith("/robots.txt")]

    def times(self, part: str) -> list[float]:
        return [when for when, url in self.starts if part in url]


def simulate(
    urls: Sequence[str],
    web: Web,
    seconds: Callable[[str], float] = lambda _: 0.2,
    limits: Mapping[str, HostLimit] | None = None,
    **settings: Any,
) -> Simulation:
    """Carries out the plan for `urls`; each request takes its seconds."""
    made, now, order = Simulation(urls), 0.0, count()
    chosen = Fetch(**{"robots": False, **settings})
    plan = Plan(urls, chosen, made.done, limits or {}, now)
    running: list[tuple[float, int, Job]] = []
    busy, requests = defaultdict[str, int](int), defaultdict[str, int](int)
    while plan.left:
        while len(running) < chosen.concurrency and (job := plan.next(now)):
            url, host = job.place.url, job.place.host
            made.starts.append((now, url))
            busy[host] += 1
            made.most_busy[host] = max(made.most_busy[host], busy[host])
            heapq.heappush(running, (now + seconds(url), next(order), job))
        if not plan.left:
            break
        due = plan.due() if len(running) < chosen.concurrency else None
        now = max(now, min(time for time in (due, running[0][0] if running else None) if time is not None))
        while running and running[0][0] <= now:
            job = heapq.heappop(running)[2]
            busy[job.place.host] -= 1
            requests[job.place.url] += 1
            outcome = web(job.place.url, requests[job.place.url])
            plan.finish(job, replace(outcome, seconds=seconds(job.place.url)), now)
    made.end = now
    return made
