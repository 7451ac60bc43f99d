"""A finished run whose counts and judgements another run takes over."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.config import Config, config_of
from pipeline.files import Output, read_bytes
from pipeline.inputs import InputError, check_output
from pipeline.outputs.manifest import digest, no_run, plain_config, read_manifest

TAKEN = ("words", "texts_of_image", "images_of_text", "rare_ngram")
"""The signals that are the earlier run's: a part of the corpus gives other counts."""


@dataclass(frozen=True)
class EarlierRun:
    """A finished run: its folder, its verdict shards in order, and the rules that it judged on counts."""

    root: str
    shards: tuple[str, ...]  # names of verdict shards
    rows: tuple[int, ...]  # pairs of each shard
    codes: tuple[str, ...]  # reasons of the rules on TAKEN signals, which aren't judged again
    digest: str  # of its verdicts

    @property
    def pairs(self) -> int:
        """Number of its raw pairs."""
        return sum(self.rows)


@dataclass(frozen=True)
class Earlier:
    """A finished run with its manifest and funnel."""

    run: EarlierRun
    manifest: Mapping[str, Any]
    funnel: Mapping[str, Any]


def read_earlier(root: str, output: str) -> Earlier:
    """Reads the run in the folder `root`. Raises InputError for a folder without a finished run."""
    if os.path.realpath(root) == os.path.realpath(output):
        raise InputError(f"counts: {root} is the output itself; give the run over the raw pairs")
    check_output(output, [root])
    try:
        manifest = read_manifest(Output(root))
    except InputError as error:
        raise InputError(f"counts: {root} {no_run(Output(root))}") from error
    shards = manifest["shards"]
    found = EarlierRun(
        root=root,
        shards=tuple(shard["name"] for shard in shards),
        rows=tuple(shard["rows"] for shard in shards),
        codes=tuple(_codes(manifest)),
        digest=digest([shard["verdicts_sha256"] for shard in shards]),
    )
    return Earlier(found, manifest, json.loads(read_bytes(Output(root).path("funnel.json"))))


def _codes(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The rules of a run that compare TAKEN signals alone and were on."""
    ours = config_of({"filters": plain_config(manifest)["filters"]}).filters.enabled()
    yield from (rule.reason for rule in ours if on_counts(rule.needs))
    for reason, rule in manifest.get("rule_descriptions", {}).items():
        if rule["enabled"] and on_counts(rule["needs"]):
            yield reason


def on_counts(needs: tuple[str, ...] | list[str]) -> bool:
    """Returns whether a rule with these needs compares TAKEN signals alone."""
    return set(needs) <= set(TAKEN)


def with_settings_of(config: Config, manifest: Mapping[str, Any]) -> tuple[Config, list[str]]:
    """Puts the settings of an earlier run's texts and rules on counts into `config`.

    Returns the config, and a line for each setting that had another value.
    """
    earlier = config_of(plain_config(manifest))
    rules: dict[str, Any] = {rule.reason: rule for rule in earlier.filters.ours() if on_counts(rule.needs)}
    filters = dataclasses.replace(config.filters, **rules)
    changed = [f"filters.{line}" for name, rule in rules.items() for line in _changes(config.filters, name, rule)]
    changed += _changes(config, "text", earlier.text)
    changed += _own_changes(config, manifest)
    return dataclasses.replace(config, filters=filters, text=earlier.text), changed


def _own_changes(config: Config, manifest: Mapping[str, Any]) -> Iterator[str]:
    """The settings of the user's own rules that the earlier run judged by others."""
    for rule in config.filters.own():
        if rule.reason in manifest.get("rule_descriptions", {}) and on_counts(rule.needs):
            for name, old in manifest["config"]["filters"][rule.reason].items():
                if (new := getattr(rule, name, old)) != old:
                    path = f"filters.{rule.reason}.{name}"
                    yield f"{path}: {old}, as in the run of --counts; {new} has no effect"


def _changes(section: Any, name: str, value: Any) -> Iterator[str]:
    before = getattr(section, name)
    for field in dataclasses.fields(value):
        old, new = getattr(before, field.name), getattr(value, field.name)
        if old != new:
            yield f"{name}.{field.name}: {new}, as in the run of --counts; {old} has no effect"
