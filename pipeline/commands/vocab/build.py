"""The steps of a vocabulary: words are counted, pieces are learned, the fit is measured, and the files are written."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from pipeline import __version__
from pipeline.commands.vocab.count_pass import CountPass
from pipeline.commands.vocab.fit import measure_fit
from pipeline.commands.vocab.learn_pieces import learn
from pipeline.commands.vocab.options import Options
from pipeline.commands.vocab.page import vocabulary_page
from pipeline.commands.vocab.words import read_number
from pipeline.config import Config
from pipeline.engines.parallel_tasks import ParallelTasks
from pipeline.files import Output
from pipeline.inputs import InputError
from pipeline.outputs.manifest import plain_config, read_manifest
from vocab.hugging_face import TOKENIZER, TOKENIZER_CONFIG, tokenizer_files
from vocab.languages import classifier
from vocab.quality import Quality
from vocab.wordpiece import FACTS, FILE

REPORT = "report.html"


def build(options: Options, folder: str) -> tuple[dict[str, Any], Quality]:
    """Makes a vocabulary; returns the content of `vocab.json`, and the vocabulary's fit to the words.

    `folder` is a local folder for temporary files. Raises InputError, ConfigError, BadInputs, TooFewWords.
    """
    check_identifier(options)
    manifest = read_manifest(Output(options.corpus)) if options.corpus else None
    config = options.settle(json.dumps(plain_config(manifest)) if manifest else "")
    return Build(options, config, Output(options.output), folder).run(manifest)


def check_identifier(options: Options) -> None:
    """Raises InputError if --identify can't work."""
    if options.identify:
        try:
            classifier()
        except ImportError as error:
            raise InputError(f"identify: {error}") from error


@dataclass(frozen=True)
class Build:
    """One vocabulary in the making: its options and settings, its output, and a local folder for temporary files."""

    options: Options
    config: Config
    output: Output
    folder: str

    def run(self, manifest: dict[str, Any] | None) -> tuple[dict[str, Any], Quality]:
        """Makes the vocabulary of the corpus with this manifest, or of the inputs."""
        self._clear()
        corpus = CountPass(self.options, self.config, self.output, self.folder).run(manifest)
        settings = self.config.vocab.of_profile(self.profile)
        pieces, counts = learn(self.output, settings, self.options.workers)
        content = "".join(f"{piece}\n" for piece in pieces).encode()
        others = tokenizer_files(pieces, self.profile)
        learned_with = dataclasses.asdict(settings)
        facts = {
            "profile": self.profile,
            "size": learned_with.pop("size"),
            "corpus": corpus,
            "counts": {"texts": read_number(self.output), **counts},
            "settings": learned_with,
            "versions": {"align-corpus": __version__, "sentencepiece": version("sentencepiece")},
            "sha256": _sha256(content),
            "files": {name: _sha256(other) for name, other in others.items()},
        }
        quality = self._measure(content)
        self._write(content, others, facts, quality)
        return facts, quality

    @property
    def profile(self) -> str:
        """The profile of tokens."""
        return self.config.text.profile

    def _clear(self) -> None:
        """Removes the files of an earlier or killed build."""
        for name in (FILE, FACTS, TOKENIZER, TOKENIZER_CONFIG):  # FILE first: without it there is no vocabulary
            self.output.remove(self.output.path(name))
        self.output.clear_work()

    def _measure(self, content: bytes) -> Quality:
        """The fit of the vocabulary to the counted words."""
        path = os.path.join(self.folder, FILE)
        with open(path, "wb") as file:
            file.write(content)
        return measure_fit(self.output, path, self.profile, ParallelTasks(self.folder, self.options.workers))

    def _write(self, content: bytes, others: Mapping[str, bytes], facts: dict[str, Any], quality: Quality) -> None:
        """Writes the tokenizer's files, the page, the facts and the vocabulary; the last one completes the build."""
        for name, other in others.items():
            self.output.write_bytes(name, other)
        self.output.write_bytes(REPORT, vocabulary_page(facts, quality))
        self.output.write_bytes(FACTS, (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode())
        self.output.write_bytes(FILE, content)
        self.output.clear_work()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
