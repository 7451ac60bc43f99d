"""The signals that the page draws: each one's bins, and the rule that compares it.

Bins are laid out from the rule's number, so that a cut is always an edge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import Rule, Signals

MOST_BITS = 256


@dataclass(frozen=True)
class Signal:
    """A number measured for a pair, its bins, and the rule that drops by it."""

    title: str
    unit: str
    rule: Rule
    value: Callable[[Signals], pa.Array]
    edges: np.ndarray  # start of each bin, ascending; the last bin has no end
    cuts: tuple[tuple[float, str], ...]  # the edges between kept and dropped, with their labels
    unmeasured: str  # reasons for which a pair may have none
    whole: bool = True  # whole numbers: a bin includes its start; otherwise its end, as in "at most"
    log_values: bool = False
    log_pairs: bool = False


def signals_of(rules: Mapping[str, Any]) -> list[Signal]:
    """All signals, with the numbers of `rules` (by reason)."""
    return [
        _short_side(rules["short_side"]),
        _aspect_ratio(rules["aspect_ratio"]),
        _texts_of_image(rules["texts_of_image"]),
        _images_of_text(rules["images_of_text"]),
        _words(rules["word_count"]),
        _eval_distance(rules["eval_duplicate"]),
        _porn_score(rules["porn"]),
    ]


def _short_side(rule: Any) -> Signal:
    return Signal(
        title="Short side",
        unit="pixels",
        rule=rule,
        value=_short,
        edges=_by_factors(rule.min_pixels, steps=4),
        cuts=((rule.min_pixels, f"≥ {rule.min_pixels:,}"),),
        unmeasured="no image size is known",
        log_values=True,
    )


def _aspect_ratio(rule: Any) -> Signal:
    return Signal(
        title="Aspect ratio",
        unit="long side ÷ short side",
        rule=rule,
        value=_ratio,
        edges=_around(rule.max_ratio, 1.0, 3 * max(rule.max_ratio, 2) - 2, bins=60),
        cuts=((rule.max_ratio, f"≤ {rule.max_ratio:g}"),),
        unmeasured="no image size is known",
        whole=False,
    )


def _texts_of_image(rule: Any) -> Signal:
    return Signal(
        title="Alt-texts of the image",
        unit="distinct texts",
        rule=rule,
        value=lambda verdicts: verdicts["texts_of_image"],
        edges=_by_factors(rule.max_texts + 1, steps=2),
        cuts=((rule.max_texts + 1, f"≤ {rule.max_texts:,}"),),
        unmeasured="the image has no identity",
        log_values=True,
        log_pairs=True,
    )


def _images_of_text(rule: Any) -> Signal:
    return Signal(
        title="Images of the alt-text",
        unit="distinct images",
        rule=rule,
        value=lambda verdicts: verdicts["images_of_text"],
        edges=_by_factors(rule.max_images + 1, steps=2),
        cuts=((rule.max_images + 1, f"≤ {rule.max_images:,}"),),
        unmeasured="the image has no identity",
        log_values=True,
        log_pairs=True,
    )


def _words(rule: Any) -> Signal:
    step = max(1, (rule.max_words + 1) // 40)
    grid = np.arange(0, 3 * rule.max_words + 2, step)
    return Signal(
        title="Words",
        unit="words of the alt-text",
        rule=rule,
        value=lambda verdicts: verdicts["words"],
        edges=np.union1d(grid, [rule.min_words, rule.max_words + 1]),
        cuts=((rule.min_words, f"≥ {rule.min_words:,}"), (rule.max_words + 1, f"≤ {rule.max_words:,}")),
        unmeasured="no text was counted",
    )


def _eval_distance(rule: Any) -> Signal:
    return Signal(
        title="Distance to an evaluation image",
        unit="differing bits",
        rule=rule,
        value=lambda verdicts: verdicts["eval_distance"],
        edges=np.arange(MOST_BITS),
        cuts=(),
        unmeasured="no near-duplicate was found, a rule before dropped the pair, or there is no evaluation set",
    )


def _porn_score(rule: Any) -> Signal:
    return Signal(
        title="Porn score",
        unit="score",
        rule=rule,
        value=lambda verdicts: verdicts["porn_score"],
        edges=_around(rule.max_score, 0.0, 1.0, bins=50),
        cuts=((rule.max_score, f"≤ {rule.max_score:g}"),),
        unmeasured="a rule before dropped the pair, or it has no image",
        whole=False,
        log_pairs=True,
    )


def _short(verdicts: Signals) -> pa.Array:
    return pc.min_element_wise(verdicts["width"], verdicts["height"], skip_nulls=False)


def _ratio(verdicts: Signals) -> pa.Array:
    long = pc.max_element_wise(verdicts["width"], verdicts["height"], skip_nulls=False)
    return pc.divide(long.cast(pa.float64()), _short(verdicts).cast(pa.float64()))


def _by_factors(cut: int, steps: int) -> np.ndarray:
    """Whole edges from 1 upwards in constant factors, `steps` per doubling, with `cut` among them."""
    factors = 2.0 ** (np.arange(-40 * steps, 40 * steps + 1) / steps)
    return np.unique(np.maximum(np.rint(max(cut, 1) * factors), 1.0))


def _around(cut: float, lowest: float, highest: float, bins: int) -> np.ndarray:
    """Edges of about `bins` equal steps from `lowest` to `highest`, with `cut` exactly among them."""
    if not lowest < cut < highest:
        return np.linspace(lowest, highest, bins + 1)
    below = max(1, round(bins * (cut - lowest) / (highest - lowest)))
    above = np.linspace(cut, highest, max(1, bins - below) + 1)
    return np.concatenate([np.linspace(lowest, cut, below + 1), above[1:]])
