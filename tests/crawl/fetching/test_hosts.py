"""Settings, the table of hosts, and estimates."""

from __future__ import annotations

import dataclasses

import pytest

from crawl.fetching.hosts import ANSWER, HostLimit, estimate, limit_of, read_hosts
from crawl.fetching.settings import Fetch, user_agent
from crawl.opt_out import DIRECTIVES

TABLE = """\
# host, connections, delay
one.example, 4, 0.05

Bücher.example,1,0
  [::1] , 10 , 2e-1
"""


def test_a_table_of_hosts():
    assert read_hosts(TABLE) == {
        "one.example": HostLimit(4, 0.05),
        "xn--bcher-kva.example": HostLimit(1, 0.0),
        "[::1]": HostLimit(10, 0.2),
    }
    assert read_hosts("") == {}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("one.example", "line 2: 'one.example' is not HOST, CONNECTIONS, DELAY"),
        ("one.example, 1, 0, 0", "is not HOST, CONNECTIONS, DELAY"),
        (", 1, 0", "line 2: '' is no name of a host"),
        ("http://one.example, 1, 0", "'http://one.example' is no name of a host"),
        ("one.example/a, 1, 0", "is no name of a host"),
        ("u@one.example, 1, 0", "is no name of a host"),
        ("one.example, 0, 0", "line 2: '0' is no number of connections"),
        ("one.example, -1, 0", "'-1' is no number of connections"),
        ("one.example, 1.5, 0", "'1.5' is no number of connections"),
        ("one.example, ², 0", "is no number of connections"),
        ("one.example, 1, -1", "line 2: '-1' is no delay"),
        ("one.example, 1, nan", "'nan' is no delay"),
        ("one.example, 1, inf", "'inf' is no delay"),
        ("one.example, 1, soon", "'soon' is no delay"),
        ("two.example, 1, 1", "line 2: two.example a second time"),
    ],
)
def test_wrong_lines_are_named(line, says):
    with pytest.raises(ValueError, match="line 2: ") as raised:
        read_hosts(f"two.example, 1, 0\n{line}\n")
    assert says in str(raised.value)


def test_the_limit_of_a_host():
    settings, limits = Fetch(per_host=3, delay=0.5), {"one.example": HostLimit(1, 9.0)}
    assert limit_of("one.example", settings, limits) == HostLimit(1, 9.0)
    assert limit_of("two.example", settings, limits) == HostLimit(3, 0.5)


def test_estimates_come_longest_first():
    counts = {"small.example": 10, "large.example": 1000, "quick.example": 1000}
    limits = {"quick.example": HostLimit(100, 0.01)}
    seconds = estimate(counts, Fetch(per_host=2, delay=0.2), limits)
    assert list(seconds) == ["large.example", "quick.example", "small.example"]
    assert seconds == {"large.example": 200, "quick.example": 10, "small.example": 2}
    assert estimate({"one.example": 100}, Fetch(per_host=1, delay=0), {}) == {"one.example": 100 * ANSWER}


def test_the_defaults():
    assert dataclasses.asdict(Fetch()) == {
        "contact": "", "robots": True, "opt_out": DIRECTIVES, "concurrency": 256, "per_host": 2, "delay": 0.1,
        "connect": 10, "timeout": 30, "low_speed": 1000, "low_speed_time": 15, "max_bytes": 20_000_000,
        "redirects": 5, "tries": 2, "retry_after": 30, "host_failures": 5, "allow_private": False, "verify": True,
        "hosts": "",
    }  # fmt: skip


POSITIVE = ("concurrency", "per_host", "connect", "timeout", "low_speed_time", "max_bytes", "tries", "host_failures")


@pytest.mark.parametrize("name", POSITIVE)
def test_numbers_over_0(name):
    Fetch(**{name: 1})
    with pytest.raises(ValueError, match=f"{name}: 0 is not over 0"):
        Fetch(**{name: 0})


@pytest.mark.parametrize("name", ["delay", "low_speed", "redirects", "retry_after"])
def test_numbers_from_0(name):
    Fetch(**{name: 0})
    with pytest.raises(ValueError, match=f"{name}: -1 is under 0"):
        Fetch(**{name: -1})


@pytest.mark.parametrize("contact", ["a\r\nX: y", "a\0", "ü@one.example"])
def test_a_contact_is_part_of_a_header(contact):
    with pytest.raises(ValueError, match="contact: "):
        Fetch(contact=contact)


def test_who_is_asking():
    assert user_agent("1.2", "https://one.example/bot") == "align-corpus/1.2 (+https://one.example/bot)"
    assert user_agent("1.2", "") == "align-corpus/1.2"
