"""URLs, by the WHATWG standard: which can be asked for, and of whom."""

from __future__ import annotations

import pytest

from crawl.fetching.urls import Place, host_of, place_of


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://one.example", ("http://one.example/", "http://one.example", "one.example")),
        ("HTTP://One.Example:80/a#b", ("http://one.example/a", "http://one.example", "one.example")),
        ("https://one.example:443/?a=1&&b", ("https://one.example/?a=1&&b", "https://one.example", "one.example")),
        ("http://one.example:8080?x", ("http://one.example:8080/?x", "http://one.example:8080", "one.example")),
        ("http://one.example/a//b/../c d", ("http://one.example/a//c%20d", "http://one.example", "one.example")),
        ("\thttp://one.example/a\nb ", ("http://one.example/ab", "http://one.example", "one.example")),
        (
            "http://bücher.example/ü?ü",
            ("http://xn--bcher-kva.example/%C3%BC?%C3%BC", "http://xn--bcher-kva.example", "xn--bcher-kva.example"),
        ),
        ("http://[::0:1]:81/", ("http://[::1]:81/", "http://[::1]:81", "[::1]")),
        ("http://2130706433/", ("http://127.0.0.1/", "http://127.0.0.1", "127.0.0.1")),
        ("http://a_b.example/@x:y", ("http://a_b.example/@x:y", "http://a_b.example", "a_b.example")),
        ("http://one.example./", ("http://one.example./", "http://one.example.", "one.example.")),
    ],
)
def test_places(url, place):
    assert place_of(url) == Place(*place)
    assert host_of(url) == place[2]


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "/a.jpg", "//one.example/", "one.example/a.jpg", "http:", "http://", "http://?", "http://a b/"),
        *(
            "ftp://one.example/",
            "file:///etc/passwd",
            "data:,x",
            "blob:http://one.example/1",
            "javascript:1",
            "ws://a/",
        ),
        *("http://u@one.example/", "http://u:p@one.example/", "http://:p@one.example/", "http://one.example:0/"),
        *(
            "http://one.example:65536/",
            "http://one.example:x/",
            "http://[::1/",
            "http://[fe80::1%25eth0]/",
            "http://%00/",
        ),
        *("http://xn--\ud800/", "http://1.2.3.4.5/", "http://256.1.1.1/", "\0", "http://" + "a" * 10 + "\0/"),
    ],
)
def test_no_places(url):
    assert place_of(url) is None
    assert host_of(url) is None


@pytest.mark.parametrize(
    ("url", "base", "joined"),
    [
        ("/b", "http://one.example/a/c?d", "http://one.example/b"),
        ("b?c", "http://one.example:81/x/y", "http://one.example:81/x/b?c"),
        ("//two.example/y", "https://one.example/a", "https://two.example/y"),
        ("", "http://one.example/a", "http://one.example/a"),
        ("https:b", "https://one.example/a/", "https://one.example/a/b"),
        ("http://two.example/ü", "http://one.example/", "http://two.example/%C3%BC"),
    ],
)
def test_relative_ones(url, base, joined):
    assert place_of(url, base).url == joined


@pytest.mark.parametrize("url", ["file:///x", "mailto:a@b", "http://[", "http://u@two.example/", "javascript:1"])
def test_relative_ones_that_lead_nowhere(url):
    assert place_of(url, "http://one.example/") is None
