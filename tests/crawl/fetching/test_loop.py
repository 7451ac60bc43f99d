"""The loop itself: its hooks, politeness as servers see it, what it takes from the environment, and what it leaves."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import threading
import time
from itertools import pairwise

import pytest

from crawl.fetching import bodies, loop
from crawl.fetching.hosts import HostLimit
from crawl.fetching.loop import fetch
from tests.support.fetching import AGENT, Fetched, ask, local
from tests.support.hostile import ANSWERS
from tests.support.scripted_server import JPEG, hang, head, in_turn, raw, reply, slowly

pytestmark = pytest.mark.slow(seconds=15)

LARGE = JPEG + bytes(range(256)) * 8000  # 2 MB


def many(servers, count, script=None, **options):
    site = servers.site({f"/{number}": script or reply() for number in range(count)}, **options)
    return site, [site.url(f"/{number}") for number in range(count)]


def test_a_picture_comes_with_its_bytes(servers):
    site = servers.site({"/small": reply(), "/large": reply(LARGE), "/stream": raw(head(200) + LARGE)})
    found = ask(site.url("/small"), site.url("/large"), site.url("/stream"))
    assert [found.bodies[url] for url in found.urls] == [JPEG, LARGE, LARGE]
    assert [answer.sha256 for answer in found] == [hashlib.sha256(body).hexdigest() for body in (JPEG, LARGE, LARGE)]
    assert [answer.size for answer in found] == [len(JPEG), len(LARGE), len(LARGE)]


def test_large_bodies_wait_in_a_folder(servers, tmp_path, monkeypatch):
    folders = []
    file = bodies.tempfile.TemporaryFile
    monkeypatch.setattr(bodies.tempfile, "TemporaryFile", lambda dir: folders.append(dir) or file(dir=dir))
    site = servers.site({"/small": reply(), "/large": reply(LARGE)})
    ask(site.url("/small"), site.url("/large"), folder=str(tmp_path))
    assert folders == [str(tmp_path)]
    assert not [*tmp_path.iterdir()]


def test_a_full_disk_is_no_status(servers, tmp_path):
    site = servers.site({"/large": reply(LARGE)})
    with pytest.raises(FileNotFoundError):
        ask(site.url("/large"), folder=str(tmp_path / "missing"))


def test_no_urls_no_answers():
    assert ask().statuses == []


def test_a_host_sees_no_more_requests_at_once_than_the_limit(servers):
    site, urls = many(servers, 30, slowly(reply(), 0.02))
    ask(*urls, per_host=3)
    assert max(asked.busy for asked in site.asked) == 3
    assert site.connections <= 4


def test_a_host_of_the_table_sees_its_own_limit(servers):
    site, urls = many(servers, 30, slowly(reply(), 0.02))
    ask(*urls, limits={site.origin.split("/")[2].split(":")[0]: HostLimit(1, 0.0)})
    assert max(asked.busy for asked in site.asked) == 1


def test_requests_to_a_host_keep_their_distance(servers):
    site, urls = many(servers, 10)
    ask(*urls, delay=0.05)
    assert site.asked[-1].time - site.asked[0].time >= 10 * 0.05 - 0.04  # the first may have been seen late


def test_a_connection_is_used_again(servers):
    site, urls = many(servers, 40)
    ask(*urls, per_host=1)
    assert site.connections == 1


def test_a_connection_is_used_again_after_an_answer_of_no_use(servers):
    site, urls = many(servers, 10, reply(b"not here" * 1000, 404))
    ask(*urls, per_host=1)
    assert site.connections == 1


def test_hosts_do_not_wait_for_each_other(servers):
    _, stuck = many(servers, 1, hang())
    _, others = many(servers, 20)
    found = ask(*stuck, *others, timeout=4, tries=1, delay=0.01)
    assert found.statuses == ["timeout", *["ok"] * 20]
    assert [*found.answers][-1] == stuck[0]


def test_the_order_of_urls_decides_nothing(servers, quick):
    cases = [
        (status, script) for _, status, script in ANSWERS if status in ("ok", "gone", "tls", "reset", "short_body")
    ]
    site = servers.site({f"/{number}": script for number, (_, script) in enumerate(cases)})
    numbers = [*range(len(cases))]
    for seed in range(3):
        random.Random(seed).shuffle(numbers)
        found = ask(*(site.url(f"/{number}") for number in numbers), per_host=4)
        assert found.statuses == [cases[number][0] for number in numbers]


def test_nothing_of_the_environment_is_used(servers, monkeypatch, tmp_path):
    proxy = servers.site({})
    site = servers.site({"/a": reply()})
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.origin)
    (tmp_path / ".netrc").write_text("default login somebody password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ask(site.url("/a")).statuses == ["ok"]
    assert not proxy.connections
    assert set(site.asked[1].headers) - {""} == {"host", "user-agent", "accept", "accept-encoding"}
    assert site.asked[1].headers["user-agent"] == AGENT


def test_a_tick_about_once_a_second(servers, monkeypatch):
    monkeypatch.setattr(loop, "TICK", 0.05)
    _, urls = many(servers, 1, slowly(reply(), 0.6))
    ticks = []
    fetched = Fetched(urls)
    fetch(urls, local(), AGENT, fetched.done, tick=lambda: ticks.append(time.monotonic()))
    assert fetched.statuses == ["ok"]
    assert len(ticks) > 2
    assert all(after - before >= 0.05 for before, after in pairwise(ticks))


@pytest.mark.parametrize("hook", ["done", "tick"])
def test_an_exception_of_a_hook_ends_the_fetch(servers, monkeypatch, hook):
    monkeypatch.setattr(loop, "TICK", 0.01)
    stuck, waiting = many(servers, 3, slowly(hang(), 0))
    _, urls = many(servers, 2)

    def stop(*_):
        raise KeyboardInterrupt

    hooks = {"done": lambda *_: None, "tick": lambda: None, hook: stop}
    with pytest.raises(KeyboardInterrupt):
        fetch([*waiting, *urls], local(timeout=60), AGENT, hooks["done"], hooks["tick"])
    wait_until(lambda: len(stuck.gone_away) == len(stuck.pictures()))  # no connection is left open


def wait_until(reached):
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def interruptible():
    """Raises KeyboardInterrupt at SIGINT, also where whoever started the tests lets it be ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_signal_ends_the_fetch(servers):
    stuck, urls = many(servers, 3, hang())
    kill = threading.Thread(target=lambda: (wait_until(stuck.pictures), os.kill(os.getpid(), signal.SIGINT)))
    kill.start()
    with pytest.raises(KeyboardInterrupt):
        fetch(urls, local(timeout=60), AGENT, lambda *_: None)
    kill.join()
    wait_until(lambda: len(stuck.gone_away) == len(stuck.pictures()))


