"""Answers that harm who is not prepared for them, each with the status that it has to get."""

from __future__ import annotations

import gzip
import socket
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.scripted_server import (
    JPEG,
    Script,
    Servers,
    address,
    endless,
    hang,
    head,
    raw,
    redirect,
    reply,
    reset,
)

MOST = 2_000_000  # bytes of a picture; `max_bytes` of those who ask
HOLE = 100_000_000  # bytes of a bomb, unpacked
CHUNKED, GZIP = "Transfer-Encoding: chunked", "Content-Encoding: gzip"


def _packed(start: bytes) -> bytes:
    """`start` and a hole, as DEFLATE has them: a hundredth of the hole is packed, and repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    part = packer.compress(bytes(HOLE // 100)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + part * 100 + packer.flush()


def _gzipped_bomb() -> bytes:
    checksum, size = zlib.crc32(bytes(HOLE), zlib.crc32(JPEG)), len(JPEG) + HOLE
    return gzip.compress(b"")[:10] + _packed(JPEG) + struct.pack("<II", checksum, size)


def _zlib_bomb() -> bytes:
    return zlib.compress(b"")[:2] + _packed(b"") + struct.pack(">I", zlib.adler32(bytes(HOLE)))


BOMB = _gzipped_bomb()
_PIECE = b"x" * 50_000
_GZIPPED = gzip.compress(JPEG)

ANSWERS: tuple[tuple[str, str, Script], ...] = (
    ("a picture", "ok", reply()),
    ("a picture by another name", "ok", reply(JPEG, 200, "Content-Type: text/html")),
    ("a packed picture", "ok", reply(_GZIPPED, 200, GZIP)),
    ("a picture without a length", "ok", raw(head(200) + JPEG)),
    ("a picture after 103", "ok", raw(head(103, "Link: </a>") + head(200, f"Content-Length: {len(JPEG)}") + JPEG)),
    ("a page", "not_image", reply(b"<!doctype html>", 200, "Content-Type: image/jpeg")),
    ("a picture that nobody reads", "not_image", reply(b"\0\0\0\x18ftypheic" + bytes(99))),
    ("nothing", "empty", reply(b"")),
    ("a length without bytes and without an end", "too_large", hang(head(200, "Content-Length: 99999999999999999999"))),
    ("bytes without end", "too_large", endless(head(200) + JPEG, _PIECE)),
    ("chunks without end", "too_large", endless(head(200, CHUNKED), b"c350\r\n" + _PIECE + b"\r\n")),
    ("a bomb", "too_large", reply(BOMB, 200, GZIP)),
    ("a bomb in deflate", "too_large", reply(_zlib_bomb(), 200, "Content-Encoding: deflate")),
    ("404", "gone", reply(b"gone", 404)),
    ("404 without end", "gone", endless(head(404), _PIECE)),
    ("404 of no declared length that stops", "gone", raw(head(404, "Content-Length: 1000"))),
    ("410", "gone", reply(b"", 410)),
    ("401", "forbidden", reply(b"", 401, "WWW-Authenticate: Basic")),
    ("403", "forbidden", reply(b"", 403)),
    ("451", "forbidden", reply(b"", 451)),
    ("400", "http_4xx", reply(b"", 400)),
    ("304", "http_3xx", reply(b"", 304)),
    ("a redirect to nowhere", "http_3xx", reply(b"", 302)),
    ("204", "http_2xx", raw(head(204))),
    ("206", "http_2xx", reply(JPEG, 206)),
    ("429", "http_429", reply(b"", 429)),
    ("429 for a year", "http_429", reply(b"", 429, "Retry-After: 31536000")),
    ("429 for ever", "http_429", reply(b"", 429, f"Retry-After: {'9' * 400}")),
    ("429 until a day", "http_429", reply(b"", 429, "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT")),
    ("500", "http_5xx", reply(b"", 500)),
    ("999", "http_5xx", reply(b"", 999)),
    ("a reset at once", "reset", reset()),
    ("a reset in the headers", "reset", reset(b"HTTP/1.1 200 OK\r\nX-")),
    ("a reset in the body", "reset", reset(head(200, "Content-Length: 9999") + JPEG)),
    ("an end at once", "reset", raw(b"")),
    ("a body that stops", "short_body", raw(head(200, "Content-Length: 9999") + JPEG)),
    ("chunks that stop", "short_body", raw(head(200, CHUNKED) + b"100\r\n" + JPEG[:200])),
    ("packed bytes that are not", "bad_encoding", reply(JPEG, 200, GZIP)),
    ("packed bytes that stop", "bad_encoding", reply(_GZIPPED[:60], 200, GZIP)),
    ("packed in a way that was not asked for", "bad_encoding", reply(JPEG, 200, "Content-Encoding: br")),
    ("packed a hundred times", "bad_encoding", reply(_GZIPPED, 200, "Content-Encoding: " + ", ".join(["gzip"] * 100))),
    ("no HTTP", "bad_response", raw(b"SSH-2.0-OpenSSH_9.9\r\n")),
    ("noise", "bad_response", raw(bytes(range(256)) * 4)),
    ("chunks that are none", "bad_response", raw(head(200, CHUNKED) + b"zz\r\nwhat\r\n")),
    ("a chunk of negative size", "bad_response", raw(head(200, CHUNKED) + b"-5\r\nwhat\r\n")),
    ("two lengths", "bad_response", raw(head(200, "Content-Length: 5", "Content-Length: 7") + b"12345")),
    ("a negative length", "bad_response", raw(head(200, "Content-Length: -5") + JPEG)),
    ("headers without end", "bad_response", endless(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 500 + b"\r\n")),
    ("a header without end", "bad_response", endless(b"HTTP/1.1 200 OK\r\nX-A: ", b"a" * 5000)),
    ("hints without end", "bad_response", endless(b"", head(103, "Link: </a>"))),
    ("a null byte in a header", "bad_response", raw(b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n")),
    ("a redirect in a circle", "redirects", redirect("?")),
    ("a redirect to a file", "bad_url", redirect("file:///etc/passwd")),
    ("a redirect to FTP", "bad_url", redirect("ftp://127.0.0.1/a.jpg")),
    ("a redirect to gopher", "bad_url", redirect("gopher://127.0.0.1:6379/_INFO")),
    ("a redirect with a password", "bad_url", redirect("http://user:secret@127.0.0.1/")),
    ("a redirect to no URL", "bad_url", redirect("http://[/")),
    ("noai", "opt_out", hang(head(200, "X-Robots-Tag: noai", "Content-Length: 9"))),
    ("noindex for us", "opt_out", reply(JPEG, 200, "x-robots-tag: align-corpus: noindex")),
    ("noindex for another", "ok", reply(JPEG, 200, "X-Robots-Tag: otherbot: noindex")),
    ("a reservation", "opt_out", reply(JPEG, 200, "TDM-Reservation: 1")),
    ("no reservation", "ok", reply(JPEG, 200, "tdm-reservation: 0")),
)
"""Name, status of the URL, and answer. None takes long, so that a busy machine changes no status."""

ROBOTS: tuple[tuple[str, str, Script], ...] = (
    ("a robots.txt that forbids", "robots", reply(b"User-agent: *\nDisallow: /")),
    (
        "a robots.txt of a gigabyte",
        "robots",
        endless(head(200) + b"User-agent: *\nDisallow: /\n", b"#" * 50_000 + b"\n"),
    ),
    ("a robots.txt that is a bomb", "robots_unreachable", reply(BOMB[:-8], 200, "Content-Encoding: br")),
    ("a robots.txt with an error", "robots_unreachable", reply(b"", 500)),
    ("a robots.txt that says wait", "robots_unreachable", reply(b"", 429, "Retry-After: 100000")),
    ("a robots.txt that is reset", "robots_unreachable", reset()),
    ("a robots.txt in a circle", "robots_unreachable", redirect("/robots.txt")),
    ("a robots.txt that is a file", "robots_unreachable", redirect("file:///etc/passwd")),
    ("a robots.txt that is a page", "ok", reply(b"<html><body>User-agent: *<br>Disallow: /</body></html>")),
    ("a robots.txt of noise", "ok", reply(bytes(range(256)) * 400)),
    ("a robots.txt that needs a password", "ok", reply(b"", 401)),
)
"""The same of robots.txt: the status is that of a picture beside it."""

URLS: tuple[tuple[str, str], ...] = (
    ("nonsense", "bad_url"),
    ("", "bad_url"),
    ("http://", "bad_url"),
    ("http://user:secret@127.0.0.1/a.jpg", "bad_url"),
    ("file:///etc/passwd", "bad_url"),
    ("data:image/gif;base64,R0lGODlhAQABAAAAACw=", "bad_url"),
    ("javascript:alert(1)", "bad_url"),
    ("http://[::1/a.jpg", "bad_url"),
    ("http://127.0.0.1:99999/a.jpg", "bad_url"),
    ("http://\ud800/", "bad_url"),
    (f"http://{'a' * 64}.example/a.jpg", "dns"),  # a name that no resolver is asked for: a part is too long
)
"""URLs that lead nowhere."""


def hostile_urls(servers: Servers) -> dict[str, tuple[str, str]]:
    """Serves every case on a host of its own; returns what each URL is, and its status."""
    found = {url: (f"URL {url!r}", status) for url, status in URLS}
    for number, (what, status, script) in enumerate(ANSWERS):
        found[servers.site({f"/{number}.jpg": script}).url(f"/{number}.jpg")] = what, status
    for what, status, script in ROBOTS:
        site = servers.site({"/a.jpg": reply(), "/robots.txt": script})
        found[site.url("/a.jpg")] = what, status
    return found


@contextmanager
def refusing() -> Iterator[str]:
    """Yields the origin of a port that refuses connections, and that nobody else can get meanwhile."""
    with socket.socket() as held:
        held.bind((address(), 0))
        yield "http://{}:{}".format(*held.getsockname())


@contextmanager
def silent() -> Iterator[str]:
    """Yields the origin of a port that takes no more connections, and says nothing about it."""
    with socket.socket() as held:
        held.bind((address(), 0))
        held.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(held.getsockname())
        yield "http://{}:{}".format(*held.getsockname())
        for each in waiting:
            each.close()
