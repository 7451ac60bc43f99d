"""Measures how well a new vocabulary fits the words that it was learned from, on all workers."""

from __future__ import annotations

from functools import cache, partial

import numpy as np

from pipeline.commands.vocab.words import range_names, read_range
from pipeline.engines.parallel_tasks import ParallelTasks
from pipeline.engines.progress import Meter
from pipeline.files import Output
from vocab.quality import Quality
from vocab.wordpiece import WordPieceTokenizer


def measure_fit(output: Output, vocabulary: str, profile: str, work: ParallelTasks) -> Quality:
    """The fit of the vocabulary in the local file `vocabulary` to the counted words of `output`."""
    quality = Quality(WordPieceTokenizer.load(vocabulary, profile))
    if work.workers == 1:
        for name in range_names(output):
            quality.add(read_range(output, name))
        return quality
    do = partial(fit_range, output=output, vocabulary=vocabulary, profile=profile)
    for place, languages in work.each("fit", "words", range_names(output), do):
        with np.load(f"{place}.npz") as part:
            quality.merge(part["total"], languages, part["used"], part["whole"])
    return quality


def fit_range(
    name: str, place: str, meter: Meter, output: Output, vocabulary: str, profile: str
) -> dict[str, list[int]]:
    """Writes the fit to the words of one range; returns that of each language."""
    quality, counts = Quality(_tokenizer(vocabulary, profile)), read_range(output, name)
    quality.add(counts)
    np.savez(f"{place}.npz", total=quality.total.figures, used=quality.used, whole=quality.whole)
    meter.add(len(counts))
    return {language: fit.figures for language, fit in quality.languages.items()}


@cache
def _tokenizer(vocabulary: str, profile: str) -> WordPieceTokenizer:
    return WordPieceTokenizer.load(vocabulary, profile)
