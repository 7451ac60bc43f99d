"""The body of an HTTP response without its transfer and content encodings, which crawlers keep or remove as they like.

So an encoding counts only if the bytes are of its form.
"""

from __future__ import annotations

import re

from crawl.fetching.unpacking import PackingError, Unpacker

_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 16
_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")  # no white space, and no escape of ISO-2022-JP


class TooLarge(ValueError):
    """A body that is larger than it may be once unpacked."""


def unpacked(body: bytes, transfer: str, content: str, most: int) -> bytes:
    """Returns a body without the encodings that `Transfer-Encoding` and `Content-Encoding` name, as far as they apply.

    Raises TooLarge for more than `most` bytes, and ValueError for packed bytes that are damaged or unknown.
    """
    if "chunked" in transfer.lower():
        body = _joined(body)
    for name in reversed(content.lower().split(",")):
        match name.strip():
            case "gzip" | "x-gzip" if body.startswith(_GZIP):
                body = _inflated(body, True, most)
            case "deflate" if _is_zlib(body):
                body = _inflated(body, False, most)
            case "br" if not _is_text(body):
                body = _brotli(body, most)
            case "" | "identity" | "gzip" | "x-gzip" | "deflate" | "br":
                pass
            case unknown if not _is_text(body):
                raise ValueError(f"an unknown encoding: {unknown[:100]}")
    return body


def _joined(body: bytes) -> bytes:
    """The chunks of a body; a body that doesn't begin with a chunk as it is, a damaged one up to there."""
    place, chunks = 0, list[bytes]()
    while found := _CHUNK.match(body, place):
        size = int(found[1], 16)
        chunks.append(body[found.end() : found.end() + size])
        place = found.end() + size
        place += 2 if body.startswith(b"\r\n", place) else 1 if body.startswith(b"\n", place) else 0
        if not size:
            break
    return b"".join(chunks) if chunks else body


def _is_text(body: bytes) -> bool:
    """Returns whether a body is HTML already, by its first 100 bytes: packed bytes have control characters."""
    start = body[:100]
    if start.startswith(_MARKS):
        return True
    return not start.strip() or (b"<" in start and not _CONTROL.search(start))


def _is_zlib(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0


def _inflated(body: bytes, gzip: bool, most: int) -> bytes:
    """Unpacks all members of gzip in a body; one that ends early is cut there."""
    unpacker, parts, room = Unpacker(gzip), list[bytes](), most
    try:
        for start in range(0, len(body), _BLOCK):  # of which each member copies what is behind it
            parts.append(unpacker.add(body[start : start + _BLOCK], room))
            room -= len(parts[-1])
            if room < 0:
                break
    except PackingError as error:
        raise ValueError(f"damaged: {error}") from error
    return _bounded(b"".join(parts), most)


def _brotli(body: bytes, most: int) -> bytes:
    import brotli

    decoder = brotli.Decompressor()
    try:
        plain = b""
        while len(plain) <= most and (more := decoder.process(b"" if plain else body, output_buffer_limit=most + 1)):
            plain += more
    except brotli.error as error:
        raise ValueError(f"damaged: {error}") from error
    return _bounded(plain, most)


def _bounded(plain: bytes, most: int) -> bytes:
    if len(plain) > most:
        raise TooLarge(f"over {most:,} bytes")
    return plain
