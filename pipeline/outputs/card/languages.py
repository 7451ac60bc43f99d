"""Languages as the statistics have them, and their codes."""

from __future__ import annotations

import re

from pipeline.outputs.card.corpus import Corpus

_CODE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*")


def codes(corpus: Corpus) -> list[str]:
    """The ISO 639 codes of the languages of kept pairs, the most frequent first; [] if they are not known."""
    found = corpus.statistics("language")
    rows = sorted(found["rows"], key=lambda row: -row["kept"]) if found else []
    matches = [_CODE.fullmatch(row["name"]) for row in rows if row["kept"]]
    return list(dict.fromkeys(match[1].lower() for match in matches if match))
