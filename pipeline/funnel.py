"""The result of `pipeline.make_corpus`: the numbers of a finished run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RuleCount:
    """The pairs that one rule drops."""

    name: str  # the rule's reason, such as `short_side`
    dropped: int  # pairs whose first reason it is
    fails: int  # pairs that fail the rule, whatever else they fail
    only: int | None = None  # pairs that fail this rule and no other; None in a run of an older version


@dataclass(frozen=True)
class Funnel:
    """The counts of a finished run; printed, the table that the command ends with."""

    raw: int  # pairs of the input
    kept: int  # pairs that no rule drops
    records: int  # kept pairs with an image, so records of the corpus
    rules: tuple[RuleCount, ...]  # rules that judged, in the order of reasons
    content: Mapping[str, Any] = field(repr=False, compare=False)  # all of funnel.json

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Funnel:
        """The funnel in the content of a `funnel.json`."""
        fails, only = content["any_reason"], content.get("only_reason", {})
        counts = ((name, dropped, fails[name], only.get(name)) for name, dropped in content["first_reason"].items())
        rules = (RuleCount(*count) for count in counts)
        return cls(content["raw"], content["kept"], content["records"], tuple(rules), content)

    def __str__(self) -> str:
        from pipeline.report.funnel import format_funnel

        return format_funnel(self.content)
