"""The page's words for each rule: its sentence and the number that decided, shortened to fit a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from filters import Rule, base
from pipeline.page.markup import shortened

LONGEST = 180  # characters; names of models and n-grams may have any length


def sentence(rule: Rule) -> str:
    """The words for the pairs that `rule` drops, with its numbers."""
    return shortened(base.sentence(rule), LONGEST)


def decided(rule: Rule, row: Mapping[str, Any]) -> str:
    """The number for which `rule` drops the pair with the verdict `row`, beside the number of the rule."""
    return shortened(base.decided(rule, row), LONGEST)
