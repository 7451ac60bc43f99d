"""The whole run, from raw pairs to the corpus: index, count, emit.

ALIGN, section 3                       signal            measured in                      judged by
-------------------------------------  ----------------  -------------------------------  --------------------------
raw pairs of image and alt-text        width, height     pass 1, measure/header.py        filters/image Undecodable
no pornographic image                  porn_score        pass 3, measure/pixels.py        filters/image Porn
short side over 200 pixels             width, height     pass 1, measure/header.py        filters/image ShortSide
aspect ratio under 3                   width, height     pass 1, measure/header.py        filters/image AspectRatio
no image with over 1,000 alt-texts     texts_of_image    pass 2 counts, measure/text.py   filters/image TextsOfImage
no near-duplicate of test images       eval_match        pass 3, measure/pixels.py        filters/image EvalDuplicate
no text shared by over 10 images       images_of_text    pass 2 counts, measure/text.py   filters/text ImagesOfText
no unigram or bigram outside the       rare_ngram        pass 2 counts, measure/text.py   filters/text RareNgram
  100 million most frequent
no text under 3 or over 20 unigrams    words             pass 3, measure/text.py          filters/text WordCount

Counts are over the raw pairs, before any rule. Pass 3 judges each pair by every rule (`filters.failures`, called in
emit.py), writes the kept ones as records, and a verdict for each. The boundaries are in the rules' own sentences.
"""

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

from pipeline.config import Options
from pipeline.count import CountCorpus
from pipeline.counting import counting, forget_lost_runs, groups, is_counted
from pipeline.earlier.run import Earlier, EarlierRun, read_earlier, with_settings_of
from pipeline.earlier.take import TakeCounts, Taking, check_taken, is_taken
from pipeline.emit import Emission, EmitCorpus, needed_by_notes
from pipeline.engines.choice import make_engine
from pipeline.engines.created import created
from pipeline.engines.dataflow import check_options, job_options
from pipeline.engines.engine import Engine
from pipeline.files import Output, read_bytes
from pipeline.finish import clear_work, finish
from pipeline.identity import FUNNEL, RUN, claim, identity
from pipeline.index import IndexInputs
from pipeline.inputs import Source, check_output, find_sources
from pipeline.inputs.pages.extra import LAZY_UNKNOWN, WATS
from pipeline.inputs.sources import extension
from pipeline.measure.eval_index import evaluation_files, is_evaluated, join_parts
from pipeline.measure.eval_index_files import index_mode, load_indexes
from pipeline.measure.eval_parts import Indexing, IndexPictures, needed_by_parts, parts
from pipeline.measure.eval_sets import EvalSets, find_sets
from pipeline.outputs.command import write_command
from pipeline.outputs.formats.parquet import tell_json_columns
from pipeline.outputs.verdicts import check_carried
from pipeline.preflight import check_own_rules, check_run
from pipeline.printable import tell
from pipeline.reuse.account import described, described_runs
from pipeline.reuse.kept import compositions, described_kept, note_kept
from pipeline.reuse.kept_runs import find_runs
from pipeline.reuse.reuse import Reuse, find_reuse
from pipeline.reuse.take import TakeSignals, TakingSignals
from pipeline.storage.lock import locked
from pipeline.storage.markers import forget_lost
from pipeline.storage.plan import BadInputs, Plan, forget_bad, is_indexed, make_plan, note_indexed


def run(options: Options, folder: str) -> dict[str, Any]:
    """Makes the corpus that `options` describe, or resumes a run that was killed; returns its funnel.

    `folder` is a local one for temporary files. Raises InputError, OtherRun, BadInputs, and Held where another command
    writes the output.
    """
    check_options(options)
    check_output(options.output, options.inputs)
    with locked(options.output):
        return _run(options, folder)


def _run(options: Options, folder: str) -> dict[str, Any]:
    output, options, earlier = Output(options.output), *_with_earlier(options)
    config = options.config
    sources, sets = find_sources(options.inputs), find_sets(options.eval_images)
    check_run(config, sources, sets)
    this = identity(config, sources, sets, earlier.run.digest if earlier else "")
    reuse = _with_reuse(options, this, sources, sets)
    if not claim(output, this, options.overwrite):
        output.sweep()
        write_command(output, options.command)
        with make_engine(options.workers, os.path.join(folder, "workers.log"), options.beam) as engine:
            engine.check(output.path(RUN))
            passes = Passes(output, options, folder, engine, earlier.run if earlier else None, reuse)
            passes.take_signals()
            passes.index_eval_sets(sets)
            plan = passes.index(sources)
            check_own_rules(config, plan)
            check_carried(plan.carried, config.output.formats)
            tell_json_columns(config.output.formats, plan.carried)
            passes.take_counts(plan)
            passes.count(plan, this["inputs"])
            passes.emit(plan)
            finish(output, config, plan, sets, this, passes.seconds, earlier)
    clear_work(output)
    if options.keep_work:
        tell(described_kept(output))
    funnel: dict[str, Any] = json.loads(read_bytes(output.path(FUNNEL)))
    return funnel


def _with_earlier(options: Options) -> tuple[Options, Earlier | None]:
    """The options with the settings of the run of --counts, and that run. Raises InputError."""
    if not options.counts:
        return options, None
    earlier = read_earlier(options.counts, options.output)
    config, changed = with_settings_of(options.config, earlier.manifest)
    for line in changed:
        tell(line)
    return replace(options, config=config), earlier


def _with_reuse(options: Options, this: dict[str, Any], sources: list[Source], sets: EvalSets) -> Reuse | None:
    """Compares the run of --reuse, if there is one, with this one. Raises InputError."""
    if not options.reuse:
        return None
    return find_reuse(options.reuse, options.output, this, options.config, sources, sets.tasks)


