"""Addresses that are not of the public internet, which nothing connects to."""

from __future__ import annotations

import socket

import pytest

from crawl.fetching.addresses import is_loopback, is_public
from tests.support.fetching import ask
from tests.support.scripted_server import redirect, reply

PUBLIC = ("93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14", "2002:5db8:d70e::1")
PRIVATE = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "nonsense"),
)
WRITTEN = ("127.0.0.1", "127.1", "2130706433", "0x7f.1", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "localhost")


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address):
    assert not is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "a.localhost"])
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["example.org", "10.0.0.1", "[::2]", "localhost.example.org", "0.0.0.0"])
def test_another_machine(host):
    assert not is_loopback(host)


@pytest.mark.parametrize("host", WRITTEN)
def test_nothing_connects_however_the_address_is_written(host):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0)
        url = f"http://{host}:{listening.getsockname()[1]}/a.jpg"
        found = ask(url, url + "?", allow_private=False, tries=3)
        assert found.statuses == ["private_address"] * 2
        assert ask(url, allow_private=False, robots=False, tries=3).statuses == ["private_address"]
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.parametrize("robots", [True, False])
def test_a_redirect_to_a_private_address(servers, monkeypatch, robots):
    inside = servers.site({"/a": reply()})
    site = servers.site({"/a": redirect(inside.url("/a"))})
    outside = site.origin.rpartition(":")[0].removeprefix("http://")
    monkeypatch.setattr("crawl.fetching.transfers.is_public", lambda address: address == outside)
    found = ask(site.url("/a"), allow_private=False, robots=robots)
    assert found.statuses == ["private_address"]
    assert found.answers[site.url("/a")].http_code == 302
    assert not inside.connections


def test_a_robots_txt_that_leads_to_a_private_address(servers, monkeypatch, quick):
    inside = servers.site({"/r": reply(b"")})
    site = servers.site({"/a": reply(), "/robots.txt": redirect(inside.url("/r"))})
    outside = site.origin.rpartition(":")[0].removeprefix("http://")
    monkeypatch.setattr("crawl.fetching.transfers.is_public", lambda address: address == outside)
    assert ask(site.url("/a"), allow_private=False).statuses == ["robots_unreachable"]
    assert not inside.connections


def test_public_addresses_are_connected_to(servers, monkeypatch):
    site = servers.site({"/a": reply()})
    monkeypatch.setattr("crawl.fetching.transfers.is_public", lambda _: True)
    assert ask(site.url("/a"), allow_private=False).statuses == ["ok"]


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_ipv6(servers):
    try:
        site = servers.site({"/a": reply()}, host="::1")
    except OSError:
        pytest.skip("no IPv6 on this machine")
    assert ask(site.url("/a")).statuses == ["ok"]
    assert site.asked[1].headers["host"] == site.origin.removeprefix("http://")
