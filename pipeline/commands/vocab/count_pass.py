"""The one pass over the texts of a vocabulary: counts the words of a corpus, or of input files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PBegin

from pipeline.commands.vocab.options import Options
from pipeline.commands.vocab.texts import Texts, corpus_texts, find_texts, input_texts
from pipeline.commands.vocab.words import CountWords, WordCounting
from pipeline.config import Config
from pipeline.engines.choice import make_engine
from pipeline.engines.created import created
from pipeline.files import Output
from pipeline.identity import entry
from pipeline.inputs import Source
from pipeline.outputs.manifest import corpus_name, digest
from pipeline.storage.plan import bad_files, refuse_bad


@dataclass(frozen=True)
class CountPass:
    """The pass, with its files in `output`, and those of the engine in the local `folder`."""

    options: Options
    config: Config
    output: Output
    folder: str

    def run(self, manifest: dict[str, Any] | None) -> dict[str, Any]:
        """Counts the words of the corpus with this manifest, or of the inputs; returns their identity for vocab.json.

        Raises InputError, BadInputs.
        """
        if manifest is not None:
            tasks = list(corpus_texts(Output(self.options.corpus or ""), self.options.language))
            self._execute(created(tasks), sum(task.work for task in tasks))
            return corpus_name(manifest)
        sources = find_texts(self.options.inputs)
        split = beam.FlatMap(input_texts, self.output, self.config.input, self.options.language)
        texts = created(sources) | "SpreadFiles" >> beam.Reshuffle() | "Split" >> split
        self._execute(texts, sum(source.size for source in sources))
        if self.config.input.on_bad_file != "skip":
            refuse_bad(bad_files(self.output, sources))
        return inputs_name(sources)

    def _execute(self, texts: beam.PTransform[PBegin, beam.PCollection[Texts]], work: int) -> None:
        with make_engine(self.options.workers, os.path.join(self.folder, "workers.log"), self.options.beam) as engine:
            engine.check()
            meter = engine.meter(self.folder, "texts")
            counting = WordCounting(self.output, self.config.text.profile, self.options.identify, meter)
            with meter.shown("words", work):
                pipeline = engine.pipeline()
                pipeline | "Texts" >> texts | CountWords(counting)
                engine.execute(pipeline)


def inputs_name(sources: Sequence[Source]) -> dict[str, Any]:
    """The identity of input files: their names, and a digest of their sizes and contents."""
    return {"inputs": [source.name for source in sources], "sha256": digest([entry(source) for source in sources])}
