"""Refusals of use: the directives of `X-Robots-Tag` headers and robots `<meta>`s, and TDM reservations."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

AGENT = "align-corpus"
"""The name by which pages, headers and robots.txt address this program."""

RESERVATION = "tdm-reservation"
"""The item of a list of directives that stands for `TDM-Reservation: 1`, a header or `<meta>` of its own."""

DIRECTIVES = ("noai", "noimageai", "noindex", "noimageindex", "noml", "none", RESERVATION)
"""Directives that forbid the use of a page or an image, by default."""

_PARAMETERS = ("max-", "unavailable_after")  # their values follow a colon, as directives follow an agent
_QUOTES = " \t\n\f\r\"'"
_AGENT = re.compile(r"\s*([a-z_*][^\s:]*)\s*:(.*)", re.DOTALL)  # not the hour of a date, such as `15:00`


def opted_out(values: Iterable[str], directives: Collection[str], agent: str = AGENT) -> bool:
    """Returns whether one of these values has one of the directives (lower case), for everyone or for `agent`.

    A value is that of an `X-Robots-Tag` header or of a robots `<meta>`: directives that are separated by commas or
    white space, in any case. `name:` before a directive says for whom it and those after it in the value are meant;
    `*` is everyone. A parameter, such as `max-image-preview: none` or `unavailable_after: DATE`, is no directive.
    """
    return any(not _said(value.lower(), agent).isdisjoint(directives) for value in values)


def reserved(values: Iterable[str], directives: Collection[str]) -> bool:
    """Returns whether one of these values of `TDM-Reservation` is 1, if the directives have RESERVATION at all.

    In doubt it is: `"1"` is, `1; parameter`, and `0, 1`, which two headers become on their way.
    """
    return RESERVATION in directives and any(_is_one(part) for value in values for part in value.split(","))


def refused(robots: Iterable[str], reservations: Iterable[str], directives: Collection[str]) -> bool:
    """Returns whether these values of robots headers or metas, or those of TDM reservations, refuse the use."""
    return opted_out(robots, directives) or reserved(reservations, directives)


def _is_one(value: str) -> bool:
    return value.strip(_QUOTES).partition(";")[0].strip(_QUOTES) == "1"


def _said(value: str, agent: str) -> set[str]:
    """Returns the words that a value in lower case says to everyone or to `agent`."""
    return {word for name, words in _addressed(value) if name in ("*", agent) for word in words.split()}


def _addressed(value: str) -> Iterator[tuple[str, str]]:
    """Yields each part of a value with the agent for whom it is meant."""
    name = "*"
    for part in value.split(","):
        prefix = _AGENT.match(part)
        if prefix and prefix[1].startswith(_PARAMETERS):
            continue
        name = prefix[1].partition("/")[0] if prefix else name
        yield name, prefix[2] if prefix else part
