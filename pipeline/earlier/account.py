"""The account of a run with --counts: the earlier run's funnel, and what it judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.earlier.run import Earlier
from pipeline.storage.for_report import REASONS

JUDGED_BEFORE = "the run of --counts judged it"
LEFT_OUT = ("seconds", "statistics", "offenders")


def after_earlier(funnel: Mapping[str, Any], earlier: Earlier) -> dict[str, Any]:
    """Returns the content of `funnel.json` for a run with --counts, with the earlier run's funnel.

    A rule that the earlier run judged has no counts, but where its dropped pairs are an input again.
    """
    quiet = [code for code in earlier.run.codes if not funnel["any_reason"].get(code, 0)]
    counts = {name: _without(funnel[name], quiet) for name in REASONS}
    silent = funnel["not_asked"] | dict.fromkeys(quiet, JUDGED_BEFORE)
    before = {name: value for name, value in earlier.funnel.items() if name not in LEFT_OUT}
    return {**funnel, **counts, "not_asked": silent, "ngrams": None, "earlier": before}


def _without(counts: Mapping[str, int], codes: list[str]) -> dict[str, int]:
    return {code: count for code, count in counts.items() if code not in codes}


def described_earlier(earlier: Earlier) -> dict[str, Any]:
    """Returns what the manifest says of the earlier run: its name, its inputs, its settings and its own rules."""
    named = ("inputs", "config", "rule_descriptions", "earlier")
    return {"verdicts": earlier.run.digest} | {
        name: earlier.manifest[name] for name in named if name in earlier.manifest
    }
