"""Outcomes: how a request ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one request ended."""

    status: str
    code: int | None = None  # None: no answer
    location: str | None = None  # where a redirect leads
    retry_after: float | None = None  # seconds
    seconds: float = 0.0
    content: bytes = b""  # of a 200; of a robots.txt, of any 2xx

    def puts_off(self) -> bool:
        """Returns whether the host asks for fewer requests."""
        return self.status == "http_429" or (self.status == "http_5xx" and self.retry_after is not None)