@pytest.mark.usefixtures("interruptible")
def test_a_signal_within_a_callback_is_not_lost(servers, monkeypatch):
    monkeypatch.setattr(bodies.Body, "add", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    _, urls = many(servers, 3)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        ask(*urls, robots=False)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_handler_that_raises_nothing_ends_nothing(servers, monkeypatch):
    arrived = []
    before = signal.signal(signal.SIGUSR1, lambda *_: arrived.append(1))
    _, urls = many(servers, 1, in_turn(reply(b"", 500), reply()))
    try:
        monkeypatch.setattr(bodies.Body, "drop", lambda _: os.kill(os.getpid(), signal.SIGUSR1))
        assert ask(*urls, robots=False).statuses == ["ok"]
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(arrived) == 2


def test_a_thread_fetches_too(servers):
    _, urls = many(servers, 3)
    found = []
    thread = threading.Thread(target=lambda: found.append(ask(*urls)))
    thread.start()
    thread.join()
    assert found[0].statuses == ["ok"] * 3


def test_no_file_is_left_open(servers):
    _, urls = many(servers, 20)
    ask(*urls)
    before = len(os.listdir("/proc/self/fd"))
    theirs = threading.active_count()
    for _ in range(5):
        ask(*urls, per_host=1)
    wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before + 4)  # the servers' ends take a moment
    assert threading.active_count() == theirs


def test_few_open_files_mean_few_requests(servers, monkeypatch):
    monkeypatch.setattr(loop.resource, "getrlimit", lambda _: (loop._FILES + 18, 4096))
    sites = [servers.site({"/a": slowly(reply(), 0.02)}) for _ in range(30)]
    assert ask(*(site.url("/a") for site in sites)).statuses == ["ok"] * 30
    assert loop._limits(256) == (6, 6)
    monkeypatch.undo()
    assert loop._limits(4)[0] == 4


def test_a_stale_connection_is_no_failure(servers):
    site, urls = many(servers, 4, in_turn(reply(), raw(head(200, f"Content-Length: {len(JPEG)}") + JPEG), reply()))
    assert ask(*urls, per_host=1, tries=1).statuses == ["ok"] * 4
    assert site.connections >= 1
