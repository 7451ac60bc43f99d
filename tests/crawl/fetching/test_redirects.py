"""Redirects: one hop at a time, each asked politely."""

from __future__ import annotations

import pytest

from tests.support.fetching import ask
from tests.support.scripted_server import JPEG, hang, raw, redirect, reply, slowly


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_codes_that_lead_on(servers, code):
    site = servers.site({"/a": redirect("b?c#d", code), "/b": reply()})
    found = ask(site.url("/a"))
    assert found.statuses == ["ok"]
    answer = found.answers[site.url("/a")]
    assert (answer.final_url, answer.http_code, answer.tries) == (site.url("/b?c"), 200, 1)


@pytest.mark.parametrize("code", [300, 304, 305, 306])
def test_codes_that_do_not(servers, code):
    site = servers.site({"/a": redirect("/b", code), "/b": reply()})
    assert ask(site.url("/a")).statuses == ["http_3xx"]
    assert site.paths() == ["/robots.txt", "/a"]


def test_no_redirect_no_final_url(servers):
    site = servers.site({"/a": reply()})
    assert ask(site.url("/a")).answers[site.url("/a")].final_url is None


@pytest.mark.parametrize(("redirects", "status"), [(2, "ok"), (1, "redirects"), (0, "redirects")])
def test_as_many_as_the_setting_says(servers, redirects, status):
    site = servers.site({"/a": redirect("/b"), "/b": redirect("/c"), "/c": reply()})
    assert ask(site.url("/a"), redirects=redirects).statuses == [status]


def test_the_body_of_a_redirect_is_of_no_use(servers):
    site = servers.site(
        {"/a": raw(b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 999\r\n\r\nx"), "/b": reply()}
    )
    assert ask(site.url("/a")).statuses == ["ok"]


def test_headers_of_the_last_answer_count(servers):
    site = servers.site({"/a": reply(b"", 302, "Location: /b", "X-Robots-Tag: noai"), "/b": reply()})
    assert ask(site.url("/a")).statuses == ["ok"]


def test_a_location_beyond_ascii(servers):
    site = servers.site({"/a": redirect("/ü".encode().decode("latin-1")), "/%C3%BC": reply()})
    assert ask(site.url("/a")).statuses == ["ok"]


def test_all_redirects_of_a_try_have_one_deadline(servers):
    site = servers.site({f"/{number}": slowly(redirect(f"/{number + 1}"), 0.4) for number in range(5)})
    site.scripts["/5"] = hang()
    assert ask(site.url("/0"), timeout=1.0, tries=1).statuses == ["timeout"]
    assert len(site.pictures()) <= 3


def test_another_try_begins_from_the_start(servers, quick):
    site = servers.site({"/a": redirect("/b"), "/b": reply(b"", 500)})
    found = ask(site.url("/a"), tries=3)
    assert [asked.path for asked in site.pictures()] == ["/a", "/b"] * 3
    assert found.answers[site.url("/a")].tries == 3


def test_no_cookie_and_no_referrer_is_sent_on(servers):
    site = servers.site({"/a": reply(b"", 302, "Location: /b", "Set-Cookie: a=b; Path=/"), "/b": reply(JPEG)})
    ask(site.url("/a"))
    assert not {"cookie", "referer", "authorization"} & {name for asked in site.asked for name in asked.headers}
