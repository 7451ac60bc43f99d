"""The rules of the paper, each a comparison on measured signals that marks the pairs to drop."""

from filters.base import (
    Rule,
    RuleError,
    Signals,
    check_needs,
    dropped,
    failures,
    first_failures,
    reasons,
    survivors,
)
from filters.bins import Bins, around, by_factors, numbers
from filters.image import AspectRatio, EvalDuplicate, Porn, ShortSide, TextsOfImage, Undecodable
from filters.signals import SIGNALS
from filters.text import ImagesOfText, RareNgram, WordCount

__all__ = [
    "SIGNALS",
    "AspectRatio",
    "Bins",
    "EvalDuplicate",
    "ImagesOfText",
    "Porn",
    "RareNgram",
    "Rule",
    "RuleError",
    "ShortSide",
    "Signals",
    "TextsOfImage",
    "Undecodable",
    "WordCount",
    "around",
    "by_factors",
    "check_needs",
    "dropped",
    "failures",
    "first_failures",
    "numbers",
    "reasons",
    "survivors",
]
