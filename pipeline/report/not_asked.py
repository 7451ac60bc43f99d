"""Rules that judged no pair of a run, and the cause: a signal not measured is not zero."""

from __future__ import annotations

from collections.abc import Container

from filters import SIGNALS, AspectRatio, EvalDuplicate, ImagesOfText, Porn, Rule, ShortSide, TextsOfImage
from filters.signals import needs_image
from pipeline.rule_set import Filters

OFF = "switched off"
NO_IMAGES = "no images in the input (verdicts only: a list of URLs)"
NO_SETS = "no --eval_images given"
NO_SIZES = "no width and height in the table"


def not_asked(filters: Filters, *, sets: bool, images: bool, unmeasured: Container[str]) -> dict[str, str]:
    """The reason of every rule that judged nothing, with the cause.

    `sets` and `images`: whether there were evaluation sets, and inputs with images. `unmeasured` holds the reasons
    whose signal no pair has.
    """
    causes = {rule.reason: _cause(rule, sets, images, rule.reason in unmeasured) for rule in filters.all()}
    return {reason: cause for reason, cause in causes.items() if cause is not None}


def _cause(rule: Rule, sets: bool, images: bool, unmeasured: bool) -> str | None:
    match rule:
        case _ if not rule.enabled:
            return OFF
        case _ if not images and any(map(needs_image, rule.needs)):
            return NO_IMAGES
        case EvalDuplicate() if not sets:
            return NO_SETS
        case ShortSide() | AspectRatio() if unmeasured:
            return "no image whose size is known" if images else NO_SIZES
        case TextsOfImage() | ImagesOfText() if unmeasured:
            return "no pair has an image, a path or a URL"
        case Porn() if unmeasured:
            return "no pair was left to score"
        case _ if unmeasured and (lacking := [name for name in rule.needs if name not in SIGNALS]):
            return f"no pair has a value of {', '.join(lacking)}"
    return None
