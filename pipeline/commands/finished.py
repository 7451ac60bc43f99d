"""The end of each command that makes or reads a corpus: the funnel on stdout, and the path of the page."""

from __future__ import annotations

from typing import Any

from pipeline.printable import tell
from pipeline.report.funnel import format_funnel


def print_funnel(funnel: dict[str, Any], output: str) -> None:
    """Prints the funnel of a corpus, and where its page is."""
    print(format_funnel(funnel))
    tell(f"{output}/report.html shows it with examples", error=False)
