"""The body of an HTTP response without its transfer and content encodings, which crawlers keep or remove as they like.

So an encoding counts only if the bytes are of its form.
"""

from __future__ import annotations

import re
import zlib

_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_GZIP = b"\x1f\x8b"


class TooLarge(ValueError):
    """A body that is larger than it may be once unpacked."""


def unpacked(body: bytes, transfer: str, content: str, most: int) -> bytes:
    """Returns a body without the encodings that `Transfer-Encoding` and `Content-Encoding` name, as far as they apply.

    Raises TooLarge for more than `most` bytes, and ValueError for packed bytes that are damaged.
    """
    if "chunked" in transfer.lower():
        body = _joined(body)
    for name in reversed(content.lower().split(",")):
        match name.strip():
            case "gzip" | "x-gzip" if body.startswith(_GZIP):
                body = _inflated(body, 31, most)
            case "deflate" if _is_zlib(body):
                body = _inflated(body, 15, most)
            case "br" if b"<" not in body[:100]:
                body = _brotli(body, most)
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


def _is_zlib(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0


def _inflated(body: bytes, window: int, most: int) -> bytes:
    """What was sent of a packed body: one that ends early is cut there."""
    decoder = zlib.decompressobj(window)
    try:
        plain = decoder.decompress(body, most + 1)
    except zlib.error as error:
        raise ValueError(f"damaged: {error}") from error
    return _bounded(plain, most)


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
