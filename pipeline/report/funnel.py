"""The funnel of a run: the pairs that each rule drops, also as a plain-text table.

It counts nothing itself: the numbers are those of `funnel.json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from textwrap import wrap
from typing import Any

from pipeline.report.page_steps import page_steps

HEADER = ("rule", "dropped here", "left", "of raw", "fails", "only this rule")
WIDEST = 79  # columns of a terminal
PAGES_HEADER = ("pages and images", "dropped here", "left", "of these")
SILENT = "-"  # replaces the counts of a rule that judged nothing


@dataclass(frozen=True)
class Step:
    """A rule's effect on the pairs that the rules before it left."""

    reason: str
    dropped: int  # pairs that have it as first reason
    left: int  # pairs that remain after it
    failed: int  # pairs that fail it, whatever other rules they fail
    only: int | None = None  # pairs that fail it and no other rule; None: not counted


def steps(funnel: Mapping[str, Any]) -> Iterator[Step]:
    """Yields a step for each rule that judged, in the order of the rules."""
    left = funnel["raw"]
    for reason, dropped in funnel["first_reason"].items():
        left -= dropped
        yield Step(reason, dropped, left, funnel["any_reason"][reason], funnel.get("only_reason", {}).get(reason))


def share(part: int, whole: int) -> str:
    """Percentage with one decimal; rounds away from 0% and 100% unless exact."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.05:
        return "<0.1%"
    if 99.95 <= percent < 100:
        return ">99.9%"
    return f"{percent:.1f}%"


def format_funnel(funnel: Mapping[str, Any]) -> str:
    """The funnel as a table for a terminal, under 80 columns wide, without a line break at its end.

    The last column is left out where it has no room, or was not counted.
    """
    rows = [HEADER, *_rows(funnel)]
    lines = _aligned(rows)
    if "only_reason" not in funnel or max(map(len, lines)) > WIDEST:
        lines = _aligned([row[:-1] for row in rows])
    rule = "-" * max(map(len, lines))
    table = [lines[0], rule, *lines[1:-2], rule, *lines[-2:]]
    return "\n".join([*_pages(funnel), *table, *_notes(funnel)])


def _pages(funnel: Mapping[str, Any]) -> list[str]:
    """The way from pages to pairs as a table of its own, without causes that took nothing."""
    rows = [
        (step.name, "" if step.dropped is None else f"{step.dropped:,}", f"{step.left:,}", share(step.left, step.whole))
        for step in page_steps(funnel)
        if step.dropped != 0
    ]
    lines = _aligned([PAGES_HEADER, *rows]) if rows else []
    return [*lines[:1], *("-" * max(map(len, lines)) for _ in lines[:1]), *lines[1:], *("" for _ in lines[:1])]


def _rows(funnel: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    raw, kept, records = funnel["raw"], funnel["kept"], funnel["records"]
    yield "raw", "", f"{raw:,}", share(raw, raw), "", ""
    rows = {step.reason: _row(step, raw) for step in steps(funnel)}
    rows |= {reason: (reason, SILENT, "", "", SILENT, SILENT) for reason in not_asked(funnel)}
    yield from (rows[reason] for reason in sorted(rows, key=_rule_index))
    yield "kept", "", f"{kept:,}", share(kept, raw), "", ""
    yield "records", "", f"{records:,}", share(records, raw), "", ""


def _row(step: Step, raw: int) -> tuple[str, ...]:
    only = "" if step.only is None else f"{step.only:,}"
    return step.reason, f"{step.dropped:,}", f"{step.left:,}", share(step.left, raw), f"{step.failed:,}", only


def _rule_index(reason: str) -> int:
    """The index of a rule in the order of all."""
    from pipeline.rule_set import Filters

    order = [rule.reason for rule in Filters().all()]
    return order.index(reason) if reason in order else len(order)


def not_asked(funnel: Mapping[str, Any]) -> dict[str, str]:
    """The rules that judged nothing, each with the cause; none if an older version wrote the funnel."""
    return dict(funnel.get("not_asked", {}))


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Columns as wide as their widest cell: the first left-aligned, the numbers right-aligned."""
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    return [_line(row, widths) for row in rows]


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, *numbers = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
    return "  ".join([name.strip().ljust(widths[0]), *numbers]).rstrip()


def _notes(funnel: Mapping[str, Any]) -> Iterator[str]:
    for reason, cause in not_asked(funnel).items():
        yield f"{SILENT} {reason}: {cause}"
    if limit := funnel.get("limit"):
        yield f"limit: the first {limit:,} pairs of each input file"
    if before := funnel.get("earlier"):
        yield f"earlier run: {before['raw']:,} raw pairs, {before['kept']:,} kept; {funnel['raw']:,} are judged here"
    if ngrams := funnel["ngrams"]:
        distinct, frequent, cut = (ngrams[name] for name in ("distinct", "frequent", "count_at_cut"))
        yield f"n-grams: {distinct:,} distinct, {frequent:,} frequent, count at the cut {cut:,}"
    if any((errors := funnel.get("image_errors") or {}).values()):
        yield from wrap("image errors: " + ", ".join(f"{n:,} {error}" for error, n in errors.items() if n), 79)
    if skipped := funnel.get("skipped_files"):
        yield f"skipped files: {skipped:,}"
    if funnel["duplicate_keys"]:
        yield f"duplicate keys: {funnel['duplicate_keys']:,}"
