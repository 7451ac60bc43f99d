"""A run's identity: its records, its vocabulary, its settings; and the check that a checkpoint is of the same run."""

from __future__ import annotations

import dataclasses
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from train.checkpoint import ENDING, CheckpointError, Checkpoints, load
from train.config import Train
from train.data import Records
from train.errors import TrainingError
from train.example import read_records
from train.pairs import BadRecord, Encoder, Pair, Square
from vocab.wordpiece import WordPieceTokenizer

LOOKED_AT = 100  # records read before the check for pairs fails
FREE = ("log_every", "checkpoints", "evaluation")  # settings that may change within a run


class OtherTraining(TrainingError):
    """The output holds checkpoints of another run."""


class NoRecords(TrainingError):
    """Missing record files."""


@dataclass(frozen=True)
class Run:
    """A training: TFRecord files (paths), a tokeniser with the sha256 of its vocabulary, settings, and its output
    folder; `start` is the digest of the weights that it begins with, unless they are random; `resume_from` is the
    checkpoint that it resumes from, unless that is the newest.
    """

    shards: Sequence[str]
    tokenizer: WordPieceTokenizer
    vocabulary: str
    settings: Train
    output: str
    start: str = ""
    resume_from: str = ""

    @property
    def records(self) -> Records:
        """The records as arrays."""
        image, text = self.settings.image, self.settings.text
        encoder = Encoder(self.tokenizer, Square(image.resize, image.crop), text.length)
        return Records(self.shards, encoder, self.settings.data, self.settings.seed)

    @property
    def checkpoints(self) -> Checkpoints:
        """The folder of its saved states."""
        return Checkpoints(f"{self.output}/checkpoints")

    def held(self) -> tuple[str, dict[str, np.ndarray], dict[str, Any]] | None:
        """The path, arrays and facts of the checkpoint to resume from, if there is one.

        Raises NoCheckpoint, OtherTraining, and CheckpointError, which names the checkpoint before a damaged one.
        """
        checkpoints = self.checkpoints
        path = checkpoints.named(self.resume_from) if self.resume_from else checkpoints.newest()
        if path is None:
            return None
        try:
            arrays, facts = load(path)
        except CheckpointError as error:
            raise CheckpointError(f"{error}; {_remedy(checkpoints.before(path))}") from error
        self.check(facts["run"])
        return path, arrays, facts

    def facts(self) -> dict[str, Any]:
        """Facts that identify the run. Devices and the records' folder don't count."""
        return {
            "vocabulary": self.vocabulary,
            "records": [[path.rpartition("/")[2], tf.io.gfile.stat(path).length] for path in self.shards],
            "train": dataclasses.asdict(self.settings),
            "start": self.start,
        }

    def check(self, held: Mapping[str, Any]) -> None:
        """Raises OtherTraining if the facts `held` in a checkpoint are of another run."""
        if differences := list(_differences(held, self.facts())):
            raise OtherTraining(f"{self.output} holds another run: {'; '.join(differences)}; --overwrite replaces it")


def _remedy(before: str | None) -> str:
    if before is None:
        return "there is none before it: --overwrite begins anew"
    name = posixpath.basename(before).removesuffix(ENDING)
    return f"the one before it is {name}: the same command with --from={name} goes on from there"


def _differences(held: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[str]:
    if held["vocabulary"] != facts["vocabulary"]:
        yield f"its vocabulary has the sha256 {held['vocabulary'][:12]}…, this one {facts['vocabulary'][:12]}…"
    if held["records"] != [list(record) for record in facts["records"]]:
        yield f"its records are {len(held['records']):,} other files"
    if held.get("start", "") != facts["start"]:
        yield "it began with other weights"
    yield from _settings("train", held["train"], facts["train"], dataclasses.asdict(Train()))


def _settings(path: str, held: Any, now: Any, default: Any) -> Iterator[str]:
    """Yields the differences. A setting added after `held` was written is compared by its default."""
    if isinstance(now, Mapping) and isinstance(held, Mapping):
        for name in now:
            if name not in FREE:
                yield from _settings(f"{path}.{name}", held.get(name, default[name]), now[name], default[name])
    elif held != now:
        yield f"{path} is {held} there, {now} here"


def find_records(globs: Sequence[str]) -> tuple[str, ...]:
    """Files of globs, sorted within each, without repeats. Raises NoRecords for a glob that matches none."""
    found = {glob: sorted(tf.io.gfile.glob(glob)) for glob in globs}
    for glob, paths in found.items():
        if not paths:
            raise NoRecords(f"records: {glob} matches no file")
    return tuple(dict.fromkeys(path for paths in found.values() for path in paths))


def check_records(shards: Sequence[str]) -> None:
    """Raises TrainingError unless there are records, and the first ones hold pairs."""
    records = islice(_all_records(shards), LOOKED_AT)
    errors = list(map(_error, records))
    if not errors:
        raise TrainingError(f"no records in {len(shards):,} files, such as {shards[0]}")
    if all(errors):
        raise TrainingError(f"{shards[0]}: {errors[0]}")


def _all_records(shards: Sequence[str]) -> Iterator[bytes]:
    for shard in shards:
        with tf.io.gfile.GFile(shard, "rb") as file:
            yield from (record for _, record in read_records(file))


def _error(record: bytes) -> BadRecord | None:
    try:
        Pair.of(record)
    except BadRecord as error:
        return error
    return None
