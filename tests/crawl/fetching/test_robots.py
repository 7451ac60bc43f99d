"""robots.txt: asked once of each origin, read by RFC 9309, and kept to."""

from __future__ import annotations

import random

import pytest
from protego import Protego

from crawl.fetching import robots
from crawl.fetching.robots import MOST, Judge, Rules
from tests.support.fetching import AGENT, ask
from tests.support.scripted_server import hang, in_turn, raw, redirect, reply, slowly


def allows(text, url="http://one.example/a/b.jpg"):
    return Judge().allows(Rules.of(text if isinstance(text, bytes) else text.encode()), url)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", True),  # the longest match
        ("User-agent: *\nDisallow: /a/b\nAllow: /a", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", True),  # of equals, the one that allows
        ("User-agent: *\nDisallow: /*.jpg$", False),
        ("User-agent: *\nDisallow: /*.jp$", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: align-corpus\nDisallow: /b", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: Align-Corpus\nDisallow: /", False),
        ("User-agent: align-corpus/0.1\nDisallow: /", False),
        ("User-agent: other\nUser-agent: align-corpus\nDisallow: /", False),
        ("User-agent: align-corpus-images\nDisallow: /", True),
        ("User-agent: align\nDisallow: /", True),  # somebody else, whose name ours begins with
        ("User-agent: align\nAllow: /\n\nUser-agent: *\nDisallow: /", False),
        ("User-agent: other\nDisallow: /", True),
        ("\ufeffUser-agent: *\nDisallow: /", False),
        ("user-agent:*\r\ndisallow:/a # why\r\n", False),
        ("User-agent: *\rDisallow: /", False),
        ("User-agent: *\rDisallow: /none\rUser-agent: align-corpus\rDisallow: /\r", False),
        ("User-agent: *\rDisallow: /\rUser-agent: align-corpus\rDisallow: /none\r", True),
        ("User-agent: *\n\u2028User-agent: align-corpus\x85Disallow: /", False),
        ("User-agent align-corpus\nDisallow /", False),
        ("User agent: align-corpus # we\nDisallow: /", False),
        ("User-agent: align-corpus\nDisallow: /b\nUser-agent: align-corpus/2\nDisallow: /a", False),
        (
            "User-agent: align-corpus/2\nDisallow: /a\nUser-agent: *\nDisallow: /\nUser-agent: align-corpus\nAllow: /",
            False,
        ),
        ("User-agent: x\nDisallow: /\nUser-agent: y\nUser-agent: align-corpus\nAllow: /", True),
        ("User-agent: *\nDisallow: /b\nUser-agents: x\nDisallow: /a", False),  # no name of a group
        ("User-agent: align-corpus\nUser-agent:\nDisallow: /", False),
        ("User-agent: -\nDisallow: /", True),
        ("Disallow: /", True),
        (b"User-agent: *\nDisallow: /\xff\nDisallow: /a", False),
        (b"\x00\x01\x02", True),
    ],
)
def test_rules(text, allowed):
    assert allows(text) is allowed


def test_groups_of_others_are_as_they_were():
    """Compared with Protego on the text as it is, in which no name begins as ours does."""
    chance = random.Random(0)
    names = ["*", "bot", "**", "b*", "* # all", "", "bot: x", "bot:x", ": bot", "Mozilla/5.0 (*)"]
    fields = [
        "User-agent: ",
        "user agent:",
        "User-Agent ",
        "user  agent ",
        "useragent\t:",
        "User-agents: ",
        "user-agent",
    ]
    rules = ["Disallow: /a", "Allow: /a/b", "Disallow: /", "Allow:", "Sitemap: /s", "", "# x", "x", "x: y"]
    for _ in range(3000):
        made = (
            chance.choice(["", " ", "\t"]) + chance.choice(fields) + chance.choice(names)
            if chance.random() < 0.5
            else chance.choice(rules)
            for _ in range(chance.randint(1, 9))
        )
        text = chance.choice(["\n", "\r", "\r\n"]).join(made)
        assert allows(text) is Protego.parse(text).can_fetch("http://one.example/a/b.jpg", "*"), text


def test_many_groups_of_many_rules():
    """A rule for each of 15,000 names, 30,000 times, would take 36 GB."""
    names = "".join(f"User-agent:{number}\n" for number in range(15_000))
    assert not allows(f"{names}User-agent:*\n" + "Disallow:/\n" * 20_000)


def test_the_first_500_kb_count():
    line = "Disallow: /a\n"
    start = "User-agent: *\n" + "#" * (MOST - 15 - len(line)) + "\n"
    assert len(start + line) == MOST
    assert not allows(start + line + "Allow: /a/b\n")
    assert allows("#\n" + start + "\n" + line)


def test_rules_that_were_forgotten_are_read_again(monkeypatch):
    monkeypatch.setattr(robots, "CACHED", 100)
    judge = Judge()
    rules = [Rules.of(f"User-agent: *\nDisallow: /{number}/\n".encode()) for number in range(20)]
    for _ in range(2):
        for number, each in enumerate(rules):
            assert not judge.allows(each, f"http://h{number}.example/{number}/a.jpg")
            assert judge.allows(each, f"http://h{number}.example/{number + 1}/a.jpg")
        assert len(judge._parsed) < 5


