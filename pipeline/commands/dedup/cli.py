"""The commands of `python -m dedup`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.commands.command import Command, Tool


def commands() -> Mapping[str, Command[Any]]:
    """The three, by their names."""
    from pipeline.commands.dedup.options import GROUPS, INDEX, MATCH

    return {"index": INDEX, "match": MATCH, "groups": GROUPS}


DEDUP = Tool(
    "dedup", "Near-duplicates: the index of an evaluation set, who matches whom, and copies inside a corpus.", commands
)
