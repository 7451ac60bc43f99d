"""Search results, as lines for a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.commands.train.search.options import Query
from pipeline.page.markup import shortened


@dataclass(frozen=True)
class Hit:
    """A picture that was found: its cosine with the query, and what the index knows of it."""

    similarity: float
    picture: Mapping[str, Any]

    @property
    def texts(self) -> list[str]:
        """Returns the facts that are shown beside the image."""
        return list(self.picture["texts"] or [])


@dataclass(frozen=True)
class Found:
    """A query, and the pictures nearest to it, best first."""

    query: Query
    hits: Sequence[Hit]


def lines(found: Sequence[Found]) -> Iterator[str]:
    """A line for each picture: its rank, similarity, name and first text; the query where there are several."""
    for one in found:
        if len(found) > 1:
            yield shortened(str(one.query))
        for rank, hit in enumerate(one.hits, start=1):
            text = shortened(" ".join(next(iter(hit.texts), "").split()), 80)
            yield f"{rank:5} {hit.similarity:8.4f}  {hit.picture['name']}  {text}".rstrip()


def as_json(facts: Mapping[str, Any], found: Sequence[Found]) -> bytes:
    """All that is known of what was found, in an index with these facts."""
    content = {"index": dict(facts), "queries": [_query(one) for one in found]}
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode(errors="replace")


def _query(found: Found) -> dict[str, Any]:
    asked = {name: value for name, value in vars(found.query).items() if value}
    pictures = [{"similarity": round(hit.similarity, 6), **hit.picture} for hit in found.hits]
    return {**asked, "pictures": pictures}
