"""The loop: sends the requests of a plan by one multi handle of libcurl, and waits for all of them at once."""

from __future__ import annotations

import resource
import select
import time
from collections.abc import Callable, Mapping, Sequence

import pycurl

from crawl.fetching.hosts import HostLimit
from crawl.fetching.plan import Done, Plan
from crawl.fetching.readings import outcome_of
from crawl.fetching.settings import Fetch
from crawl.fetching.signals import Signals, deferred
from crawl.fetching.transfers import Transfer

TICK = 1.0  # seconds
_FILES = 128  # open files of everything else in the process
_EVENTS = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


def _nothing() -> None:
    """Does nothing."""


def fetch(
    urls: Sequence[str],
    settings: Fetch,
    agent: str,
    done: Done,
    tick: Callable[[], None] = _nothing,
    limits: Mapping[str, HostLimit] | None = None,
    folder: str | None = None,
) -> None:
    """Asks for each of the distinct `urls` and calls `done` with its index, its answer and, if ok, its bytes.

    Calls come in any order, one for each index. `tick` is called about once a second. An exception of either, and one
    that a handler of a signal raises, ends the fetch: open connections are closed, and it is raised. Large bodies are
    spooled in `folder`. What a server does raises nothing; OSError is a disk's, or a lack of open files.
    """
    plan = Plan(urls, settings, done, limits or {}, time.monotonic())
    with deferred() as signals:
        loop = Loop(plan, settings, agent, folder)
        try:
            loop.run(tick, signals)
        finally:
            loop.close()


class Loop:
    """The network's side of a fetch."""

    def __init__(self, plan: Plan, settings: Fetch, agent: str, folder: str | None) -> None:
        self._plan = plan
        self._most, connections = _limits(settings.concurrency)
        self._epoll, self._watched = select.epoll(), set[int]()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._timer: float | None = None  # when libcurl wants to be called, whatever the network does
        self._free: list[Transfer] = []
        self._settings, self._agent, self._folder = settings, agent, folder
        self._running: dict[pycurl.Curl, Transfer] = {}

    def run(self, tick: Callable[[], None], signals: Signals) -> None:
        """Runs until every URL has its status."""
        next_tick = time.monotonic() + TICK
        while self._plan.left:
            signals.handle()
            now = time.monotonic()
            if now >= next_tick:
                next_tick = now + TICK
                tick()
            self._start()
            if self._plan.left:
                self._serve(next_tick)
                self._finish()

    def close(self) -> None:
        """Closes all connections and files."""
        for transfer in self._running.values():
            self._multi.remove_handle(transfer.curl)
            transfer.body.drop()
        for transfer in [*self._running.values(), *self._free]:
            transfer.curl.close()
        self._multi.close()
        self._epoll.close()

    def _start(self) -> None:
        """Sends what can be sent now."""
        while len(self._running) < self._most and (job := self._plan.next(time.monotonic())):
            transfer = self._free.pop() if self._free else Transfer(self._settings, self._agent, self._folder)
            transfer.begin(job)
            self._running[transfer.curl] = transfer
            self._multi.add_handle(transfer.curl)

    def _serve(self, until: float) -> None:
        """Waits for the network, or until a time or the next request, and lets libcurl do what there is to do."""
        for file, event in self._epoll.poll(self._patience(until)):
            mask = (pycurl.CSELECT_IN if event & ~select.EPOLLOUT else 0) | (
                pycurl.CSELECT_OUT if event & ~select.EPOLLIN else 0
            )
            if file in self._watched:
                self._multi.socket_action(file, mask)
        if self._timer is not None and self._timer <= time.monotonic():
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def _patience(self, until: float) -> float:
        """Returns the seconds to wait."""
        due = self._plan.due() if len(self._running) < self._most else None
        first = min(each for each in (until, due, self._timer) if each is not None)
        return max(0.0, first - time.monotonic())

    def _finish(self) -> None:
        """Gives the plan the outcome of every transfer that has ended."""
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            for curl in good:
                self._end(curl, 0, "")
            for curl, error, message in bad:
                self._end(curl, error, message)

    def _end(self, curl: pycurl.Curl, error: int, message: str) -> None:
        transfer = self._running.pop(curl)
        self._multi.remove_handle(curl)
        self._free.append(transfer)
        if transfer.raised is not None:
            raise transfer.raised
        outcome = outcome_of(transfer, error, message)
        transfer.body.drop()
        self._plan.finish(transfer.job, outcome, time.monotonic())

    def _watch(self, what: int, file: int, *_: object) -> None:
        """Watches a socket for what libcurl waits for."""
        if what == pycurl.POLL_REMOVE:
            if file in self._watched:
                self._watched.remove(file)
                self._epoll.unregister(file)
        elif file in self._watched:
            self._epoll.modify(file, _EVENTS[what])
        else:
            self._watched.add(file)
            self._epoll.register(file, _EVENTS[what])

    def _set_timer(self, milliseconds: int) -> None:
        self._timer = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def _limits(concurrency: int) -> tuple[int, int]:
    """Returns how many requests and how many connections the limit of open files has room for.

    A request has a connection, and may have a file; idle connections wait for the next request of their host.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = files - _FILES if files > 0 else 5 * concurrency  # negative: no limit
    most = max(1, min(concurrency, room // 3))
    return most, max(most, min(4 * most, room - 2 * most))
