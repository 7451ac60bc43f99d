"""The rules of a run: those of the paper, in order, then the user's own."""

from __future__ import annotations

import copyreg
import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

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
    check_needs,
)
from pipeline.own_rules import LOADING, RuleFile, check_reasons, load_rules


@dataclass(frozen=True)
class Filters:
    """The rules, in the order in which a pair's reasons are listed."""

    undecodable: Undecodable = Undecodable()
    short_side: ShortSide = ShortSide()
    aspect_ratio: AspectRatio = AspectRatio()
    texts_of_image: TextsOfImage = TextsOfImage()
    images_of_text: ImagesOfText = ImagesOfText()
    rare_ngram: RareNgram = RareNgram()
    word_count: WordCount = WordCount()
    eval_duplicate: EvalDuplicate = EvalDuplicate()
    porn: Porn = Porn()
    files: ClassVar[tuple[RuleFile, ...]] = ()  # the user's own rules are further fields of a subclass

    def __post_init__(self) -> None:
        for rule in self.ours():
            check_needs(rule)
            for number in dataclasses.fields(rule):  # type: ignore[arg-type]
                value = getattr(rule, number.name)
                if isinstance(value, int | float) and value < 0:
                    raise ValueError(f"{rule.reason}.{number.name}: {value} is under 0")

    def ours(self) -> list[Rule]:
        """The rules of this package, also those that are switched off."""
        return [getattr(self, rule.name) for rule in dataclasses.fields(Filters)]

    def own(self) -> list[Rule]:
        """The user's own rules, also those that are switched off."""
        return self.all()[len(dataclasses.fields(Filters)) :]

    def all(self) -> list[Rule]:
        """All rules, also those that are switched off; the user's own after ours."""
        return [getattr(self, rule.name) for rule in dataclasses.fields(self)]

    def enabled(self) -> list[Rule]:
        """The rules that judge in this run."""
        return [rule for rule in self.all() if rule.enabled]


def filters_with(files: tuple[RuleFile, ...]) -> type[Filters]:
    """`Filters` with the rules of these files after ours, in the order of the files. Raises ConfigError."""
    with LOADING:
        return _filters_with(files) if files else Filters


@lru_cache
def _filters_with(files: tuple[RuleFile, ...]) -> type[Filters]:
    check_reasons(files, [name for name in dir(Filters) if not name.startswith("_")])
    fields = [(one.reason, one, one()) for file in files for one in typing.cast(Any, load_rules(file))]
    kind = dataclasses.make_dataclass("Filters", fields, bases=(Filters,), namespace={"files": files}, frozen=True)
    copyreg.pickle(kind, _reduce)
    return kind


def _reduce(filters: Filters) -> tuple[Any, ...]:
    return _revive, (filters.files, {rule.reason: rule for rule in filters.all()})


def _revive(files: tuple[RuleFile, ...], rules: Mapping[str, Rule]) -> Filters:
    return filters_with(files)(**typing.cast(Any, rules))
