"""The records of a WARC or WAT file, one after the other; a truncated file is found out."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord, WarcRecordType

_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20
_LONGEST_HEAD = 1 << 20  # bytes of a record's own header
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.I | re.M)


class BadArchive(ValueError):
    """A file that is no WARC, or ends within a record."""


def records(file: BinaryIO, kinds: WarcRecordType) -> Iterator[WarcRecord]:
    """Yields the records of these kinds in a file, plain or gzip. `stream_pos` of each is the byte where it begins.

    If the records of a compressed file aren't compressed one by one, it is the byte in the unpacked file. Raises
    BadArchive; OSError and EOFError for damaged compression and failures of the machine.
    """
    from fastwarc.warc import ArchiveIterator

    packed_as_one = _is_packed_as_one(file)
    file.seek(0)
    stream = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed_as_one else file
    last = 0
    for record in ArchiveIterator(stream, record_types=kinds, parse_http=False):
        last = record.stream_pos
        yield record
    _check_end(stream, last)


def _check_end(file: BinaryIO, place: int) -> None:
    """Raises BadArchive unless whole records follow from byte `place` to the end: FastWARC doesn't tell."""
    left, head, found = 0, b"", False
    for content in _unpacked(file, place):
        while content:
            if left:
                content, left = content[left:], max(left - len(content), 0)
                continue
            head, content = (head + content).lstrip(b"\r\n"), b""
            size = _record_size(head)
            if size is not None:
                content, left, head, found = head, size, b"", True
            elif len(head) > _LONGEST_HEAD:
                raise BadArchive("no WARC record")
    if not found:
        raise BadArchive(
            "truncated: it ends within the header of a record" if head[:5] == b"WARC/" else "no WARC record"
        )
    if left or head:
        raise BadArchive("truncated: it ends within a record")


def _is_packed_as_one(file: BinaryIO) -> bool:
    """Returns whether a file is gzip whose first member holds more than the first record."""
    file.seek(0)
    if file.read(len(_GZIP)) != _GZIP:
        return False
    head, total = b"", 0
    try:
        for content in _member(file, 0):
            total += len(content)
            head = head + content if len(head) < _LONGEST_HEAD else head
            size = _record_size(head)
            if size is not None and total > size and head[size : size + 5] == b"WARC/":
                return True
            if size is not None and total > size + len("\r\n\r\nWARC/"):
                return True
    except (EOFError, zlib.error):
        return False  # found again, and reported, where the records are read
    return False


def _record_size(head: bytes) -> int | None:
    """The bytes of a record with its header and content, from its first bytes; None while they are too few."""
    end = _HEAD_END.search(head)
    length = _LENGTH.search(head[: end.end()]) if end else None
    return end.end() + int(length[1]) if end and length else None


def _unpacked(file: BinaryIO, place: int) -> Iterator[bytes]:
    """Yields the content from byte `place` to the end of the file, all members of gzip. Raises BadArchive."""
    file.seek(place)
    packed = file.read(len(_GZIP)) == _GZIP
    if packed:
        yield from _members(file, place)
        return
    file.seek(place)
    while content := file.read(_BLOCK):
        yield content


def _members(file: BinaryIO, place: int) -> Iterator[bytes]:
    try:
        yield from _member(file, place, all_members=True)
    except (EOFError, zlib.error) as error:
        raise BadArchive("truncated: it ends within a compressed record") from error


def _member(file: BinaryIO, place: int, *, all_members: bool = False) -> Iterator[bytes]:
    """Yields the content of a member of gzip, or of all. Raises EOFError if the last is cut, and zlib.error."""
    file.seek(place)
    decoder = zlib.decompressobj(31)
    left = b""
    while packed := left or file.read(_BLOCK):
        yield decoder.decompress(packed, _BLOCK)
        left = decoder.unconsumed_tail
        if decoder.eof:
            left = decoder.unused_data or file.read(_BLOCK)
            if not all_members or not left.strip(b"\0"):
                return
            decoder = zlib.decompressobj(31)
    raise EOFError
