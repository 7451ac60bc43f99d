"""Groups of shards: in order, none too large, and mostly the same after a file more."""

from __future__ import annotations

import pytest

from pipeline.inputs import Source
from pipeline.storage.groups import group
from pipeline.storage.plan import Shard

MOST = 100


def shards(files: list[tuple[str, int]], rows: int = 30) -> list[Shard]:
    """Files by name and number of shards, with `rows` rows a shard."""
    sources = [Source(number, name, name, 1, 1.0) for number, (name, _) in enumerate(files)]
    found = [(source, first) for source, (_, count) in zip(sources, files, strict=True) for first in range(count)]
    return [Shard(n, len(found), source, first * rows, rows, True) for n, (source, first) in enumerate(found)]


def contents(found: list[Shard]) -> list[tuple[tuple[str, int], ...]]:
    groups = group(found, MOST)
    assert [number for number, _ in groups] == list(range(len(groups)))
    return [tuple((shard.source.name, shard.first) for shard in members) for _, members in groups]


@pytest.mark.parametrize(
    "files", [[], [("a", 1)], [("a", 9)], [(f"f{number}", 1 + number % 5) for number in range(50)]]
)
def test_groups_are_runs_of_shards_with_about_so_many_rows(files: list[tuple[str, int]]) -> None:
    found = contents(shards(files))
    assert [one for members in found for one in members] == [
        (shard.source.name, shard.first) for shard in shards(files)
    ]
    sizes = [30 * len(members) for members in found]
    assert all(size < MOST + 30 for size in sizes) and all(size >= MOST // 2 for size in sizes[:-1])


@pytest.mark.parametrize("at", [0, 100, 399])
def test_a_file_more_leaves_most_groups_as_they_were(at: int) -> None:
    files = [(f"crawl/part-{number:05d}.parquet", 1) for number in range(400)]
    more = [*files[:at], ("crawl/another.parquet", 1), *files[at:]]
    before, after = set(contents(shards(files, rows=8))), set(contents(shards(more, rows=8)))
    assert len(after - before) <= 6 < len(before) / 6
