"""Recalls as lines of text."""

from __future__ import annotations

from train.evaluate import Retrieval
from train.retrieval import RANKS, NotMeasured


def recall_lines(retrieval: Retrieval | NotMeasured) -> list[str]:
    """A table of both directions, with what chance would reach; or why there is none."""
    if isinstance(retrieval, NotMeasured):
        return [f"recall: not measured, {retrieval.reason}"]
    heads = "".join(f"{f'R@{rank}':>8}" for rank in RANKS)
    lines = [f"{'':16}{heads}{'queries':>10}{'of':>8}"]
    for name, recalls in (("image to text", retrieval.image_to_text), ("text to image", retrieval.text_to_image)):
        for row, values in ((name, recalls.found), ("  by chance", recalls.chance)):
            lines.append(f"{row:16}" + "".join(f"{value:8.1%}" for value in values))
        lines[-2] += f"{recalls.queries:10,}{recalls.candidates:8,}"
    return [*lines, f"text to image R@1 is {retrieval.text_to_image.over_chance:.0f} times chance"]
