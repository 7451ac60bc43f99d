"""Pages that would take a parser minutes or gigabytes: the HTML standard has constructs of quadratic cost.

Each block inside unclosed formatting repeats all of it, each tag may search the stack of open elements, and each
attribute is compared with those before it. The bounds are far above any page that people read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

MOST_TAGS = 300_000
MOST_ATTRIBUTES = 500_000  # of all tags
MOST_OF_A_TAG = 10_000  # attributes
MOST_STEPS = 200_000_000  # through the stack of open elements: under a second
MOST_REPEATED = 500_000  # formatting elements

_FEW_TAGS = 2_000  # for which the worst page still stays near these bounds
_FEW_BYTES = 2 * MOST_OF_A_TAG
_FLAT = frozenset(  # elements without content, and those that end where the next of their kind begins
    b"area base br col embed hr img input link meta param source track wbr p li dd dt option optgroup tr td th thead"
    b" tbody tfoot colgroup body html head".split()
)
_TAG = re.compile(rb"<(/?)([a-z][^\s/>]*)")
_FORMATTING = re.compile(rb"<(/?)(b|big|code|em|font|i|s|small|strike|strong|tt|u)[\s/>]")  # <a> closes the one before
_WHOLE_TAG = re.compile(rb"<[a-z][^\s/>]*((?:[^>\"']++|\"[^\"]*\"|'[^']*')*+)")
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")


def is_costly(html: bytes) -> bool:
    """Returns whether a page is over one of the bounds above."""
    tags = int(np.count_nonzero(np.frombuffer(html, np.uint8) == ord("<")))
    if tags > MOST_TAGS:
        return True
    if tags <= _FEW_TAGS and len(html) <= _FEW_BYTES:
        return False
    low = html.lower()
    return (tags > _FEW_TAGS and _nests_deeply(low, tags)) or (len(low) > _FEW_BYTES and _has_many_attributes(low))


def _nests_deeply(html: bytes, tags: int) -> bool:
    """Returns whether elements that are open, by an upper bound, make the parser take too many steps, or repeat."""
    if tags * max(_depths(_FORMATTING.findall(html)), default=0) > MOST_REPEATED:
        return True
    return tags**2 > MOST_STEPS and sum(_depths(_TAG.findall(html))) > MOST_STEPS


def _depths(tags: Iterable[tuple[bytes, bytes]]) -> Iterable[int]:
    """Yields how many elements are open at each tag; an end tag closes only an element of its name."""
    opened: dict[bytes, int] = {}
    depth = 0
    for closing, name in tags:
        if name not in _FLAT:
            there = opened.get(name, 0)
            change = 1 if not closing else -1 if there else 0
            opened[name] = there + change
            depth += change
        yield depth


def _has_many_attributes(html: bytes) -> bool:
    """Returns whether one tag, or all, have too many. Most pages have no tag that is long enough for that."""
    if len(html) < 2 * MOST_ATTRIBUTES and not _has_long_tag(html):
        return False
    counts = [len(_QUOTED.sub(b" ", rest).replace(b"/", b" ").split()) for rest in _WHOLE_TAG.findall(html)]
    return sum(counts) > MOST_ATTRIBUTES or max(counts, default=0) > MOST_OF_A_TAG


def _has_long_tag(html: bytes) -> bool:
    """Returns whether there may be a tag of 2 * MOST_OF_A_TAG bytes: whole blocks of half of that without a `<`."""
    starts = range(0, len(html) - MOST_OF_A_TAG + 1, MOST_OF_A_TAG)
    return any(html.find(b"<", start, start + MOST_OF_A_TAG) < 0 for start in starts)
