"""The names of two runs on the page: those of their folders, with as much of the paths as tells them apart."""

from __future__ import annotations

from itertools import count

from pipeline.page.markup import shortened
from pipeline.report.head import whole_path

LONGEST = 32  # characters, unless what is left would be equal
Names = tuple[str, str]


def names_of(one: str, two: str) -> Names:
    """The shortest different ends of two paths, in whole folders; a long one loses its middle."""
    first, second = (whole_path(root).split("/") for root in (one, two))
    folders = next(n for n in count(1) if first[-n:] != second[-n:])
    names = ["/".join(path[-folders:]) or "/" for path in (first, second)]
    longest = next(n for n in count(LONGEST) if shortened(names[0], n) != shortened(names[1], n))
    return shortened(names[0], longest), shortened(names[1], longest)
