"""Value of curation for a model: raw pairs against the curated corpus, at equal steps, on the same pictures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.corpus import FOLDER
from bench.figures import Figure
from bench.measure import measure, python
from bench.recalls import chance, text_to_image
from pipeline.rule_set import Filters

CORPORA = ("raw", "curated")


def curation(pairs: str, config: str, options: Sequence[str], seeds: int) -> Iterator[Figure]:
    """Text-to-image recalls among held-out pictures of the curated corpus, by corpus, of `seeds` models each.

    `options` are settings. Results of an earlier measurement are replaced.
    """
    folder = FOLDER / "curation"
    shutil.rmtree(folder, ignore_errors=True)
    _corpora(folder, pairs, config, options)
    found = {name: [_trained(folder, name, config, options, seed) for seed in range(seeds)] for name in CORPORA}
    for name, results in found.items():
        counts = json.loads((folder / name / "funnel.json").read_text())
        yield Figure(f"{name}: records", counts["records"])
        yield from text_to_image(name, results)
    yield chance(found["curated"][0])


def _corpora(folder: Path, pairs: str, config: str, options: Sequence[str]) -> None:
    off = [f"--filters.{rule.reason}.enabled=false" for rule in Filters().all() if rule.reason != "undecodable"]
    for name, rules in (("raw", off), ("curated", [])):
        output = folder / name
        settings = (f"--config={config}", *options, *rules)
        measure(*python("-m", "pipeline", *settings, f"--input={pairs}", f"--output={output}"))
        measure(*python("-m", "vocab", f"--corpus={output}", f"--output={output}/vocab"))


def _trained(folder: Path, name: str, config: str, options: Sequence[str], seed: int) -> dict[str, Any]:
    """Recalls of a model trained on the corpus `name`, among the curated corpus' held-out pictures."""
    model = folder / f"{name}-{seed}"
    settings = (f"--config={config}", *options, f"--train.seed={seed}")
    measure(*python("-m", "train", "fit", *settings, f"--corpus={folder / name}", f"--output={model}"))
    numbers = model / "evaluation.json"
    of_curated = (f"--corpus={folder / 'curated'}", f"--output={numbers}")
    measure(*python("-m", "train", "evaluate", f"--model={model}", *of_curated))
    recalls: dict[str, Any] = json.loads(numbers.read_text())
    return recalls
