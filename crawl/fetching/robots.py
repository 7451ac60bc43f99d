"""robots.txt by RFC 9309: which URLs of an origin it lets this program ask for."""

from __future__ import annotations

import re
import zlib
from collections import OrderedDict

from protego import Protego

from crawl.opt_out import AGENT

MOST = 500 * 1024  # bytes of a robots.txt; what follows is not read
CACHED = 4_000_000  # characters whose parsed rules stay in memory: they take up to 40 times as much
_NAMED = re.compile(  # as Protego reads a line of a group's name: a colon may be missing, unless another follows
    r"\s*+(?:user[- ]?agent\s*+:|user(?:-|\s++)?agent(?=\s)(?![^:#]*+:(?:\s|$)))\s*+([^#]*+)", re.IGNORECASE
)
_OURS = re.compile(rf"{AGENT}(?![a-z_-])", re.IGNORECASE)
_OTHERS = "-"  # what all other groups are called


class Rules:
    """The rules of one robots.txt, packed: a shard has those of all its hosts."""

    __slots__ = ("_packed",)

    def __init__(self, packed: bytes) -> None:
        self._packed = packed

    @classmethod
    def of(cls, content: bytes) -> Rules:
        """Packs the first 500 kB of a robots.txt."""
        return cls(zlib.compress(content[:MOST], 1))

    @staticmethod
    def none() -> Rules:
        """Returns the rules of a host without any."""
        return _NONE

    def __bool__(self) -> bool:
        return bool(self._packed)

    def text(self) -> str:
        """Returns the text; a byte-order mark is no part of it."""
        return zlib.decompress(self._packed).decode("utf-8-sig", "replace")


_NONE = Rules(b"")


class Judge:
    """Applies rules to URLs, and keeps the parsed rules of the last origins."""

    def __init__(self) -> None:
        self._parsed: OrderedDict[Rules, tuple[Protego, str, int]] = OrderedDict()
        self._size = 0

    def allows(self, rules: Rules, url: str) -> bool:
        """Returns whether the group of this program, or else that of all, lets it ask for a URL."""
        if not rules:
            return True
        parsed, group, _ = self._parsed.get(rules) or self._parse(rules)
        self._parsed.move_to_end(rules)
        return parsed.can_fetch(url, group)

    def _parse(self, rules: Rules) -> tuple[Protego, str, int]:
        text, group = _renamed(rules.text())
        found = self._parsed[rules] = (Protego.parse(text), group, len(text))
        self._size += len(text)
        while self._size > CACHED and len(self._parsed) > 1:
            self._size -= self._parsed.popitem(last=False)[1][2]
        return found


def _renamed(text: str) -> tuple[str, str]:
    """Returns a robots.txt whose groups have one of three names, and the name of the group to follow.

    Protego by itself would also follow a group whose name this program's name merely begins with, and not join those of
    AGENT and AGENT/2. It copies each rule for each name that stands before it: 500 kB of them would take gigabytes.
    """
    lines, group = text.splitlines(), "*"
    for number, line in enumerate(lines):
        if (named := _NAMED.match(line)) and (name := named[1].strip()):
            if _OURS.match(name):
                name = group = AGENT
            lines[number] = f"User-agent: {name if name in ('*', AGENT) else _OTHERS}"
    return "\n".join(lines), group
