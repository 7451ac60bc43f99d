"""Readings: from a transfer that has ended to its outcome."""

from __future__ import annotations

import errno

import pycurl

from crawl.fetching.outcome import Outcome
from crawl.fetching.transfers import Transfer

_ERRORS = {
    pycurl.E_URL_MALFORMAT: "bad_url",
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_CONNECT: "connect",
    pycurl.E_PARTIAL_FILE: "short_body",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_PEER_FAILED_VERIFICATION: "tls",
    pycurl.E_SSL_CIPHER: "tls",
    pycurl.E_SSL_CACERT_BADFILE: "tls",
    pycurl.E_SSL_ISSUER_ERROR: "tls",
    pycurl.E_SSL_INVALIDCERTSTATUS: "tls",
    pycurl.E_SSL_SHUTDOWN_FAILED: "tls",
    pycurl.E_GOT_NOTHING: "reset",
    pycurl.E_SEND_ERROR: "reset",
}
_BROKEN = ("Recv failure", "Send failure", "SSL_read", "SSL_write", "SSL_ERROR")  # of a connection, not of HTTP
_CODES = {404: "gone", 410: "gone", 401: "forbidden", 403: "forbidden", 451: "forbidden", 429: "http_429"}


def outcome_of(transfer: Transfer, error: int, message: str) -> Outcome:
    """Returns the outcome of a transfer that ended with this error of libcurl, 0 for none, and its words.

    Raises OSError if the machine has no open file left, which is no host's fault.
    """
    headers, status = transfer.headers, _status_of(transfer, error, message)
    return Outcome(
        status,
        headers.code or None,
        headers.location() if headers.whole else None,
        headers.retry_after() if headers.whole else None,
        transfer.curl.getinfo(pycurl.TOTAL_TIME),
        transfer.body.take() if status == "ok" else b"",
    )


def _status_of(transfer: Transfer, error: int, message: str) -> str:
    """Returns a status. The headers decide alone if the body of the answer is of no use."""
    if transfer.verdict:
        return transfer.verdict
    if transfer.headers.whole and not transfer.is_wanted():
        code = transfer.headers.code
        return _CODES.get(code) or f"http_{min(code // 100, 5)}xx"
    if error:
        return _status_of_error(transfer, error, message)
    if not transfer.headers.whole:
        return "bad_response"
    return "bad_encoding" if transfer.is_cut() else "ok"


def _status_of_error(transfer: Transfer, error: int, message: str) -> str:
    if error == pycurl.E_OPERATION_TIMEDOUT:
        return _phase(transfer.curl, message)
    if error == pycurl.E_COULDNT_CONNECT:
        _check_machine(transfer.curl)
        return "private_address" if transfer.refused else "connect"
    if error == pycurl.E_RECV_ERROR:
        return "reset" if any(word in message for word in _BROKEN) else "bad_response"
    return _ERRORS.get(error, "bad_response")


def _phase(curl: pycurl.Curl, message: str) -> str:
    """Returns the status of a transfer that took too long, by how far it came: whether a request was sent."""
    if curl.getinfo(pycurl.REQUEST_SIZE) > 0:
        return "timeout"
    return "dns" if message.startswith("Resolving") else "connect"


def _check_machine(curl: pycurl.Curl) -> None:
    number = curl.getinfo(pycurl.OS_ERRNO)
    if number in (errno.EMFILE, errno.ENFILE):
        raise OSError(number, "too many open files; a lower fetch.concurrency needs fewer")
