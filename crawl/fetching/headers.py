"""The headers of an answer, as they arrive line by line."""

from __future__ import annotations

from collections.abc import Iterator

from crawl.opt_out import refused

MOST = 100_000  # bytes of all headers of an answer, those of 1xx included
_REDIRECTS = (301, 302, 303, 307, 308)


class Headers:
    """The last block of headers, and how many bytes all blocks had."""

    __slots__ = ("_lines", "_lower", "code", "size", "whole")

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._lower = b""
        self.size, self.code = 0, 0
        self.whole = False

    def add(self, line: bytes) -> bool:
        """Appends a line; returns whether it was the last one of a final answer."""
        self.size += len(line)
        if line.startswith(b"HTTP/"):
            self._lines, self.code, self.whole = [], _code(line), False
        elif self.whole:  # a trailer, after the body
            return False
        elif line in (b"\r\n", b"\n"):
            self.whole = self.code >= 200
            self._lower = b"".join(self._lines).lower()
            return self.whole
        self._lines.append(line)
        return False

    def values(self, name: bytes) -> Iterator[str]:
        """Yields the values of a header; `name` is in lower case and ends with a colon."""
        if name not in self._lower:  # as most names are not
            return
        for line in self._lines:
            if line[: len(name)].lower() == name:
                yield line[len(name) :].strip().decode("latin-1")

    def length(self) -> float:
        """Returns the number of bytes that Content-Length declares; 0 if it declares none."""
        return max((float(value) for value in self.values(b"content-length:") if _is_number(value)), default=0.0)

    def opted_out(self, directives: frozenset[str]) -> bool:
        """Returns whether these headers forbid the use of what follows."""
        if not directives:
            return False
        return refused(self.values(b"x-robots-tag:"), self.values(b"tdm-reservation:"), directives)

    def location(self) -> str | None:
        """Returns where a redirect leads; None if the answer is none."""
        if self.code not in _REDIRECTS:
            return None
        value = next(self.values(b"location:"), None)
        return None if value is None else _utf8(value)

    def retry_after(self) -> float | None:
        """Returns the seconds that Retry-After asks to wait; None if it has none, or a date."""
        value = next(self.values(b"retry-after:"), "")
        return float(value) if _is_number(value) else None


def _code(line: bytes) -> int:
    """Returns the code of a status line; 0 if it has none."""
    code = line.split(None, 2)[1:2]
    return int(code[0]) if code and len(code[0]) == 3 and code[0].isdigit() else 0


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _utf8(value: str) -> str:
    """Returns a header that browsers take for UTF-8; other bytes stay as they are."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value
