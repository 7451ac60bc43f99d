"""The commands of `python -m pipeline`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.commands.command import Command, Tool


def commands() -> Mapping[str, Command[Any]]:
    """The corpus itself, and what is done with a finished one."""
    from pipeline.commands.corpus.options import CORPUS
    from pipeline.commands.diff.options import DIFF
    from pipeline.commands.export.options import EXPORT
    from pipeline.commands.fetch.options import FETCH
    from pipeline.commands.report import REPORT
    from pipeline.commands.settings.options import SETTINGS
    from pipeline.commands.subset.options import SUBSET

    made: Mapping[str, Command[Any]] = {"subset": SUBSET, "export": EXPORT, "diff": DIFF}
    return {"": CORPUS, "fetch": FETCH, "report": REPORT, **made, "settings": SETTINGS}


PIPELINE = Tool("pipeline", "raw pairs to the corpus; fetch, report, subset, export, diff, settings", commands)
