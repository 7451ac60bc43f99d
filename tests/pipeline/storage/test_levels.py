"""Merges in levels: every file's every range is read once in each level, by merges of few files."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from pipeline.storage.levels import Levels, Merge


@pytest.mark.parametrize(
    ("files", "depth", "fan"), [(0, 1, 1), (1, 1, 1), (8, 1, 8), (9, 2, 4), (64, 2, 8), (65, 3, 8), (512, 3, 8)]
)
def test_depth_and_fan_are_the_smallest_that_are_enough(files: int, depth: int, fan: int) -> None:
    levels = Levels(files, 64, 8)
    assert (levels.depth, levels.fan) == (depth, fan)


def ranges_read(levels: Levels, level: int) -> Counter[tuple[int, int, int]]:
    """How often the merges of a level read each smallest range of each block below."""
    read = Counter[tuple[int, int, int]]()
    for merge in levels.merges(level):
        width = levels.parts // levels.ranges(level)
        for source in levels.sources(merge):
            wide = levels.parts // levels.ranges(source.level) if source.level else levels.parts
            smallest = range(merge.range * width, (merge.range + 1) * width)
            assert source.range == smallest[0] // wide == smallest[-1] // wide  # the file has all of the range
            read.update((source.level, source.block, part) for part in smallest)
    return read


@pytest.mark.parametrize(("files", "parts", "most"), product([1, 3, 8, 9, 70], [1, 8, 128], [2, 8]))
def test_each_level_reads_every_range_of_every_block_once(files: int, parts: int, most: int) -> None:
    levels = Levels(files, parts, most)
    blocks = files
    for level in range(1, levels.depth + 1):
        read = ranges_read(levels, level)
        assert set(read.values()) == {1}
        assert read.keys() == {(level - 1, block, part) for block in range(blocks) for part in range(parts)}
        blocks = max(merge.block for merge in levels.merges(level)) + 1
        assert max(len(levels.sources(merge)) for merge in levels.merges(level)) <= most
    assert levels.merges(levels.depth) == [levels.last(part) for part in range(parts)]


def test_as_many_files_as_a_merge_may_read_are_merged_at_once() -> None:
    assert Levels(8, 4, 8).sources(Merge(1, 0, 3)) == [Merge(0, file, 0) for file in range(8)]
