"""Checks before a run: what a pass would find wrong hours later stops the command at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from filters.porn import FAST, OPEN_NSFW, load_quick, load_scorer
from pipeline.config import Config, Report, Text
from pipeline.inputs import InputError, Source
from pipeline.inputs.unused import check_columns
from pipeline.measure.eval_index_files import load_indexes
from pipeline.measure.eval_sets import EvalSets
from pipeline.measure.vectors import load_embedder
from pipeline.own_rules import try_rule
from pipeline.settings import ConfigError
from pipeline.storage.plan import Plan
from vocab.languages import classifier
from vocab.segment import dictionaries


def check_run(config: Config, sources: Sequence[Source], sets: EvalSets) -> None:
    """Raises InputError for settings that don't fit the inputs, the evaluation sets or this machine."""
    check_columns(sources, config.input.columns)
    check_segmenter(config.text)
    check_identifier(config.report)
    check_models(config, sets)
    load_indexes(sets, config.filters.eval_duplicate)


def check_models(config: Config, sets: EvalSets) -> None:
    """Loads the user's own models once. Raises InputError for one that can't be used."""
    porn, embedding = config.filters.porn, config.dedup.embedding
    if porn.enabled and porn.model != OPEN_NSFW:
        with _section("filters.porn"):
            load_scorer(porn.model, porn.preparation)
    if porn.enabled and porn.speed == FAST:
        with _section("filters.porn"):
            load_quick(porn.max_score)
    if config.filters.eval_duplicate.enabled and embedding.model:
        if sets.indexes:
            raise InputError(f"dedup.embedding: {sets.indexes[0].path} is an index, without vectors; give its pictures")
        with _section("dedup.embedding"):
            load_embedder(embedding)


def check_own_rules(config: Config, plan: Plan) -> None:
    """Raises InputError for a user's rule that needs a column which no input has, or a column of another type."""
    for rule in config.filters.own():
        if rule.enabled:
            try:
                try_rule(rule, plan.carried)
            except ConfigError as error:
                raise InputError(str(error)) from error


def check_segmenter(text: Text) -> None:
    """Raises InputError where segmentation is on and its package, an extra, is not installed."""
    if text.segment:
        try:
            dictionaries()
        except ImportError as error:
            raise InputError("text.segment: needs the package icu4py: pip install 'align-corpus[segment]'") from error


def check_identifier(report: Report) -> None:
    """Raises InputError where languages are to be guessed and the package for it, an extra, is not installed."""
    if report.identify:
        try:
            classifier()
        except ImportError as error:
            raise InputError(f"report.identify: {error}") from error


@contextmanager
def _section(name: str) -> Iterator[None]:
    """Prefixes the error of a model with the section of its settings."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise InputError(f"{name}: {error}") from error
