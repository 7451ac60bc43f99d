"""Transfers: one request and its answer, by a handle of libcurl that is used again and again."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pycurl

from crawl.fetching.addresses import is_public
from crawl.fetching.bodies import Body
from crawl.fetching.headers import MOST, Headers
from crawl.fetching.jobs import Job
from crawl.fetching.robots import MOST as MOST_ROBOTS
from crawl.fetching.settings import Fetch
from crawl.fetching.unpacking import ACCEPTED, PackingError, Unpacker, unpacker_of

DROPPED = 65_536  # bytes of an unwanted body that are read, so that the connection can be used again
BUFFER = 65_536  # bytes that are read at once
_ABORT = -1
_NO_FAMILY = (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)  # such as IPv6 on a machine without


class Transfer:
    """A handle, and what has arrived of the answer to its request."""

    def __init__(self, settings: Fetch, agent: str, folder: str | None) -> None:
        self.curl = pycurl.Curl()
        self.job: Job
        self.raised: BaseException | None = None  # an exception in a callback, which libcurl would swallow
        self._settings, self._folder = settings, folder
        self._directives = frozenset(settings.opt_out)
        _prepare(self.curl, settings, agent)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._header)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._write)
        if not settings.allow_private:
            self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._opened)

    def begin(self, job: Job) -> None:
        """Prepares the request of a job; after the last one of a host the connection is closed."""
        self.job = job
        self.headers, self.body = Headers(), Body(self._folder)
        self.verdict = ""  # a status that is known before the end
        self.refused = False  # an address that is not of the public internet
        self._dropped = 0  # bytes
        self._unpacker: Unpacker | None = None
        self._most = MOST_ROBOTS if job.robots else self._settings.max_bytes
        self.curl.setopt(pycurl.URL, job.place.url)
        self.curl.setopt(pycurl.TIMEOUT_MS, _milliseconds(job.left))
        self.curl.setopt(pycurl.FORBID_REUSE, int(job.last))

    def _header(self, line: bytes) -> int | None:
        try:
            if self.headers.add(line) and self.is_wanted():
                self.verdict = self._judge()
            elif self.headers.size > MOST:
                self.verdict = "bad_response"
            return _ABORT if self.verdict else None
        except BaseException as error:
            return self._keep(error)

    def _judge(self) -> str:
        """Returns the status for which a body is not read; none if it is."""
        if not self.job.robots and self.headers.opted_out(self._directives):
            return "opt_out"
        if not self.job.robots and self.headers.length() > self._most:
            return "too_large"
        try:
            self._unpacker = unpacker_of([*self.headers.values(b"content-encoding:")])
        except PackingError:
            return "bad_encoding"
        return ""

    def _write(self, chunk: bytes) -> int | None:
        try:
            return self._take(chunk)
        except PackingError:
            self.verdict = "bad_encoding"
            return _ABORT
        except BaseException as error:
            return self._keep(error)

    def is_wanted(self) -> bool:
        """Returns whether the body is of use: that of a 200, or of any 2xx for a robots.txt."""
        return self.headers.code == 200 or (self.job.robots and 200 <= self.headers.code < 300)

    def _take(self, chunk: bytes) -> int | None:
        if not self.is_wanted():
            self._dropped += len(chunk)
            return _ABORT if self._dropped > DROPPED else None
        room = self._most - self.body.size
        if self._unpacker:
            chunk = self._unpacker.add(chunk, room)
        self.body.add(chunk[:room])
        if len(chunk) > room:
            self.verdict = "ok" if self.job.robots else "too_large"  # of a robots.txt the beginning counts
        return _ABORT if self.verdict else None

    def is_cut(self) -> bool:
        """Returns whether the packed body ends too early."""
        return self._unpacker is not None and self._unpacker.is_cut()

    def _opened(self, _: int, address: Any) -> Any:
        try:
            host = address.addr[0]
            if is_public(host if isinstance(host, str) else host.decode("latin-1")):
                return socket.socket(address.family, address.socktype, address.protocol)
            self.refused = True
        except BaseException as error:
            if getattr(error, "errno", None) not in _NO_FAMILY:
                self._keep(error)
        return pycurl.SOCKET_BAD

    def _keep(self, error: BaseException) -> int:
        self.raised = error
        return _ABORT


def _prepare(curl: pycurl.Curl, settings: Fetch, agent: str) -> None:
    """Sets what is the same for all requests.

    No cookies, no .netrc, and no proxy of the environment: it would connect in this program's place, and so void the
    check of the address.
    """
    options: dict[int, Any] = {
        pycurl.USERAGENT: agent,
        pycurl.HTTPHEADER: ["Accept: image/*,*/*;q=0.5", f"Accept-Encoding: {ACCEPTED}"],
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
        pycurl.FOLLOWLOCATION: 0,
        pycurl.PATH_AS_IS: 1,
        pycurl.PROXY: "",
        pycurl.NETRC: pycurl.NETRC_IGNORED,
        pycurl.NOSIGNAL: 1,
        pycurl.BUFFERSIZE: BUFFER,
        pycurl.CONNECTTIMEOUT_MS: _milliseconds(settings.connect),
        pycurl.LOW_SPEED_LIMIT: settings.low_speed,
        pycurl.LOW_SPEED_TIME: settings.low_speed_time if settings.low_speed else 0,
        pycurl.SSL_VERIFYPEER: int(settings.verify),
        pycurl.SSL_VERIFYHOST: 2 if settings.verify else 0,
    }
    set_option: Callable[[int, Any], object] = curl.setopt
    for option, value in options.items():
        set_option(option, value)
    if settings.verify and (file := ssl.get_default_verify_paths().cafile):
        set_option(pycurl.CAINFO, file)


def _milliseconds(seconds: float) -> int:
    """Returns a time as libcurl takes it, to which 0 means for ever."""
    return max(1, min(int(seconds * 1000), 2**31 - 1))
