"""The whole way to a vocabulary: words are counted, an alphabet is chosen, pieces are learned, and all is written."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa

from pipeline import __version__
from pipeline.commands.vocab.fit import measure_fit
from pipeline.commands.vocab.options import Options
from pipeline.commands.vocab.page import vocabulary_page
from pipeline.commands.vocab.texts import corpus_texts, find_texts, input_texts
from pipeline.commands.vocab.words import Counting, CountWords, read_number, read_ranges
from pipeline.config import Config, Vocabulary
from pipeline.engines.engine import Engine
from pipeline.engines.progress import Meter
from pipeline.engines.work import Work
from pipeline.files import Output
from pipeline.identity import entry
from pipeline.inputs import InputError, Source
from pipeline.outputs.manifest import corpus_name, digest, plain_config, read_manifest
from pipeline.storage.plan import bad_files, refuse_bad
from vocab.alphabet import CODE_POINTS, character_counts, choose_alphabet
from vocab.hugging_face import TOKENIZER, TOKENIZER_CONFIG, tokenizer_files
from vocab.languages import classifier
from vocab.learn import Learner, TooFewWords
from vocab.quality import Quality
from vocab.wordpiece import FACTS, FILE

REPORT = "report.html"


def build(options: Options, folder: str) -> tuple[dict[str, Any], Quality]:
    """Makes the vocabulary that `options` ask for; returns what `vocab.json` says of it, and its fit.

    `folder` is a local one for what is worth nothing after the run. Raises InputError, ConfigError, BadInputs,
    TooFewWords.
    """
    check_identifier(options)
    output = Output(options.output)
    manifest = read_manifest(Output(options.corpus)) if options.corpus else None
    config = options.settle(json.dumps(plain_config(manifest)) if manifest else "")
    for name in (FILE, FACTS, TOKENIZER, TOKENIZER_CONFIG):  # FILE first: without it there is no vocabulary
        output.remove(output.path(name))
    output.clear_work()  # what another run, or a killed one, left
    origin = Counter(output, options, config, folder).count(manifest)
    settings = config.vocab.of_profile(config.text.profile)
    pieces, counts = learn(output, settings, options.workers)
    known = {"corpus": origin, "counts": {"texts": read_number(output), **counts}}
    return write(output, config.text.profile, settings, pieces, known, Work(folder, options.workers))


def check_identifier(options: Options) -> None:
    """Raises InputError where --identify can't work."""
    if options.identify:
        try:
            classifier()
        except ImportError as error:
            raise InputError(f"identify: {error}") from error


@dataclass(frozen=True)
class Counter:
    """The one pass over the texts."""

    output: Output
    options: Options
    config: Config
    folder: str

    def count(self, manifest: dict[str, Any] | None) -> dict[str, Any]:
        """Counts the words of the corpus with this manifest, or of the inputs; returns what names them."""
        options, settings = self.options, self.config.input
        if manifest is not None:
            tasks = list(corpus_texts(Output(options.corpus or ""), options.language))
            self._execute(beam.Create(tasks), sum(task.work for task in tasks))
            return corpus_name(manifest)
        sources = find_texts(options.inputs)
        split = beam.FlatMap(input_texts, self.output, settings, options.language)
        self._execute(beam.Create(sources) | "SpreadFiles" >> beam.Reshuffle() | "Split" >> split, _bytes(sources))
        if settings.on_bad_file != "skip":
            refuse_bad(bad_files(self.output, sources))
        return inputs_name(sources)

    def _execute(self, texts: beam.PTransform, work: int) -> None:
        with Engine(self.options.workers, os.path.join(self.folder, "workers.log"), self.options.beam) as engine:
            engine.check()
            meter = Meter(os.path.join(self.folder, "meter") if engine.here else None, "texts")
            counting = Counting(self.output, self.config.text.profile, self.options.identify, meter)
            with meter.shown("words", work):
                pipeline = engine.pipeline()
                pipeline | "Texts" >> texts | CountWords(counting)
                engine.execute(pipeline)


def _bytes(sources: Sequence[Source]) -> int:
    return sum(source.size for source in sources)


def inputs_name(sources: Sequence[Source]) -> dict[str, Any]:
    """What names input files."""
    return {"inputs": [source.name for source in sources], "sha256": digest([entry(source) for source in sources])}


def learn(output: Output, settings: Vocabulary, threads: int) -> tuple[list[str], dict[str, int]]:
    """The pieces, and the numbers of what they were learned from. Raises TooFewWords."""
    found, candidates, occurrences, distinct = np.zeros(CODE_POINTS, np.int64), [], 0, 0
    learner = Learner(settings.size, settings.min_count, settings.max_words, threads)
    for counts in read_ranges(output):
        words = (
            counts.group_by("word", use_threads=False).aggregate([("count", "sum")]).rename_columns(["word", "count"])
        )
        found += character_counts(words["word"].combine_chunks(), words["count"].to_numpy())
        occurrences, distinct = occurrences + int(words["count"].to_numpy().sum()), distinct + len(words)
        candidates.append(learner.frequent(words))
    if not distinct:
        raise TooFewWords("no word to learn from: the texts are empty, or no text is kept")
    print(f"learning {settings.size:,} pieces from {distinct:,} words", file=sys.stderr, flush=True)
    alphabet = choose_alphabet(found, settings.max_characters or CODE_POINTS)
    words = learner.select(pa.concat_tables(candidates), alphabet)
    candidates.clear()  # learning needs the memory
    numbers = {
        "words": occurrences,
        "distinct": distinct,
        "learned_from": len(words),
        "characters": int(np.count_nonzero(found)),
        "alphabet": len(alphabet),
    }
    return learner.learn(words, alphabet), numbers


def write(
    output: Output, profile: str, settings: Vocabulary, pieces: list[str], known: dict[str, Any], work: Work
) -> tuple[dict[str, Any], Quality]:
    """Writes the page of the vocabulary, what is known of it, and itself, that last: with it the run is finished."""
    content = "".join(f"{piece}\n" for piece in pieces).encode()
    others = tokenizer_files(pieces, profile)
    learned_with = dataclasses.asdict(settings)
    facts = {
        "profile": profile,
        "size": learned_with.pop("size"),
        **known,
        "settings": learned_with,
        "versions": {"align-corpus": __version__, "sentencepiece": version("sentencepiece")},
        "sha256": _sha256(content),
        "files": {name: _sha256(other) for name, other in others.items()},
    }
    local = os.path.join(work.folder, FILE)
    with open(local, "wb") as file:
        file.write(content)
    quality = measure_fit(output, local, profile, work)
    for name, other in others.items():
        output.write_bytes(name, other)
    output.write_bytes(REPORT, vocabulary_page(facts, quality))
    output.write_bytes(FACTS, (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode())
    output.write_bytes(FILE, content)
    output.clear_work()
    return facts, quality


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
