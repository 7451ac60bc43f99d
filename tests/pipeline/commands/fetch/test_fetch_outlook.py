"""A fetch prints its URLs and slowest hosts before the first request."""

from __future__ import annotations

import pytest

from pipeline.commands.fetch.outlook import lines

SETTINGS = "what takes longest (fetch.per_host, fetch.delay, fetch.hosts):"


@pytest.mark.parametrize(
    ("urls", "hosts", "said"),
    [
        (0, 0, [f"0 URLs, 0 hosts; {SETTINGS}"]),
        (1, 1, [f"1 URL, 1 host; {SETTINGS}", "  a.example: 1 URL, about 3 s"]),
        (2, 1, [f"2 URLs, 1 host; {SETTINGS}", "  a.example: 2 URLs, about 3 s"]),
        (1200, 2, [f"1,200 URLs, 2 hosts; {SETTINGS}", "  a.example: 1,200 URLs, about 3 s"]),
    ],
)
def test_numbers_have_their_nouns(urls: int, hosts: int, said: list[str]) -> None:
    longest = [["a.example", urls, 3.0]] if urls else []
    assert [*lines([{"urls": urls, "hosts": hosts, "longest": longest}])] == said
