"""Limits of hosts: the table of `fetch.hosts`, and how long each host will take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from crawl.fetching.settings import Fetch
from crawl.fetching.urls import host_of

ANSWER = 0.25  # seconds that an answer is taken to need, in estimates


class HostLimit(NamedTuple):
    """How politely a host is asked."""

    connections: int  # most requests at one time
    delay: float  # seconds between the starts of two


def read_hosts(text: str) -> dict[str, HostLimit]:
    """Reads a table of hosts: a line each, with name, connections and delay, separated by commas.

    Empty lines and lines that begin with # are comments. Raises ValueError with the number of a wrong line.
    """
    limits: dict[str, HostLimit] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, limit = _read_line(line, f"line {number}")
            if name in limits:
                raise ValueError(f"line {number}: {name} a second time")
            limits[name] = limit
    return limits


def _read_line(line: str, where: str) -> tuple[str, HostLimit]:
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != 3:
        raise ValueError(f"{where}: {line[:100]!r} is not HOST, CONNECTIONS, DELAY, such as example.org, 4, 0.05")
    name = host_of(f"http://{cells[0]}/")
    if name is None or "/" in cells[0]:
        raise ValueError(f"{where}: {cells[0][:100]!r} is no name of a host")
    if not cells[1].isascii() or not cells[1].isdigit() or not int(cells[1]):
        raise ValueError(f"{where}: {cells[1][:100]!r} is no number of connections, which is 1 or more")
    return name, HostLimit(int(cells[1]), _read_delay(cells[2], where))


def _read_delay(cell: str, where: str) -> float:
    try:
        delay = float(cell)
    except ValueError:
        delay = math.nan
    if not 0 <= delay < math.inf:
        raise ValueError(f"{where}: {cell[:100]!r} is no delay in seconds, which is 0 or more")
    return delay


def limit_of(host: str, settings: Fetch, limits: Mapping[str, HostLimit]) -> HostLimit:
    """Returns the limit of a host: its own, or that of the settings."""
    return limits.get(host) or HostLimit(settings.per_host, settings.delay)


def estimate(hosts: Mapping[str, int], settings: Fetch, limits: Mapping[str, HostLimit]) -> dict[str, float]:
    """Returns the seconds that each host's number of URLs will take, the longest first.

    An answer is taken to need `ANSWER` seconds, and no try to fail.
    """
    seconds = {host: count * _seconds(limit_of(host, settings, limits)) for host, count in hosts.items()}
    return dict(sorted(seconds.items(), key=lambda item: (-item[1], item[0])))


def _seconds(limit: HostLimit) -> float:
    return max(limit.delay, ANSWER / limit.connections)
