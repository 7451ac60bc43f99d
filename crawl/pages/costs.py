"""Pages that would take a parser minutes or gigabytes: the HTML standard has constructs of quadratic cost.

Each block inside unclosed formatting repeats all of it, each tag may search the stack of open elements, and each
attribute is compared with those before it. The bounds are far above any page that people read.
"""

from __future__ import annotations

import re

MOST_TAGS = 300_000
MOST_ATTRIBUTES = 500_000  # of all tags
MOST_OF_A_TAG = 20_000  # attributes
MOST_STEPS = 300_000_000  # through the stack of open elements: about a second
MOST_REPEATED = 500_000  # formatting elements

_FEW_TAGS = 2_000  # for which the worst page still stays under these bounds
_FEW_BYTES = 100_000
_TAG = re.compile(rb"<(/?)([a-z][^\s/>]*)")
_WHOLE_TAG = re.compile(rb"<[a-z][^\s/>]*((?:[^>\"']++|\"[^\"]*\"|'[^']*')*+)")
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")
_FLAT = frozenset(  # elements without content, and those that end where the next of their kind begins
    b"area base br col embed hr img input link meta param source track wbr p li dd dt option optgroup tr td th thead"
    b" tbody tfoot colgroup body html head".split()
)
_FORMATTING = frozenset(b"a b big code em font i nobr s small strike strong tt u".split())


def is_costly(html: bytes) -> bool:
    """Returns whether a page, in lower case, is over one of the bounds above."""
    tags = html.count(b"<")
    if tags > MOST_TAGS:
        return True
    return (tags > _FEW_TAGS and _nests_deeply(html)) or (len(html) > _FEW_BYTES and _has_many_attributes(html))


def _nests_deeply(html: bytes) -> bool:
    """Goes through the tags and counts what is open, with an upper bound of the parser's steps and repetitions."""
    opened: dict[bytes, int] = {}
    depth = formatting = steps = repeated = 0
    for closing, name in _TAG.findall(html):
        if name not in _FLAT:
            there = opened.get(name, 0)
            change = 1 if not closing else -1 if there else 0
            opened[name] = there + change
            depth += change
            formatting += change if name in _FORMATTING else 0
        steps += depth
        repeated += formatting
    return steps > MOST_STEPS or repeated > MOST_REPEATED


def _has_many_attributes(html: bytes) -> bool:
    """Returns whether one tag, or all, have too many. Most pages have too few bytes of white space for that."""
    if len(html) < 2 * MOST_ATTRIBUTES and max(map(len, html.split(b"<"))) < 2 * MOST_OF_A_TAG:
        return False
    counts = [len(_QUOTED.sub(b" ", rest).replace(b"/", b" ").split()) for rest in _WHOLE_TAG.findall(html)]
    return sum(counts) > MOST_ATTRIBUTES or max(counts, default=0) > MOST_OF_A_TAG
