"""The page's words for each rule: its sentence, and the number that decided. All numbers are the rule's fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from filters import (
    AspectRatio,
    EvalDuplicate,
    ImagesOfText,
    Porn,
    RareNgram,
    Rule,
    ShortSide,
    TextsOfImage,
    Undecodable,
    WordCount,
)
from filters.image_errors import ImageError
from pipeline.config import config_of
from pipeline.page.markup import shortened


def rules_of(config: Mapping[str, Any]) -> dict[str, Rule]:
    """The rules with the numbers of a run's `config`, by reason, in order; including disabled ones."""
    return {rule.reason: rule for rule in config_of({"filters": config["filters"]}).filters.all()}


def sentence(rule: Rule) -> str:
    """Describes the pairs that `rule` drops, with its numbers."""
    match rule:
        case Undecodable(max_pixels=most):
            return f"No image that can be decoded, or one of over {most:,} pixels"
        case ShortSide(min_pixels=least):
            return f"Short side under {least:,} pixels"
        case AspectRatio(max_ratio=most):
            return f"Long side over {most:g} times the short side"
        case TextsOfImage(max_texts=most):
            return f"Image with more than {most:,} alt-texts"
        case ImagesOfText(max_images=most):
            return f"Alt-text shared by more than {most:,} images"
        case RareNgram(top_k=most, min_count=1):
            return f"A unigram or bigram outside the {most:,} most frequent"
        case RareNgram(top_k=most, min_count=least):
            return f"A unigram or bigram outside the {most:,} most frequent, or seen under {least:,} times"
        case WordCount(min_words=least, max_words=most):
            return f"Under {least:,} or over {most:,} words"
        case EvalDuplicate():
            return "Near-duplicate of an image of an evaluation set"
        case Porn(max_score=most, model=model):
            return f"Porn score of {shortened(model, 60)} over {most:g}"
    return rule.reason


def decided(rule: Rule, row: Mapping[str, Any]) -> str:
    """The number for which `rule` drops the pair with the verdict `row`, beside the rule's number."""
    match rule:
        case Undecodable(max_pixels=most):
            return _undecodable(row, most)
        case ShortSide(min_pixels=least):
            return f"short side {min(row['width'], row['height']):,} px, at least {least:,}"
        case AspectRatio(max_ratio=most):
            short, long = sorted((row["width"], row["height"]))
            return f"{size(row)}, ratio {long / short:.4g}, at most {most:g}"
        case TextsOfImage(max_texts=most):
            return f"{row['texts_of_image']:,} alt-texts, at most {most:,}"
        case ImagesOfText(max_images=most):
            return f"{row['images_of_text']:,} images, at most {most:,}"
        case RareNgram():
            return f"rare: “{shortened(row['rare_ngram'], 60)}”"
        case WordCount(min_words=least, max_words=most):
            return f"{words(row)}, {least:,} to {most:,}"
        case EvalDuplicate():
            near = "by its vector" if row["eval_distance"] is None else f"at {row['eval_distance']:,} bits"
            return f"matches {shortened(row['eval_match'], 80)} {near}"
        case Porn(max_score=most):
            return f"score {row['porn_score']:.4g}, at most {most:g}"
    return rule.reason


def size(row: Mapping[str, Any]) -> str:
    """Width and height, if known."""
    known = row["width"] is not None and row["height"] is not None
    return f"{row['width']:,} × {row['height']:,} px" if known else "size not known"


def words(row: Mapping[str, Any]) -> str:
    """The number of words, with its noun."""
    return "1 word" if row["words"] == 1 else f"{row['words']:,} words"


def _undecodable(row: Mapping[str, Any], most: int) -> str:
    error = row.get("image_error") or "not decodable"  # earlier versions' runs have no errors
    if error == ImageError.OVER_LIMIT:
        return f"{row['width'] * row['height']:,} pixels, at most {most:,}"
    return error if row["width"] is None else f"{size(row)}, {error}"
