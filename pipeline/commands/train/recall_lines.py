"""Recalls as lines of text."""

from __future__ import annotations

from train.evaluate import Retrieval
from train.retrieval import RANKS, NotMeasured


def recall_lines(retrieval: Retrieval | NotMeasured) -> list[str]:
    """A table of both directions, with what chance would reach, and ties; or why there is none."""
    if isinstance(retrieval, NotMeasured):
        return [f"recall: not measured, {retrieval.reason}"]
    heads = "".join(f"{f'R@{rank}':>8}" for rank in RANKS)
    lines = [f"{'':16}{heads}{'median':>8}{'queries':>10}{'of':>8}"]
    directions = {"image to text": retrieval.image_to_text, "text to image": retrieval.text_to_image}
    for name, recalls in directions.items():
        rank = "" if recalls.median_rank is None else f"{recalls.median_rank:,.4g}"
        lines.append(f"{name:16}{_percents(recalls.found)}{rank:>8}{recalls.queries:10,}{recalls.candidates:8,}")
        lines.append(f"{'  by chance':16}{_percents(recalls.chance)}")
        if recalls.ties:
            lines.append(f"{'  ties right':16}{_percents(recalls.with_ties)}{'':8}{recalls.ties:10,} have a tie")
    if any(recalls.ties for recalls in directions.values()):
        lines.append("a tie: several pictures have the same text, which counts as wrong in the other rows")
    return [*lines, f"text to image R@1 is {retrieval.text_to_image.over_chance:.0f} times chance"]


def _percents(values: tuple[float, ...]) -> str:
    return "".join(f"{value:8.1%}" for value in values)
