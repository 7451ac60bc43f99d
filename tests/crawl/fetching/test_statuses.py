"""Each status, from servers that answer as they should, badly, or not at all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from crawl.fetching.answers import AGAIN, STATUSES
from tests.support.fetching import ask
from tests.support.hostile import ANSWERS, MOST, ROBOTS, URLS, hostile_urls, refusing, silent
from tests.support.scripted_server import JPEG, drip, hang, head, reply

pytestmark = pytest.mark.slow(seconds=20)

ELSEWHERE = {"timeout", "connect", "tls", "private_address", "host_down"}  # statuses that have tests of their own
PEAK = 150  # MB


def test_hostile_answers_get_their_statuses(servers, quick):
    expected = hostile_urls(servers)
    found = ask(*expected, max_bytes=MOST)
    wrong = {expected[url]: found.answers[url] for url in expected if found.answers[url].status != expected[url][1]}
    assert not wrong
    tried = {found.answers[url].tries for url, (_, status) in expected.items() if status not in AGAIN}
    assert tried <= {0, 1}


def test_every_status_has_a_test():
    listed = {status for _, status, _ in (*ANSWERS, *ROBOTS)} | {status for _, status in URLS}
    assert listed | ELSEWHERE == set(STATUSES)
    assert not listed & ELSEWHERE


CHILD = r"""
import re, sys
from crawl.fetching.loop import fetch
from crawl.fetching.settings import Fetch
most, *urls = map(eval, sys.stdin.read().splitlines())
statuses = [None] * len(urls)
def done(index, answer, body):
    statuses[index] = answer.status
fetch(urls, Fetch(allow_private=True, delay=0, max_bytes=most), "align-corpus", done)
print(int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1]) // 1000, *statuses)
"""


def test_hostile_answers_take_little_memory(servers):
    expected = hostile_urls(servers)
    large = [servers.site({"/large": reply(JPEG + bytes(MOST - len(JPEG)))}).url("/large") for _ in range(200)]
    lines = "\n".join(map(repr, [MOST, *expected, *large]))
    process = subprocess.run([sys.executable, "-c", CHILD], input=lines, capture_output=True, text=True, check=True)
    peak, *statuses = process.stdout.split()
    assert statuses == [status for _, status in expected.values()] + ["ok"] * len(large)
    assert int(peak) < PEAK


def test_an_answer_that_does_not_come_is_a_timeout(servers):
    hosts = [hang(), hang(head(200)), hang(head(200) + JPEG), drip(head(200) + JPEG, 0.02)]
    urls = [servers.site({"/a.jpg": script}).url("/a.jpg") for script in hosts]
    found = ask(*urls, timeout=4, tries=1, robots=False)
    assert found.statuses == ["timeout"] * 4
    assert [answer.http_code for answer in found] == [None, 200, 200, 200]


def test_a_slow_answer_is_not_waited_for(servers):
    site = servers.site({"/a.jpg": drip(head(200, f"Content-Length: {len(JPEG)}") + JPEG, 0.02)})
    found = ask(site.url("/a.jpg"), low_speed=1000, low_speed_time=1, tries=1)
    assert found.statuses == ["timeout"]
    assert site.gone_away == [] or site.gone_away == ["/a.jpg"]


def test_a_refused_connection(quick):
    with refusing() as origin:
        found = ask(f"{origin}/a.jpg", f"{origin}/b.jpg")
    assert found.statuses == ["connect", "connect"]
    assert {answer.tries for answer in found} == {0}  # robots.txt was tried


def test_a_connection_that_is_not_answered():
    with silent() as origin:
        assert ask(f"{origin}/a.jpg", robots=False, connect=0.5, tries=1).statuses == ["connect"]


def test_a_host_that_fails_again_and_again_is_left_alone(quick):
    with refusing() as origin:
        found = ask(*(f"{origin}/{number}.jpg" for number in range(20)), robots=False)
    assert found.statuses == ["connect"] * 3 + ["host_down"] * 17
    assert sum(answer.tries for answer in found) == 5


def test_a_host_without_a_name_has_that_status_for_all_of_its_urls(quick):
    name = "b" * 64
    assert ask(f"http://{name}.example/a.jpg", f"http://{name}.example/b.jpg").statuses == ["dns", "dns"]


def test_opt_out_is_judged_before_the_body(servers):
    site = servers.site({"/a.jpg": hang(head(200, "X-Robots-Tag: noai", "Content-Length: 9"))})
    assert ask(site.url("/a.jpg"), timeout=60).statuses == ["opt_out"]


def test_directives_are_a_setting(servers):
    site = servers.site(
        {"/a.jpg": reply(JPEG, 200, "X-Robots-Tag: noai"), "/b.jpg": reply(JPEG, 200, "X-Robots-Tag: x")}
    )
    urls = site.url("/a.jpg"), site.url("/b.jpg")
    assert ask(*urls).statuses == ["opt_out", "ok"]
    assert ask(*urls, opt_out=()).statuses == ["ok", "ok"]
    assert ask(*urls, opt_out=("x",)).statuses == ["ok", "opt_out"]


@pytest.mark.parametrize("more", [0, 1])
def test_the_largest_picture(servers, more):
    body = JPEG + bytes(5000 - len(JPEG) + more)
    site = servers.site({"/declared": reply(body), "/streamed": drip_free(body)})
    found = ask(site.url("/declared"), site.url("/streamed"), max_bytes=5000)
    assert found.statuses == ["too_large" if more else "ok"] * 2


def drip_free(body):
    async def script(wire):
        await wire.send(head(200) + body)
        return False

    return script
