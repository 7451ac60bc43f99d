"""The rules of the paper: what drops a pair, as comparisons on measured signals."""

from filters.base import Rule, Signals, dropped, failures, first_failures, reasons, survivors
from filters.image import AspectRatio, EvalDuplicate, Porn, ShortSide, TextsOfImage, Undecodable
from filters.text import ImagesOfText, RareNgram, WordCount

__all__ = [
    "AspectRatio",
    "EvalDuplicate",
    "ImagesOfText",
    "Porn",
    "RareNgram",
    "Rule",
    "ShortSide",
    "Signals",
    "TextsOfImage",
    "Undecodable",
    "WordCount",
    "dropped",
    "failures",
    "first_failures",
    "reasons",
    "survivors",
]
