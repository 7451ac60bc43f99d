"""The plan of a fetch: which request comes next, and what follows from its outcome. It asks nothing of the network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from crawl.fetching.addresses import is_loopback
from crawl.fetching.answers import AGAIN, Answer
from crawl.fetching.formats import suffix_of
from crawl.fetching.hosts import HostLimit, limit_of
from crawl.fetching.jobs import FAILURES, Job, Origin, robots_of
from crawl.fetching.outcome import Outcome
from crawl.fetching.queues import Host, Queues
from crawl.fetching.robots import Judge
from crawl.fetching.settings import Fetch
from crawl.fetching.urls import Place, place_of

Done = Callable[[int, Answer, bytes | None], None]
PAUSE = 1.0  # seconds before another try, unless the host names its own
AT_ONCE = 1000  # statuses without a request that are given before the network has its turn
ROBOTS_REDIRECTS = 5  # most redirects of a robots.txt


class Plan:
    """All URLs of a shard on their way to a status each. Times are seconds of one clock, given as `now`.

    A redirect is a request like any other: it waits for its turn at the host that it leads to, and for that host's
    robots.txt. Waiting for a turn is no part of a URL's deadline, which is each try's.
    """

    def __init__(
        self, urls: Sequence[str], settings: Fetch, done: Done, limits: Mapping[str, HostLimit], now: float
    ) -> None:
        self._urls, self._settings, self._done, self._limits = urls, settings, done, limits
        self._hosts: dict[str, Host] = {}
        self._origins: dict[str, Origin] = {}
        self._queues, self._judge = Queues(), Judge()
        self.left = len(urls)  # URLs without a status
        self._list(now)

    def _list(self, now: float) -> None:
        for index, url in enumerate(self._urls):
            place = place_of(url)
            if place is None:
                self._give(index, Answer("bad_url"))
            else:
                self._own_host(place).indices.append(index)
        for host in self._hosts.values():
            host.indices.reverse()  # the next one is the last
            self._queues.wake(host, now)

    def due(self) -> float | None:
        """Returns when `next` may have a job, whatever the network does; 0 if at once, None if that is not known."""
        return self._queues.due()

    def next(self, now: float) -> Job | None:
        """Takes the job whose request is to be sent now; None if none is. `finish` takes what became of it."""
        self._queues.advance(now)
        least = self.left - AT_ONCE
        while self.left > least and (host := self._queues.next_ready()):
            if job := self._next_of(host, now, least):
                return job
        return None

    def _next_of(self, host: Host, now: float, least: int) -> Job | None:
        """Takes the next job of a host, which is listed again unless it waits for an answer."""
        while len(host) and self.left > least and host.next <= now:
            job = self._front(host)
            if status := self._known(job):
                host.take()
                self._end(job, status)
            elif job.origin.is_waiting(job) or not host.may_start(job):
                return None
            else:
                job = robots_of(job.origin, job.place.host) if job.needs_robots() else host.take()
                self._begin(job, host, now)
                return job
        self._queues.wake(host, now)
        return None

    def _front(self, host: Host) -> Job:
        """Returns the first job of a host, which stays in its queue."""
        job = host.front()
        if job is None:
            index = host.indices.pop()
            place = place_of(self._urls[index])
            assert place is not None  # as when it was listed
            host.put(job := Job(index, place, self._origin(place)), first=True)
        return job

    def _known(self, job: Job) -> str:
        """Returns the status of a job that nothing is asked for; none for other jobs."""
        origin = job.origin
        if job.robots or origin.ended:
            return "" if job.robots else origin.ended
        if not job.allowed and origin.rules is not None:
            job.allowed = self._judge.allows(origin.rules, job.place.url)
            return "" if job.allowed else "robots"
        return ""

    def _begin(self, job: Job, host: Host, now: float) -> None:
        if not job.hops:
            job.tries += 1
            job.left = self._settings.timeout
        job.origin.asking |= job.robots
        job.last = not len(host)
        host.busy += 1
        host.begun = True
        host.next = max(host.next, now + host.limit.delay)
        self._queues.wake(host, now)

    def finish(self, job: Job, outcome: Outcome, now: float) -> None:
        """Takes the outcome of a job's request: the job ends, follows a redirect, or is tried again."""
        host = self._host(job.place)
        host.busy -= 1
        job.code = outcome.code or job.code
        job.left -= outcome.seconds
        if not (job.robots and job.hops):
            job.origin.heard(outcome, self._settings.host_failures)
        self._slow_down(host, job, outcome, now)
        status = outcome.status if outcome.location is None else self._redirect(job, outcome.location, now)
        if status and not self._try_again(job, status, outcome, now):
            self._settle(job, status, outcome.content, now)
        self._queues.wake(host, now)

    def _slow_down(self, host: Host, job: Job, outcome: Outcome, now: float) -> None:
        """Leaves a host alone for as long as it asks for, or for a moment if connections to it fail."""
        wait = PAUSE if outcome.retry_after is None else outcome.retry_after
        if outcome.puts_off() and not self._is_too_long(outcome):
            host.next = max(host.next, now + wait)
        elif outcome.status in FAILURES and job.origin.failures:
            host.next = max(host.next, now + PAUSE)

    def _is_too_long(self, outcome: Outcome) -> bool:
        """Returns whether a host asks for a longer wait than the settings allow."""
        return outcome.retry_after is not None and outcome.retry_after > self._settings.retry_after

    def _redirect(self, job: Job, location: str, now: float) -> str:
        """Sends a job on to where a redirect leads; returns its status if it ends here, else none."""
        job.hops += 1
        place = place_of(location, job.place.url)
        if job.hops > (ROBOTS_REDIRECTS if job.robots else self._settings.redirects):
            return "redirects"
        if place is None or self._is_nameless(job.place, place):
            return "bad_url"
        if job.left <= 0:
            return "timeout"
        self._put_first(job, place, now)
        return ""

    def _is_nameless(self, place: Place, to: Place) -> bool:
        """Returns whether a redirect would leave this machine without a word of who is asking."""
        return not self._settings.contact and is_loopback(place.host) and not is_loopback(to.host)

    def _try_again(self, job: Job, status: str, outcome: Outcome, now: float) -> bool:
        """Puts a job whose failure may pass back into its queue; returns whether it did."""
        if status not in AGAIN or job.tries >= self._settings.tries or job.origin.ended:
            return False
        if outcome.puts_off() and self._is_too_long(outcome):
            return False
        job.hops = 0
        if outcome.puts_off() or job.origin.failures:
            self._put_first(job, job.start, now)
        else:
            job.move(job.start, self._origin(job.start))
            self._queues.put_later(now + PAUSE, self._host(job.start), job)
        return True

    def _put_first(self, job: Job, place: Place, now: float) -> None:
        job.move(place, self._origin(place))
        host = self._host(place)
        host.put(job, first=True)
        self._queues.wake(host, now)

    def _settle(self, job: Job, status: str, content: bytes, now: float) -> None:
        if not job.robots:
            self._end(job, status, content)
            return
        job.origin.learn(status, content, job.hops)
        self._queues.wake(self._host(job.start), now)

    def _end(self, job: Job, status: str, content: bytes = b"") -> None:
        final = None if job.place.url == job.start.url else job.place.url
        suffix = suffix_of(content) if status == "ok" else None
        if suffix:
            digest = hashlib.sha256(content).hexdigest()
            answer = Answer(status, job.code, final, job.tries, len(content), digest, suffix)
            self._give(job.index, answer, content)
        else:
            status = status if status != "ok" else "not_image" if content else "empty"
            self._give(job.index, Answer(status, job.code, final, job.tries))

    def _give(self, index: int, answer: Answer, body: bytes | None = None) -> None:
        self.left -= 1
        self._done(index, answer, body)

    def _own_host(self, place: Place) -> Host:
        """Returns the host of a URL, which no other shard has."""
        host = self._hosts.get(place.host)
        if host is None:
            host = self._hosts[place.host] = Host(limit_of(place.host, self._settings, self._limits))
        return host

    def _host(self, place: Place) -> Host:
        """Returns a host; one to which only redirects lead has a connection at a time: other shards may ask it too."""
        host = self._hosts.get(place.host)
        if host is None:
            limit = limit_of(place.host, self._settings, self._limits)
            host = self._hosts[place.host] = Host(limit._replace(connections=1))
        return host

    def _origin(self, place: Place) -> Origin:
        origin = self._origins.get(place.origin)
        if origin is None:
            origin = self._origins[place.origin] = Origin(place.origin, self._settings.robots)
        return origin
