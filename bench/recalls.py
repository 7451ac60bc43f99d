"""Figures of trained models' recalls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean
from typing import Any

from bench.figures import Figure


def text_to_image(name: str, retrievals: Sequence[dict[str, Any]]) -> Iterator[Figure]:
    """R@1 and R@10 of captions that look for their pictures, in the mean of models that differ in their seeds."""
    for place, rank in ((0, 1), (2, 10)):
        values = [retrieval["text_to_image"]["found"][place] for retrieval in retrievals]
        each = ", ".join(f"{value:.1%}" for value in values)
        yield Figure(f"{name}: text to image R@{rank}, mean of {each}", 100 * mean(values), "%")


def chance(retrieval: dict[str, Any]) -> Figure:
    """R@1 of captions that take any picture."""
    found = retrieval["text_to_image"]
    return Figure(f"chance R@1, of {found['candidates']} pictures", 100 * found["chance"][0], "%")
