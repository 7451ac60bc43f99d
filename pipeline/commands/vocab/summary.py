"""The output of a vocabulary: never the folder of a corpus; and the lines that are printed at the end."""

from __future__ import annotations

from typing import Any

from pipeline.files import Output
from pipeline.identity import FUNNEL
from pipeline.inputs import InputError
from pipeline.report.funnel import share
from vocab.quality import Quality


def refuse_corpus(output: str) -> None:
    """Raises InputError for the folder of a corpus: its report.html and work/ would be replaced."""
    if Output(output).has(FUNNEL):
        raise InputError(f"output: {output} holds a corpus, whose report would be replaced; try {output}/vocab")


def summary(facts: dict[str, Any], quality: Quality) -> list[str]:
    """Summary of a finished vocabulary."""
    counts, total = facts["counts"], quality.total
    return [
        f"{facts['size']:,} pieces ({facts['profile']}) from {counts['learned_from']:,} of {counts['distinct']:,} "
        f"distinct words in {counts['texts']:,} texts",
        f"{total.fertility:.3f} pieces a word, {share(total.whole, total.words)} of all words are one piece, "
        f"{share(total.unknown, total.words)} unknown",
        f"sha256 {facts['sha256']}",
    ]
