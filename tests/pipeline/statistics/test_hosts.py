"""Hosts of URLs: two oracles, urllib for what it reads right, and the WHATWG parser that `fetch` shards by."""

from __future__ import annotations

import random
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pytest

from crawl.fetching.urls import host_of
from pipeline.statistics.hosts import LONGEST, NO_HOST, NO_URL, Hosts

LONG = "a" * 63
FORMS = {
    "http://example.org/a.jpg": "example.org",
    "https://example.org": "example.org",
    "https://example.org?a=http://other.org/": "example.org",
    "https://example.org#/": "example.org",
    "HTTPS://EXAMPLE.Org/A": "example.org",
    "http://example.org:8080/": "example.org",
    "http://example.org:/": "example.org",
    "http://example.org:65535/": "example.org",
    "http://example.org:65536/": NO_HOST,
    "http://example.org:port/": NO_HOST,
    "http://user:pass@example.org/": "example.org",
    "http://user:123@example.org:80/": "example.org",
    "http://a@b@example.org/": "example.org",
    "http://example.org/@other.org": "example.org",
    "http://example.org./": "example.org.",
    "http://[2001:DB8::1]:80/": "[2001:db8::1]",
    "http://[2001:db8::1/": NO_HOST,
    "http://192.0.2.1/": "192.0.2.1",
    "http://my_host-1.example/": "my_host-1.example",
    "http://localhost/": "localhost",
    "http://münchen.example/ü.jpg": "xn--mnchen-3ya.example",
    "http://MÜNCHEN.example/": "xn--mnchen-3ya.example",
    "http://xn--mnchen-3ya.example/": "xn--mnchen-3ya.example",
    "http://ex%61mple.org/": "example.org",
    " \thttp://example.org/": "example.org",
    "ht\ntp://exa\nmple.org/": "example.org",
    "http://example.org\\path": "example.org",
    "http://exa mple.org/": NO_HOST,
    "http://exa<mple.org/": NO_HOST,
    "http:///a.jpg": NO_HOST,
    "http://": NO_HOST,
    "http:": NO_HOST,
    "http": NO_HOST,
    "httpx://example.org/": NO_HOST,
    "//example.org/a.jpg": NO_HOST,
    "example.org/a.jpg": NO_HOST,
    "a.jpg": NO_HOST,
    "ftp://example.org/": NO_HOST,
    "s3://bucket/a.jpg": NO_HOST,
    "data:image/png;base64,AAAA": NO_HOST,
    "": NO_URL,
    " ": NO_HOST,
    f"http://{LONG}.{LONG}.{LONG}.{LONG[:61]}/": f"{LONG}.{LONG}.{LONG}.{LONG[:61]}",
    f"http://{LONG}.{LONG}.{LONG}.{LONG[:62]}/": NO_HOST,
    "http://example.org/" + "x" * 1_000_000: "example.org",
    "http://" + "x" * 1_000_000 + "/": NO_HOST,
    "http://" + "u" * 1_000_000 + "@example.org/": NO_HOST,
    "\0http://example.org/": "example.org",
}
OTHER_THAN_FETCH = {  # with the host that it finds
    "http:/example.org/": "example.org",
    "http:///example.org/": "example.org",
    "http:example.org": "example.org",
}
OTHER_THAN_FETCH |= {"http:///a.jpg": "a.jpg", "http://" + "x" * 1_000_000 + "/": "x" * 1_000_000}
OTHER_THAN_FETCH |= {url: host_of(url) or "" for url, host in FORMS.items() if host == NO_HOST and LONG in url}


def hosts(urls: list[str | None]) -> list[str]:
    column = pa.array(urls, pa.string())
    found = Hosts(column)
    names = found.names(np.arange(len(urls))).to_pylist()
    assert len({(name, int(number)) for name, number in zip(names, found.hashes, strict=True)}) == len(set(names))
    return names


@pytest.mark.parametrize(("url", "host"), FORMS.items(), ids=range(len(FORMS)))
def test_a_form_of_url(url: str, host: str) -> None:
    assert hosts([url]) == [host]


def test_a_column_of_all_forms_with_nulls_in_a_slice() -> None:
    column = pa.array(["http://skipped/", None, *FORMS, None])[1:]
    found = Hosts(column)
    assert found.names(np.arange(len(column))).to_pylist() == [NO_URL, *FORMS.values(), NO_URL]
    assert len(set(found.hashes.tolist())) == len({NO_URL, *FORMS.values()})


def test_an_empty_column() -> None:
    assert hosts([]) == []


ASKED = {
    url: host
    for url, host in FORMS.items()
    if url not in OTHER_THAN_FETCH and "@" not in url.partition("//")[2].partition("/")[0]
}


@pytest.mark.parametrize(("url", "host"), ASKED.items(), ids=range(len(ASKED)))
def test_fetch_asks_the_same_host(url: str, host: str) -> None:
    """But for URLs with a user, which `fetch` asks for never."""
    assert (host_of(url) or NO_HOST) == (NO_HOST if host == NO_URL else host)


@pytest.mark.parametrize(("url", "host"), OTHER_THAN_FETCH.items(), ids=range(len(OTHER_THAN_FETCH)))
def test_urls_without_two_slashes_and_overlong_hosts_have_a_host_for_fetch_alone(url: str, host: str) -> None:
    assert hosts([url]) == [NO_HOST] and host_of(url) == host


def test_random_urls_against_urllib() -> None:
    draw = random.Random(1)
    urls = [
        draw.choice(["http", "https", "HTTP", "Https"])
        + "://"
        + draw.choice(["", "", "u@", "u:p@", "1:2@"])
        + "".join(draw.choices("abcXYZ019.-_", k=draw.randint(1, 30)))
        + draw.choice(["", "", ":80", ":8080", ":12345", ":"])
        + draw.choice(["", "/", "?q", "#f", "/@", "/:1", "/a/b?c#d"])
        for _ in range(5000)
    ]
    assert hosts(urls) == [urlsplit(url).hostname for url in urls]


def test_the_longest_host_and_one_character_more() -> None:
    assert hosts([f"http://{'a' * LONGEST}/", f"http://{'a' * (LONGEST + 1)}/"]) == ["a" * LONGEST, NO_HOST]
