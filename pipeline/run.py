"""The whole run, from raw pairs to the corpus, in the order of the paper's section 3: index, count, emit."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import apache_beam as beam

from filters.porn import OPEN_NSFW, load_scorer
from pipeline.commands.corpus.options import Options
from pipeline.config import Config, ConfigError, Text
from pipeline.count import CountCorpus, counting, forget_lost_runs, groups, is_counted
from pipeline.emit import Emission, EmitCorpus, needed_by_notes
from pipeline.engines.dataflow import check_options, job_options
from pipeline.engines.engine import Engine
from pipeline.engines.progress import Meter
from pipeline.files import Output, read_bytes
from pipeline.finish import FUNNEL, clear_work, finish
from pipeline.identity import RUN, claim, identity
from pipeline.index import IndexInputs
from pipeline.inputs import InputError, Source, check_output, find_sources
from pipeline.inputs.unused import check_columns
from pipeline.measure.eval_sets import (
    EvalSets,
    Indexing,
    IndexPictures,
    find_sets,
    index_mode,
    is_evaluated,
    join_parts,
    load_indexes,
    needed_by_parts,
    parts,
)
from pipeline.measure.vectors import load_embedder
from pipeline.own_rules import try_rule
from pipeline.storage.lock import locked
from pipeline.storage.markers import forget_lost
from pipeline.storage.plan import Plan, forget_bad, is_indexed, make_plan, note_indexed
from vocab.segment import dictionaries


def run(options: Options, folder: str) -> dict[str, Any]:
    """Makes the corpus that `options` ask for, or resumes a run that was killed; returns its funnel.

    `folder` is a local one for what is worth nothing after the run. Raises InputError, OtherRun, BadInputs, and Held
    where another command writes the output.
    """
    check_options(options)
    check_output(options.output, options.inputs)
    with locked(options.output):
        return _run(options, folder)


def _run(options: Options, folder: str) -> dict[str, Any]:
    output, config = Output(options.output), options.config
    sources, sets = find_sources(options.inputs), find_sets(options.eval_images)
    check_columns(sources, config.input.columns)
    check_segmenter(config.text)
    check_models(config, sets)
    load_indexes(sets, config.filters.eval_duplicate)  # one that can't be used is refused here
    this = identity(config, sources, sets)
    if not claim(output, this, options.overwrite):
        output.sweep()
        with Engine(options.workers, os.path.join(folder, "workers.log"), options.beam) as engine:
            engine.check(output.path(RUN))
            passes = Passes(output, options, folder, engine)
            passes.evaluate(sets)
            plan = passes.index(sources)
            check_own_rules(config, plan)
            passes.count(plan)
            passes.emit(plan)
            finish(output, config, plan, sets, this, passes.seconds)
    clear_work(output)
    funnel: dict[str, Any] = json.loads(read_bytes(output.path(FUNNEL)))
    return funnel


def check_models(config: Config, sets: EvalSets) -> None:
    """Loads models of one's own before anything runs: the last pass would find hours later that they can't be used."""
    porn, embedding = config.filters.porn, config.dedup.embedding
    if porn.enabled and porn.model != OPEN_NSFW:
        with _named("filters.porn"):
            load_scorer(porn.model, porn.preparation)
    if config.filters.eval_duplicate.enabled and embedding.model:
        if sets.indexes:
            raise InputError(f"dedup.embedding: {sets.indexes[0].path} is an index, without vectors; give its pictures")
        with _named("dedup.embedding"):
            load_embedder(embedding)


@contextmanager
def _named(section: str) -> Iterator[None]:
    """What is wrong with a model, by the section of its settings."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise InputError(f"{section}: {error}") from error


def check_own_rules(config: Config, plan: Plan) -> None:
    """Raises InputError for a rule of the user's own that needs a column which no input has, or of another type."""
    for rule in config.filters.own():
        if rule.enabled:
            try:
                try_rule(rule, plan.carried)
            except ConfigError as error:
                raise InputError(str(error)) from error


def check_segmenter(text: Text) -> None:
    """Segmentation needs a package that isn't everybody's: the last pass would find hours later that it is missing."""
    if text.segment:
        try:
            dictionaries()
        except ImportError as error:
            raise InputError("text.segment: needs the package icu4py: pip install 'align-corpus[segment]'") from error


@dataclass
class Passes:
    """The three passes, each a Beam pipeline whose files make the next one start, or a killed one go on."""

    output: Output
    options: Options
    folder: str  # for what is worth nothing after the run
    engine: Engine
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meter = Meter(os.path.join(self.folder, "meter") if self.engine.here else None)

    def evaluate(self, sets: EvalSets) -> None:
        """Hashes the pictures of the evaluation sets, and joins them with the index files."""
        filters, embedding = self.options.config.filters, self.options.config.dedup.embedding
        rule, max_pixels = filters.eval_duplicate, filters.undecodable.max_pixels
        if not sets or not rule.enabled or is_evaluated(self.output, embedding):
            return
        if sets.tasks:
            forget_lost(self.output, needed_by_parts(parts(sets), embedding))
            job = Indexing(self.output, index_mode(rule), embedding, max_pixels, self.meter)
            with self._pass("evaluation sets", sum(task.work for task in sets.tasks), "images") as root:
                root | "Parts" >> beam.Create(parts(sets)) | IndexPictures(job)
        join_parts(self.output, sets, load_indexes(sets, rule), embedding)

    def index(self, sources: list[Source]) -> Plan:
        """Reads every input once: headers, texts, hashes."""
        config = self.options.config
        if not is_indexed(self.output):
            forget_bad(self.output)
            with self._pass("index", sum(source.size for source in sources)) as root:
                root | "Sources" >> beam.Create(sources) | IndexInputs(self.output, config.input, self.meter)
        plan = make_plan(self.output, sources, config.input.on_bad_file == "skip")
        if failed := sum(plan.failed_downloads.values()):
            print(f"left out: {failed:,} downloads of img2dataset that failed", file=sys.stderr, flush=True)
        note_indexed(self.output)  # a rerun needs no job to find it all there
        return plan

    def count(self, plan: Plan) -> None:
        """Counts the n-grams, the texts of each image and the images of each text over the raw corpus."""
        config = self.options.config
        if is_counted(self.output):
            return
        job = counting(self.output, plan, config.text.profile, config.filters.rare_ngram, self.meter)
        forget_lost_runs(job)
        with self._pass("count", plan.pairs) as root:
            root | "Groups" >> beam.Create(groups(self.output, plan.shards)) | CountCorpus(job)

    def emit(self, plan: Plan) -> None:
        """Judges every pair by all rules; writes records and verdicts."""
        config = self.options.config
        emission = Emission(self.output, config, plan.carried, self.meter)
        forget_lost(self.output, needed_by_notes(shard.output_name(config.name) for shard in plan.shards))
        with self._pass("emit", plan.pairs) as root:
            root | "Shards" >> beam.Create(plan.shards) | EmitCorpus(emission)

    @contextmanager
    def _pass(self, name: str, work: int, unit: str = "pairs") -> Iterator[beam.Pipeline]:
        """Executes what the block wires, shows how far it is, and takes its time."""
        begin = time.monotonic()
        with replace(self.meter, unit=unit).shown(name, work):
            pipeline = self.engine.pipeline(job_options(self.options.beam, self.options.config.name, name))
            yield pipeline
            self.engine.execute(pipeline)
        self.seconds[name] = round(time.monotonic() - begin, 3)
