"""Rules of the user's own as a finished run describes them: words, bins and needs, without their code.

So `report` and `subset` execute no code of a corpus that somebody else made.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from filters import Bins, Rule
from filters.base import bins, decided, sentence
from pipeline.config import config_of
from pipeline.outputs.manifest import plain_config

DECIDED = "decided:own"  # the column of the examples with the deciding numbers of own rules, as JSON by reason


@dataclass(frozen=True)
class DescribedRule:
    """A rule without its comparison."""

    reason: str
    needs: tuple[str, ...]
    enabled: bool
    words: str
    histogram: Bins | None

    def drops(self, signals: Any) -> Any:
        raise NotImplementedError(f"rule {self.reason} is known by its description alone")

    def sentence(self) -> str:
        return self.words

    def decided(self, row: Mapping[str, Any]) -> str:
        return str(json.loads(row.get(DECIDED) or "{}").get(self.reason, self.reason))

    def bins(self) -> Bins | None:
        return self.histogram


def describe(rules: Iterable[Rule]) -> dict[str, dict[str, Any]]:
    """The descriptions of rules by reason, for JSON."""
    return {
        rule.reason: {
            "needs": list(rule.needs),
            "enabled": rule.enabled,
            "sentence": sentence(rule),
            "bins": _described(bins(rule)),
        }
        for rule in rules
    }


def _described(bins: Bins | None) -> dict[str, Any] | None:
    if bins is None:
        return None
    values = {field.name: getattr(bins, field.name) for field in dataclasses.fields(bins)}
    return values | {"edges": [float(edge) for edge in bins.edges]}


def describe_drops(rules: Iterable[Rule], row: Mapping[str, Any]) -> str:
    """The numbers for which those of `rules` that drop the pair with the verdict `row` do it, as JSON by reason."""
    return json.dumps({rule.reason: decided(rule, row) for rule in rules if rule.reason in row["reasons"]})


def rules_of(manifest: Mapping[str, Any]) -> dict[str, Rule]:
    """The rules of a finished run with its numbers, by reason, in order, also those that are switched off."""
    ours = config_of({"filters": plain_config(manifest)["filters"]}).filters.all()
    own = (_rule(reason, description) for reason, description in manifest.get("rule_descriptions", {}).items())
    return {rule.reason: rule for rule in (*ours, *own)}


def _rule(reason: str, description: Mapping[str, Any]) -> Any:
    made = description["bins"]
    if made is not None:
        cuts = tuple((position, label) for position, label in made["cuts"])
        made = Bins(**made | {"edges": np.array(made["edges"]), "cuts": cuts})
    return DescribedRule(reason, tuple(description["needs"]), description["enabled"], description["sentence"], made)