@dataclass
class Passes:
    """The three passes, each a Beam pipeline; each reads the files of the one before, and a killed one resumes."""

    output: Output
    options: Options
    folder: str  # for temporary files
    engine: Engine
    earlier: EarlierRun | None = None  # the run of --counts
    reuse: Reuse | None = None  # what is taken over from the run of --reuse
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meter = self.engine.meter(self.folder)

    @property
    def taking(self) -> TakingSignals | None:
        """The signals that are taken over, if there are any."""
        if self.reuse is None or not self.reuse.signals.shards:
            return None
        return TakingSignals(self.reuse.signals, self.reuse.fingerprints, self.output, self.meter)

    def take_signals(self) -> None:
        """Makes the table of the signals that are taken over from the run of --reuse, and prints what is reused."""
        taking = self.taking
        if taking and taking.count() is None:
            with self._pass("reuse", taking.signals.pairs) as root:
                root | "Verdicts" >> created(range(len(taking.signals.shards))) | TakeSignals(taking)
        if self.reuse:
            tell(described(self.reuse, taking.count() if taking else None))

    def index_eval_sets(self, sets: EvalSets) -> None:
        """Hashes the images of the evaluation sets, and joins the hashes with the index files."""
        filters, embedding = self.options.config.filters, self.options.config.dedup.embedding
        rule, max_pixels = filters.eval_duplicate, filters.undecodable.max_pixels
        if not sets or not rule.enabled or is_evaluated(self.output, embedding):
            return
        if self.reuse and self.reuse.take_evaluation(self.output, evaluation_files(embedding)):
            return
        if sets.tasks:
            forget_lost(self.output, needed_by_parts(parts(sets), embedding))
            job = Indexing(self.output, index_mode(rule), embedding, max_pixels, self.meter)
            with self._pass("evaluation sets", sum(task.work for task in sets.tasks), "images") as root:
                root | "Parts" >> created(parts(sets)) | IndexPictures(job)
        join_parts(self.output, sets, load_indexes(sets, rule), embedding)

    def index(self, sources: list[Source]) -> Plan:
        """Reads every input once: headers, texts, hashes."""
        config = self.options.config
        if not is_indexed(self.output):
            forget_bad(self.output)
            kept = self.reuse.index if self.reuse else None
            indexing = IndexInputs(self.output, config.input, self.meter, kept, len(sources))
            with self._pass("index", sum(source.size for source in sources), in_bytes=True) as root:
                root | "Sources" >> created(sources) | indexing
        plan = make_plan(self.output, sources, config.input.on_bad_file == "skip")
        if failed := sum(plan.failed_downloads.values()):
            print(f"left out: {failed:,} downloads of img2dataset that failed", file=sys.stderr, flush=True)
        if any(extension(source.path) in WATS for source in sources):
            print(LAZY_UNKNOWN, file=sys.stderr, flush=True)
        note_indexed(self.output)  # a rerun needs no job to find it all there
        return plan

    def take_counts(self, plan: Plan) -> None:
        """Gives each pair the counts of the run of --counts, if there is one. Raises BadInputs for a pair it lacks."""
        if self.earlier is None or is_taken(self.output, plan):
            return
        with self._pass("counts", plan.pairs) as root:
            taking = Taking(self.earlier, self.output, self.meter)
            root | "Shards" >> created(plan.shards) | TakeCounts(taking)
        try:
            check_taken(self.output, plan, self.earlier)
        except BadInputs:
            self.output.remove(self.output.path(RUN))  # another RUN may be given in the same folder
            raise

    def count(self, plan: Plan, inputs: list[dict[str, Any]]) -> None:
        """Counts the n-grams, the texts of each image and the images of each text over the raw corpus.

        With --counts only keys matter: a part of the corpus has other counts. `inputs` are the identity's entries.
        """
        config, rule = self.options.config, self.options.config.filters.rare_ngram
        rule = replace(rule, enabled=False) if self.earlier else rule
        job = counting(self.output, plan, config.text.profile, rule, self.meter)
        numbered = groups(self.output, plan.shards)
        wanted = numbered if self.options.keep_work or self.reuse else []
        made_of = compositions(wanted, plan, inputs, (job.profile, rule.enabled, job.keys))
        if not is_counted(self.output):
            job = replace(job, kept=find_runs(self.reuse, numbered, made_of))
            if job.kept:
                tell(described_runs(job.kept, numbered))
            forget_lost_runs(job)
            with self._pass("count", plan.pairs) as root:
                root | "Groups" >> created(numbered) | CountCorpus(job)
        note_kept(self.output, self.options.keep_work, made_of, job.parts)

    def emit(self, plan: Plan) -> None:
        """Judges every pair by all rules; writes records and verdicts."""
        config = self.options.config
        emission = Emission(self.output, config, plan.carried, self.meter, self.earlier, self.taking)
        names = (shard.output_name(config.name) for shard in plan.shards)
        forget_lost(self.output, needed_by_notes(names, config.output.formats))
        with self._pass("emit", plan.pairs) as root:
            root | "Shards" >> created(plan.shards) | EmitCorpus(emission, len(plan.shards))

    @contextmanager
    def _pass(self, name: str, work: int, unit: str = "pairs", in_bytes: bool = False) -> Iterator[beam.Pipeline]:
        """Executes the pipeline that the block wires, with a progress bar, and records its seconds."""
        begin = time.monotonic()
        with replace(self.meter, unit=unit).shown(name, work, in_bytes):
            pipeline = self.engine.pipeline(job_options(self.options.beam, self.options.config.name, name))
            yield pipeline
            self.engine.execute(pipeline)
        self.seconds[name] = round(time.monotonic() - begin, 3)
