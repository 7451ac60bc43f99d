"""The host of each URL: lower case, without user and port; http and https alone, as `fetch` asks no other.

A compiled loop reads URLs whose host is of ASCII letters, digits, dots, hyphens and underscores, with or without a
port. All others pass through Python.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa
from numba import njit

from vocab.buffers import read_only, replace_rows, string_array, utf8
from vocab.hashing import FNV_OFFSET, FNV_PRIME, hash_strings, mix
from vocab.kernel import kernel

NO_URL, NO_HOST = "no URL", "no host"
LONGEST = 253  # characters of a host, the limit of DNS
READ = 4096  # characters of a URL in which its host has to end
ODD = -1  # length of a host that the loop doesn't read

HTTP, SLASHES, S_SLASHES = (np.uint32(int.from_bytes(text, "little")) for text in (b"http", b"://", b"s://"))
ANY_CASE = np.uint32(0x20202020)

_FORBIDDEN = frozenset(' #%/:<>?@[\\]^|"{}`') | {chr(code) for code in (*range(32), 127)}
_SIMPLE = np.zeros(256, np.uint8)  # the lower case of each byte of a plain host, 0 for others
for _byte in b"abcdefghijklmnopqrstuvwxyz0123456789.-_":
    _SIMPLE[_byte] = _byte
    _SIMPLE[ord(chr(_byte).upper())] = _byte
_SIMPLE = read_only(_SIMPLE)


class Hosts:
    """The hosts of a column of URLs: a hash for each row, and the names of some."""

    def __init__(self, urls: pa.StringArray) -> None:
        self._data, offsets = utf8(urls)
        self.hashes, self._begins, self._lengths = _find(self._data, offsets, _SIMPLE, LONGEST)
        odd = np.flatnonzero(self._lengths == ODD)
        self._odd = {row: odd_host(urls[row].as_py()) for row in odd.tolist()}
        self.hashes[odd] = hash_strings(pa.array(self._odd.values(), pa.string()))
        self.hashes[self._lengths == 0] = hash_strings(pa.array([NO_URL]))[0]

    def names(self, rows: np.ndarray) -> pa.StringArray:
        """The hosts of these rows."""
        begins, lengths = self._begins[rows], np.maximum(self._lengths[rows], 0)
        plain = lengths > 0
        names = string_array(*_cut(self._data, read_only(begins), read_only(lengths), _SIMPLE), plain)
        others = [self._odd.get(row, NO_URL) for row in rows[~plain].tolist()]
        return replace_rows(names, ~plain, others) if others else names


def odd_host(url: str) -> str:
    """The host of any URL; `NO_HOST` for none, or for a URL that is not http or https."""
    try:
        parts = urlsplit(url[:READ].replace("\\", "/"))
        host, _ = parts.hostname, parts.port  # a wrong port raises
        plain = _ascii(host or "")
    except ValueError:  # UnicodeError is one
        return NO_HOST
    return plain if parts.scheme in ("http", "https") and 0 < len(plain) <= LONGEST else NO_HOST


def _ascii(host: str) -> str:
    """A host in ASCII, an IPv6 address in brackets. Raises ValueError for a character that no host has."""
    if ":" in host:
        return f"[{host}]"
    host = unquote(host, errors="strict").lower()
    host = host if host.isascii() else host.encode("idna").decode("ascii")
    if not _FORBIDDEN.isdisjoint(host):
        raise ValueError(host)
    return host


@kernel
def _find(
    data: np.ndarray, offsets: np.ndarray, simple: np.ndarray, longest: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hash, begin and length of each host: length 0 for an empty URL, ODD for what is not plain."""
    rows = len(offsets) - 1
    hashes, begins, lengths = np.zeros(rows, np.uint64), np.empty(rows, np.int32), np.zeros(rows, np.int32)
    for row in range(rows):
        end = np.int64(offsets[row + 1])
        begin = _after_scheme(data, np.int64(offsets[row]), end)
        h, stop = _hash_plain(data, begin, end, simple)
        begins[row], length = begin, stop - begin
        if 0 < length <= longest and _ends_authority(data, stop, end):
            hashes[row], lengths[row] = h, length
        elif end > offsets[row]:
            lengths[row] = ODD
    return hashes, begins, lengths


@njit(inline="always")
def _hash_plain(data: np.ndarray, begin: np.int64, end: np.int64, simple: np.ndarray) -> tuple[np.uint64, np.int64]:
    """The hash of the plain bytes from `begin` on, in lower case, and where they end.

    An unsigned place takes a third less time: a signed one might count from the end of the array.
    """
    h = FNV_OFFSET
    for i in range(np.uint64(begin), np.uint64(end)):
        letter = simple[data[i]]
        if letter == 0:
            return mix(h), np.int64(i)
        h = (h ^ np.uint64(letter)) * FNV_PRIME
    return mix(h), end


@njit(inline="always")
def _after_scheme(data: np.ndarray, begin: np.int64, end: np.int64) -> np.int64:
    """Place where the authority begins; `end` if the URL doesn't begin with http:// or https:// in any case."""
    if end - begin < 8 or _four_bytes(data, begin) | ANY_CASE != HTTP:
        return end
    four = _four_bytes(data, begin + 4)
    if four | np.uint32(0x20) == S_SLASHES:
        return begin + 8
    return begin + 7 if four & np.uint32(0xFFFFFF) == SLASHES else end


@njit(inline="always")
def _four_bytes(data: np.ndarray, place: np.int64) -> np.uint32:
    """Four bytes as a number, the first one lowest: a single load."""
    four = np.uint32(0)
    for byte in range(4):
        four |= np.uint32(data[np.uint64(place + byte)]) << np.uint32(8 * byte)
    return four


@njit(inline="always")
def _ends_authority(data: np.ndarray, i: np.int64, end: np.int64) -> bool:
    """Returns whether nothing but a port of up to four digits stands between `i` and the end of the authority."""
    if i < end and data[i] == 58:
        i += 1
        last = min(i + 4, end)
        while i < last and 48 <= data[i] <= 57:
            i += 1
    return bool(i == end or data[i] == 47 or data[i] == 63 or data[i] == 35)


@kernel
def _cut(
    data: np.ndarray, begins: np.ndarray, lengths: np.ndarray, simple: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of the hosts, in lower case, one after the other, and their offsets."""
    offsets = np.zeros(len(begins) + 1, np.int32)
    for row in range(len(begins)):
        offsets[row + 1] = offsets[row] + lengths[row]
    cut = np.empty(offsets[len(begins)], np.uint8)
    for row in range(len(begins)):
        for i in range(lengths[row]):
            cut[offsets[row] + i] = simple[data[begins[row] + i]]
    return cut, offsets
