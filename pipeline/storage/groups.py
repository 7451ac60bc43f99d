"""Groups of shards that pass 2 counts together: each becomes one sorted run of each kind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pipeline.storage.plan import Shard

FILES_PER_CUT = 4  # about one file in so many may begin a group early

Group = tuple[int, tuple[Shard, ...]]


def group(shards: Iterable[Shard], most: int) -> list[Group]:
    """Numbers groups of consecutive shards with about `most` rows.

    Some files, told by their names, begin a group early: then a new file leaves most groups behind it as they were, and
    a later run finds their sorted runs in an earlier one.
    """
    result: list[list[Shard]] = []
    rows = most
    for shard in shards:
        if rows >= most or (rows >= most // 2 and _may_begin(shard)):
            result.append([])
            rows = 0
        result[-1].append(shard)
        rows += shard.rows
    return [(number, tuple(found)) for number, found in enumerate(result)]


def _may_begin(shard: Shard) -> bool:
    return shard.first == 0 and hashlib.sha256(shard.source.name.encode()).digest()[0] % FILES_PER_CUT == 0
