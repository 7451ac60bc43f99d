"""The plan on a simulated clock: politeness, tries, and hosts that fail. No network, no waiting."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from crawl.fetching.answers import AGAIN, STATUSES
from crawl.fetching.hosts import HostLimit
from crawl.fetching.outcome import Outcome
from crawl.fetching.plan import PAUSE
from tests.support.scripted_server import JPEG
from tests.support.simulation import OK, simulate

FAILED = Outcome("connect")
BUSY = Outcome("http_429", 429)


def urls(count, host="http://one.example"):
    return [f"{host}/{number}.jpg" for number in range(count)]


def gaps(times):
    return [after - before for before, after in pairwise(times)]


def test_every_url_gets_its_answer():
    made = simulate(["http://a.example/1.jpg", "nonsense", "http://b.example/2.jpg"], lambda *_: OK)
    assert made.statuses == ["ok", "bad_url", "ok"]
    assert (made.answers[0].size, made.answers[0].suffix, made.answers[0].tries) == (len(JPEG), "jpg", 1)
    assert made.answers[1].tries == 0


def test_a_host_is_asked_by_so_many_at_once_and_so_often():
    made = simulate(urls(20), lambda *_: OK, lambda _: 1.0, per_host=3, delay=0.25)
    assert made.most_busy == {"one.example": 3}
    assert min(gaps(made.times("one"))) == pytest.approx(0.25)
    assert made.asked() == urls(20)


def test_a_host_of_the_table_has_its_own_limit():
    limits = {"one.example": HostLimit(5, 0.0)}
    made = simulate([*urls(20), *urls(20, "http://two.example")], lambda *_: OK, limits=limits)
    assert made.most_busy == {"one.example": 5, "two.example": 2}


def test_schemes_and_ports_of_a_host_share_its_limit():
    mixed = [url for port in ("", ":81", ":82") for url in urls(5, f"http://one.example{port}")]
    assert simulate(mixed, lambda *_: OK).most_busy == {"one.example": 2}


def test_the_larger_host_begins_first():
    small, large = urls(3, "http://small.example"), urls(50, "http://large.example")
    made = simulate([*small, *large], lambda *_: OK, lambda _: 0.05, concurrency=1, delay=0.1)
    assert made.asked()[:3] == [large[0], small[0], large[1]]  # one while the other rests
    assert made.end == pytest.approx(4.95)


def test_no_more_requests_than_the_limit_of_all():
    many = [f"http://h{number}.example/x.jpg" for number in range(50)]
    made = simulate(many, lambda *_: OK, lambda _: 1.0, concurrency=10)
    assert Counter(when for when, _ in made.starts) == dict.fromkeys([0.0, 1.0, 2.0, 3.0, 4.0], 10)


@pytest.mark.parametrize("status", sorted(set(STATUSES) - {"ok", "robots", "host_down", "robots_unreachable"}))
def test_a_failure_that_may_pass_is_tried_again(status):
    made = simulate(urls(1), lambda *_: Outcome(status, 200), tries=3)
    assert made.statuses == [status]
    assert made.answers[0].tries == (3 if status in AGAIN else 1)


def test_a_try_that_succeeds_is_the_last():
    made = simulate(urls(1), lambda _, nth: OK if nth == 2 else Outcome("http_5xx", 500), tries=5)
    assert (made.statuses, made.answers[0].tries) == (["ok"], 2)
    assert gaps(made.times("one")) == [pytest.approx(PAUSE + 0.2)]


def test_five_failed_connections_in_a_row_end_a_host():
    made = simulate(urls(100), lambda *_: FAILED, lambda _: 10.0)
    assert Counter(made.statuses) == {"connect": 3, "host_down": 97}
    assert len(made.starts) == 5
    assert [made.answers[index].tries for index in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize("slow", [0.001, 0.3, 7.0])
def test_how_long_failures_take_decides_nothing(slow):
    made = simulate(urls(50), lambda *_: FAILED, lambda url: slow * (1 + hash(url) % 3))
    assert made.statuses == ["connect"] * 3 + ["host_down"] * 47


def test_an_answer_between_failures_is_a_new_beginning():
    made = simulate(urls(40), lambda url, _: OK if url.endswith("4.jpg") else FAILED, tries=1, per_host=1)
    down = [index for index, status in enumerate(made.statuses) if status == "host_down"]
    assert down == list(range(10, 40))  # 4 answers, and then 5, 6, 7, 8 and 9 fail


def test_an_origin_that_is_down_leaves_another_port_alone():
    mixed = [*urls(30, "http://one.example"), *urls(30, "http://one.example:81")]
    made = simulate(mixed, lambda url, _: OK if ":81" in url else FAILED)
    assert made.statuses[30:] == ["ok"] * 30
    assert Counter(made.statuses[:30]) == {"connect": 3, "host_down": 27}


def test_a_host_is_left_alone_for_as_long_as_it_asks_for():
    made = simulate(urls(4), lambda _, nth: OK if nth > 1 else Outcome("http_5xx", 503, retry_after=20.0), per_host=1)
    assert made.statuses == ["ok"] * 4
    times = made.times("one")
    assert all(after - before >= 20 for before, after in zip(times[::2], times[1::2], strict=True))


def test_a_longer_wait_than_the_limit_is_not_waited_for():
    waits = {"/0": 30.0, "/1": 30.1}
    made = simulate(urls(2), lambda url, _: Outcome("http_429", 429, retry_after=waits[url[-6:-4]]), retry_after=30)
    assert [made.answers[index].tries for index in (0, 1)] == [2, 1]


def test_a_host_that_puts_off_everybody_is_asked_a_few_times_only():
    made = simulate(urls(1000), lambda *_: Outcome("http_429", 429, retry_after=30.0))
    assert set(made.statuses) == {"http_429"}
    assert len(made.starts) <= 6
    assert made.end < 200


def test_timeouts_without_a_byte_count_as_failed_connections():
    assert "host_down" in simulate(urls(50), lambda *_: Outcome("timeout")).statuses
    assert "host_down" not in simulate(urls(50), lambda *_: Outcome("timeout", 200)).statuses


def test_redirects_are_asked_of_the_host_that_they_lead_to():
    first = [f"http://h{number}.example/x.jpg" for number in range(30)]
    to = Outcome("http_3xx", 302, location="http://cdn.example/x.jpg")
    made = simulate(first, lambda url, _: OK if "cdn" in url else to, delay=0.1)
    assert made.statuses == ["ok"] * 30
    assert made.most_busy["cdn.example"] == 1  # other shards may ask it too
    assert min(gaps(made.times("cdn"))) >= 0.1 - 1e-9
    assert {answer.final_url for answer in made.answers.values()} == {"http://cdn.example/x.jpg"}


@pytest.mark.parametrize(("own", "most"), [([], 1), (["http://cdn.example/y.jpg"], 4)])
def test_a_host_of_which_the_shard_has_no_url_is_asked_one_at_a_time(own, most):
    first = [f"http://h{number}.example/x.jpg" for number in range(30)]
    to = Outcome("http_3xx", 302, location="http://cdn.example/x.jpg")
    limits = {"cdn.example": HostLimit(4, 0.05)}
    made = simulate([*first, *own], lambda url, _: OK if "cdn" in url else to, lambda _: 1.0, limits)
    assert made.statuses == ["ok"] * len(made.urls)
    assert made.most_busy["cdn.example"] == most
    assert min(gaps(made.times("cdn"))) >= 0.05 - 1e-9


@pytest.mark.parametrize(
    ("host", "to", "contact", "asked"),
    [
        ("localhost", "one.example", "", False),
        ("127.0.0.1", "[2001:db8::1]", "", False),
        ("[::1]", "localhost.example", "", False),
        ("localhost", "127.0.0.2", "", True),
        ("a.localhost", "one.example", "me@one.example", True),
        ("one.example", "two.example", "me@one.example", True),
    ],
)
def test_a_redirect_off_this_machine_needs_a_contact(host, to, contact, asked):
    lead = Outcome("http_3xx", 302, location=f"http://{to}/x.jpg")
    made = simulate([f"http://{host}/x.jpg"], lambda url, _: OK if to in url else lead, contact=contact)
    assert made.statuses == ["ok" if asked else "bad_url"]
    assert any(to in url for _, url in made.starts) is asked


def test_nor_does_a_robots_txt_lead_off_this_machine():
    lead = Outcome("http_3xx", 302, location="http://one.example/robots.txt")
    made = simulate(["http://localhost/x.jpg"], lambda url, _: lead if "robots" in url else OK, robots=True)
    assert made.statuses == ["robots_unreachable"]
    assert [url for _, url in made.starts] == ["http://localhost/robots.txt"]


@pytest.mark.parametrize(("redirects", "status"), [(3, "ok"), (4, "redirects")])
def test_redirects_are_counted(redirects, status):
    def web(url, _):
        left = int(url[-1])
        return Outcome("http_3xx", 301, location=f"/{left - 1}") if left else OK

    made = simulate([f"http://one.example/{redirects}"], web, redirects=3)
    assert made.statuses == [status]


def test_waiting_for_a_turn_is_no_part_of_the_deadline():
    first = [f"http://h{number}.example/x.jpg" for number in range(300)]
    to = Outcome("http_3xx", 302, location="http://cdn.example/x.jpg")
    made = simulate(first, lambda url, _: OK if "cdn" in url else to, delay=5, timeout=30)
    assert set(made.statuses) == {"ok"}


def test_redirects_share_one_deadline():
    to = Outcome("http_3xx", 302, location="/next")
    made = simulate(["http://one.example/x"], lambda *_: to, lambda _: 12.0, timeout=30, redirects=9, tries=1)
    assert (made.statuses, len(made.starts)) == (["timeout"], 3)


def test_random_webs_end_with_one_answer_a_url():
    for seed in range(300):
        chance = random.Random(seed)
        hosts = [f"http://h{number}.example" for number in range(chance.randint(1, 6))]
        listed = [f"{chance.choice(hosts)}/{number}" for number in range(chance.randint(1, 60))]
        made = simulate(listed, lambda *_, chance=chance, hosts=hosts: any_outcome(chance, hosts), robots=seed % 2 == 0)
        assert sorted(made.answers) == list(range(len(listed)))
        assert set(made.statuses) <= set(STATUSES)
        assert max(made.most_busy.values(), default=0) <= 2


def any_outcome(chance, hosts):
    status = chance.choice(["ok", "ok", "ok", "gone", "connect", "timeout", "http_429", "http_5xx", "http_3xx", "tls"])
    code = {"ok": 200, "gone": 404, "http_429": 429, "http_5xx": 503, "http_3xx": 302}.get(status)
    location = f"{chance.choice(hosts)}/{chance.randint(0, 9)}" if status == "http_3xx" else None
    return Outcome(status, code, location, chance.choice([None, 3.0, 99.0]), content=JPEG if code == 200 else b"")
