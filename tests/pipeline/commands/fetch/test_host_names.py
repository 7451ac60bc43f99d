"""The hosts of a column, against the URL parser row by row."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawl.fetching.urls import host_of
from pipeline.commands.fetch.host_names import hash_hosts, host_names

SPACES = ("", " ", "\n", "\t", "\r", "\x00", "\x1f", "\u00a0", "\u2003", "\u2028", "\u3000", "\ufeff")
PIECES = st.sampled_from(
    [
        *SPACES, "http", "https", "HTTP", "ftp", ":", "/", "//", "\\", "?", "#", "@", "%41", "%", "[", "]", "[::1]",
        "example.org", "EXAMPLE.org", "münchen.de", "xn--mnchen-3ya.de", "127.0.0.1", "0x7f.1", "1", ".", ":80", ":0",
        ":99999", "a", "user:pw", "·", "\u200d", "＊", "ｅｘ。ｏｒｇ",
    ]
)  # fmt: skip
HOSTS = st.lists(PIECES, max_size=4).map("".join)
USUAL = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(SPACES), st.sampled_from(["http://", "https://", "HTTP://", "http:/", "http:\\\\", "ht\ntp://"]),
        HOSTS, st.sampled_from(["", "/", "?a", "#b", "\\c", "/d e"]), st.sampled_from(SPACES),
    ),
)  # fmt: skip
URLS = st.none() | USUAL | st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=12).map("http://".__add__)


@given(st.lists(URLS, max_size=20))
@example(["\u00a0http://a.org/", "http://a.org\u00a0", "\x00http://a.org/", "http://a.org\n", "http://a\n.org/"])
@example(["http://a.org /b", "http://a.org ", "http://a.org /", "http://a.org\x00", "http://a.org\n?"])
def test_each_host_is_that_of_the_parser(urls: list[str | None]) -> None:
    found = host_names(pa.array(urls, pa.string()))
    assert found.to_pylist() == [None if url is None else host_of(url) for url in urls]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://example.org/a", "example.org"),
        (" HTTPS://EXAMPLE.org:8080/a\n", "example.org"),
        ("http:\\\\example.org\\a", "example.org"),
        ("http://münchen.de/a/b?c", "xn--mnchen-3ya.de"),
        ("http://0x7f.1/", "127.0.0.1"),
        ("http://[::1]:80/", "[::1]"),
        ("http://user@example.org/", None),
        ("ftp://example.org/", None),
        ("//example.org/", None),
        ("", None),
        (None, None),
    ],
)
def test_hosts(url: str | None, host: str | None) -> None:
    assert host_names(pa.array([url], pa.string())).to_pylist() == [host]


def test_all_urls_of_a_host_have_one_hash_and_others_one_of_their_own() -> None:
    urls = ["http://a.org/1", "https://A.org:99/2", "http://b.org/1", "bad", "worse", None]
    first, second, *others = hash_hosts(pa.array(urls, pa.string())).tolist()
    assert first == second and len({first, *others}) == 5
