"""The parts of a card with a run's own numbers: how much, by which rules, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from filters import base
from pipeline import __version__
from pipeline.config import config_of
from pipeline.outputs.card.corpus import Corpus
from pipeline.outputs.card.markdown import code, plain, table
from pipeline.outputs.changed import from_defaults, without_folders
from pipeline.outputs.manifest import plain_config

LISTED = 20  # input files


def numbers(corpus: Corpus) -> list[str]:
    """The table of counts; those of nothing are left out."""
    funnel, manifest = corpus.funnel, corpus.manifest
    counts = {
        "raw pairs": funnel["raw"],
        "kept: no rule drops them": funnel["kept"],
        "records: kept pairs with an image": funnel["records"],
        "pairs with a key that an earlier pair has": funnel.get("duplicate_keys"),
        "input files that could not be read": funnel.get("skipped_files"),
        "downloads that had failed, left out": sum((manifest.get("failed_downloads") or {}).values()),
        "shards": len(manifest["shards"]),
    }
    always = ("raw pairs", "kept: no rule drops them", "records: kept pairs with an image")
    return table(
        ("count", "number"), [(name, f"{count:,}") for name, count in counts.items() if count or name in always]
    )


def rules(corpus: Corpus) -> list[str]:
    """The table of rules, in their order, with the pairs that each drops."""
    says = (
        "`fails` counts the pairs that a rule drops, whatever else drops them; `dropped first` those that no rule "
        "before it drops. By default a pair that is dropped is not looked at by `eval_duplicate` and `porn`."
    )
    rows = [(f"`{name}`", plain(words), *_counts(corpus, name)) for name, words in _sentences(corpus.manifest).items()]
    return [*table(("rule", "drops:", "fails", "dropped first"), rows), "", says]


def _sentences(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The sentence of each rule, with its numbers."""
    filters = config_of({"filters": without_folders(plain_config(manifest)["filters"])}).filters
    own = {name: _own(rule["sentence"], manifest, name) for name, rule in _own_rules(manifest).items()}
    return {rule.reason: base.sentence(rule) for rule in filters.all()} | own


def _own_rules(manifest: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return manifest.get("rule_descriptions") or {}


def _own(sentence: str, manifest: Mapping[str, Any], name: str) -> str:
    for value in manifest["config"]["filters"].get(name, {}).values():
        if isinstance(value, str) and "/" in value:
            sentence = sentence.replace(value, without_folders(value))
    return sentence


def _counts(corpus: Corpus, name: str) -> tuple[str, str]:
    first = corpus.funnel["first_reason"].get(name)
    if first is not None:
        return f"{corpus.funnel['any_reason'][name]:,}", f"{first:,}"
    return (plain((corpus.funnel.get("not_asked") or {}).get(name, "switched off")), "")


def made(corpus: Corpus) -> Iterator[str]:
    """The program, its inputs, evaluation sets, and settings that differ from the defaults."""
    manifest = corpus.manifest
    version = (manifest.get("versions") or {}).get("align-corpus", __version__)
    yield f"* Program: `python -m pipeline` of align-corpus {version}."
    yield from _parent(manifest)
    yield from _inputs([entry["name"] for entry in manifest.get("inputs") or ()])
    yield _evaluation(manifest.get("evaluation"))
    if manifest.get("rules"):
        yield f"* Rules of one's own: {', '.join(f'`{name}`' for name in _own_rules(manifest))}."
    settings = from_defaults(without_folders(manifest["config"]))
    if not settings:
        yield "* Settings: the defaults, which are the paper's numbers."
        return
    yield from ("* Settings that differ from the defaults:", "")
    yield from (f"  * {code(path)}: {code(value)}" for path, value, _ in settings)


def _parent(manifest: Mapping[str, Any]) -> Iterator[str]:
    if parent := manifest.get("parent"):
        yield f"* Made from the corpus {code(parent['name'])}, whose records have the digest {code(parent['sha256'])}."
    if manifest.get("counts"):
        yield "* Counts of n-grams, texts and images are those of an earlier run over all raw pairs (`--counts`)."


def _inputs(names: list[str]) -> Iterator[str]:
    if names:
        more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
        yield f"* Input files, {len(names):,}: {', '.join(map(code, names[:LISTED]))}{more}."


def _evaluation(found: Mapping[str, Any] | None) -> str:
    if not found:
        return "* Evaluation sets: none, so that near-duplicates of test images were not looked for."
    entries = f"{found['entries']:,} hashes, mode {code(str(found['mode']))}"
    return f"* Evaluation sets: {found['images']:,} images ({entries})."
