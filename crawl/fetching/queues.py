"""Queues: which host may be asked next, and when. Nothing here waits, and no clock is read."""

from __future__ import annotations

import heapq
from itertools import count

from crawl.fetching.hosts import HostLimit
from crawl.fetching.jobs import Job


class Host:
    """A host with the URLs that are left to ask for, and the time from which it may be asked."""

    __slots__ = ("again", "begun", "busy", "indices", "limit", "listed", "next", "urgent")

    def __init__(self, limit: HostLimit) -> None:
        self.limit = limit
        # Stacks, whose next item is the last: an empty list takes a tenth of an empty deque, and hosts are many.
        self.indices: list[int] = []  # URLs whose turn has not come yet
        self.again: list[Job] = []  # jobs that have begun, or are about to
        self.urgent: list[Job] = []  # each robots.txt, for which others may wait
        self.busy = 0
        self.begun = False  # something has been asked of it
        self.next = 0.0  # not to be asked before
        self.listed = False  # in a heap of `Queues`

    def __len__(self) -> int:
        return len(self.indices) + len(self.again) + len(self.urgent)

    def front(self) -> Job | None:
        """Returns the job whose turn it is, if it has begun."""
        return self.urgent[-1] if self.urgent else self.again[-1] if self.again else None

    def take(self) -> Job:
        """Takes the job whose turn it is."""
        return (self.urgent or self.again).pop()

    def put(self, job: Job, first: bool) -> None:
        """Puts a job that has begun before others that have, or behind them."""
        queue = self.urgent if job.robots else self.again
        queue.insert(len(queue) if first else 0, job)

    def may_start(self, job: Job) -> bool:
        """Returns whether another request is within the limit; an origin that fails has one at a time."""
        return self.busy < (1 if job.origin.failures else self.limit.connections)


class Queues:
    """Hosts that can be asked now, and heaps of what comes later.

    Hosts begin in the order of their size, the largest first. Those that have begun go before others, so that their
    connections are used again.
    """

    def __init__(self) -> None:
        self._order = count()
        self._ready: list[tuple[bool, int, int, Host]] = []
        self._resting: list[tuple[float, int, Host]] = []
        self._later: list[tuple[float, int, Host, Job]] = []

    def wake(self, host: Host, now: float) -> None:
        """Lists a host that has something to ask, now or when its delay is over."""
        if host.listed or not len(host):
            return
        host.listed = True
        if host.next > now:
            heapq.heappush(self._resting, (host.next, next(self._order), host))
        else:
            heapq.heappush(self._ready, (not host.begun, -len(host), next(self._order), host))

    def put_later(self, when: float, host: Host, job: Job) -> None:
        """Puts a job back into its host's queue at a time."""
        heapq.heappush(self._later, (when, next(self._order), host, job))

    def advance(self, now: float) -> None:
        """Moves what has come due."""
        while self._later and self._later[0][0] <= now:
            _, _, host, job = heapq.heappop(self._later)
            host.put(job, first=False)
            self.wake(host, now)
        while self._resting and self._resting[0][0] <= now:
            host = heapq.heappop(self._resting)[2]
            host.listed = False
            self.wake(host, now)

    def next_ready(self) -> Host | None:
        """Takes the largest host that can be asked now."""
        if not self._ready:
            return None
        host = heapq.heappop(self._ready)[3]
        host.listed = False
        return host

    def due(self) -> float | None:
        """Returns when something comes due next; 0 if a host is ready; None if nothing is waited for."""
        if self._ready:
            return 0.0
        return min((heap[0][0] for heap in (self._resting, self._later) if heap), default=None)