def test_once_an_origin_by_the_name_that_it_addresses(servers):
    site = servers.site({f"/{number}": reply() for number in range(30)}, robots="User-agent: *\nDisallow: /1\n")
    found = ask(*(site.url(f"/{number}") for number in range(30)), per_host=8)
    assert [answer.status for answer in found] == [
        "robots" if str(number).startswith("1") else "ok" for number in range(30)
    ]
    assert site.paths()[0] == "/robots.txt"
    assert site.paths().count("/robots.txt") == 1
    assert len(site.pictures()) == 19
    assert {asked.headers["user-agent"] for asked in site.asked} == {AGENT}


def test_not_asked_if_the_setting_is_off(servers):
    site = servers.site({"/a": reply()}, robots="User-agent: *\nDisallow: /\n")
    assert ask(site.url("/a"), robots=False).statuses == ["ok"]
    assert site.paths() == ["/a"]


def test_nothing_is_asked_of_a_host_before_its_answer(servers):
    site = servers.site({"/a": reply(), "/b": reply(), "/robots.txt": slowly(reply(b""), 0.2)})
    ask(site.url("/a"), site.url("/b"))
    assert site.paths()[0] == "/robots.txt"
    assert [asked.busy for asked in site.asked][:1] == [1]
    assert site.asked[1].time - site.asked[0].time >= 0.2


@pytest.mark.parametrize("code", [500, 503, 429])
def test_a_failure_is_tried_again(servers, quick, code):
    site = servers.site({"/a": reply(), "/robots.txt": in_turn(reply(b"", code), reply(b""))})
    assert ask(site.url("/a")).statuses == ["ok"]
    assert site.paths() == ["/robots.txt", "/robots.txt", "/a"]


def test_a_failure_forbids_all_urls_of_the_origin(servers, quick):
    site = servers.site({"/a": reply(), "/b": reply(), "/robots.txt": reply(b"", 500)})
    found = ask(site.url("/a"), site.url("/b"))
    assert found.statuses == ["robots_unreachable"] * 2
    assert site.paths() == ["/robots.txt"] * 2


@pytest.mark.parametrize(("redirects", "status"), [(5, "robots"), (6, "robots_unreachable")])
def test_redirects_are_followed(servers, quick, redirects, status):
    scripts = {f"/{number}": redirect(f"/{number - 1}") for number in range(1, redirects)}
    site = servers.site({**scripts, "/0": reply(b"User-agent: *\nDisallow: /"), "/a": reply()})
    site.scripts["/robots.txt"] = redirect(f"/{redirects - 1}")
    assert ask(site.url("/a"), tries=1).statuses == [status]


def test_a_redirect_to_another_host_brings_its_rules_for_this_one(servers):
    other = servers.site({"/r": reply(b"User-agent: *\nDisallow: /a")}, robots="User-agent: *\nDisallow: /")
    site = servers.site({"/a": reply(), "/b": reply(), "/robots.txt": redirect(other.url("/r"))})
    assert ask(site.url("/a"), site.url("/b")).statuses == ["robots", "ok"]


def test_two_robots_that_lead_to_each_other(servers):
    one, two = servers.site({"/a": reply()}), servers.site({"/a": reply()})
    one.scripts["/robots.txt"], two.scripts["/robots.txt"] = redirect(two.url("/r")), redirect(one.url("/r"))
    assert ask(one.url("/a"), two.url("/a")).statuses == ["ok", "ok"]


def test_a_picture_that_is_sent_on_needs_leave_of_both(servers):
    forbidding = servers.site({"/b": reply()}, robots="User-agent: *\nDisallow: /")
    site = servers.site({"/a": redirect(forbidding.url("/b"))})
    found = ask(site.url("/a"))
    assert found.statuses == ["robots"]
    assert next(iter(found)).final_url == forbidding.url("/b")
    assert forbidding.paths() == ["/robots.txt"]


def test_a_port_is_an_origin_of_its_own(servers):
    one = servers.site({"/a": reply()}, host="127.77.9.9", robots="User-agent: *\nDisallow: /")
    two = servers.site({"/a": reply()}, host="127.77.9.9")
    assert ask(one.url("/a"), two.url("/a")).statuses == ["robots", "ok"]


def test_one_that_does_not_come(servers):
    site = servers.site({"/a": reply(), "/robots.txt": hang()})
    assert ask(site.url("/a"), site.url("/b"), timeout=2, tries=1).statuses == ["robots_unreachable"] * 2


def test_an_empty_answer_of_2xx_allows(servers):
    site = servers.site({"/a": reply(), "/robots.txt": raw(b"HTTP/1.1 204 No Content\r\n\r\n")})
    assert ask(site.url("/a")).statuses == ["ok"]
