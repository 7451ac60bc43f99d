"""Many sorted files merged in levels, so that reads grow with the files times their logarithm, not with their square.

Merged at once, each of N files is read in each of about N hash ranges. A level merges blocks of `fan` files, each block
in `fan` ranges, to as many files as before; after `depth` levels one block is left. Each merge reads `fan` files, and
holds about as many rows as one of the first files has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Merge(NamedTuple):
    """A merge, and so a file: the rows of block `block` whose hashes are in range `range` of the level."""

    level: int  # 0 for a file that was not merged
    block: int
    range: int


@dataclass(frozen=True)
class Levels:
    """How `files` files are merged in `parts` hash ranges, both powers of two apart from `files`.

    A merge reads at most `most` files, a power of two. Up to as many files are merged at once, in one level.
    """

    files: int
    parts: int
    most: int

    @cached_property
    def depth(self) -> int:
        """Number of levels."""
        depth = 1
        while self.most**depth < self.files:
            depth += 1
        return depth

    @cached_property
    def fan(self) -> int:
        """The files of a merge: the smallest power of two that is enough."""
        fan = 1
        while fan**self.depth < self.files:
            fan *= 2
        return fan

    def size(self, level: int) -> int:
        """Number of first files that a block of a level is merged from."""
        return int(self.fan**level)

    def ranges(self, level: int) -> int:
        """Number of hash ranges of a block, a power of two."""
        return self.parts if level == self.depth else min(self.size(level), self.parts)

    def merges(self, level: int) -> list[Merge]:
        """All merges of a level."""
        blocks, ranges = -(-self.files // self.size(level)), self.ranges(level)
        return [Merge(level, block, part) for block in range(blocks) for part in range(ranges)]

    def last(self, part: int) -> Merge:
        """The merge that gives one range of all files."""
        return Merge(self.depth, 0, part)

    def sources(self, merge: Merge) -> list[Merge]:
        """The files that a merge reads, in order."""
        below = merge.level - 1
        blocks, first = -(-self.files // self.size(below)), merge.block * self.fan
        part = merge.range * self.ranges(below) // self.ranges(merge.level)
        return [Merge(below, block, part) for block in range(first, min(first + self.fan, blocks))]
