"""The command `python -m vocab`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.commands.command import Command, Tool


def commands() -> Mapping[str, Command[Any]]:
    """One command, which has no name of its own."""
    from pipeline.commands.vocab.options import VOCAB as ONLY

    return {"": ONLY}


VOCAB = Tool("vocab", "the wordpiece vocabulary of a corpus", commands)
