"""Inputs of a command: record files, a vocabulary, a trained model."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.commands.train.options import Records, Settings
from pipeline.config import load_config
from pipeline.files import Output
from pipeline.formats import FORMATS, RECORDS
from pipeline.inputs import InputError
from pipeline.outputs.manifest import check_records, corpus_name, read_manifest
from pipeline.printable import tell
from pipeline.storage.overwriting import REMOVING
from train.checkpoint import ENDING, CheckpointError, Checkpoints, digest, load, restore
from train.model import DualEncoder
from train.run import find_records
from train.trained import Trained
from vocab.wordpiece import FACTS, FILE, WordPieceTokenizer


@dataclass(frozen=True)
class Shards:
    """Record files (paths) and what is known of them: the corpus' name, digest and size, or nothing."""

    paths: tuple[str, ...]
    corpus: Mapping[str, Any]


@dataclass(frozen=True)
class Vocabulary:
    """A tokeniser, and the sha256 of its vocabulary."""

    tokenizer: WordPieceTokenizer
    sha256: str
    folder: Path
    corpus: Mapping[str, Any]


def find_shards(asked: Records) -> Shards:
    """The record files of the corpus, or of the globs. Raises InputError, NoRecords where there are none."""
    if asked.corpus is None:
        return Shards(find_records(asked.globs), {})
    output = Output(asked.corpus)
    manifest = read_manifest(output)
    check_records(manifest, asked.corpus)
    shards = [shard for shard in manifest["shards"] if shard["records"]]
    if not shards:
        raise InputError(f"corpus: {asked.corpus} kept no pair with a picture")
    paths = (output.path(FORMATS[RECORDS].file(shard["name"])) for shard in shards)
    records = sum(shard["records"] for shard in shards)
    return Shards(tuple(paths), {**corpus_name(manifest), "records": records})


def load_vocabulary(path: str, remedy: str = "") -> Vocabulary:
    """The vocabulary in a folder of `python -m vocab`, or in a `vocab.txt`.

    Raises InputError, with `remedy` where there is no file.
    """
    file = Path(path) / FILE if Path(path).is_dir() else Path(path)
    try:
        tokenizer = WordPieceTokenizer.load(file)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise InputError(f"vocab: {file}: no such file{remedy}") from error
    except (OSError, ValueError) as error:
        raise InputError(f"vocab: {error}") from error
    facts = file.with_name(FACTS)
    known = json.loads(facts.read_text(encoding="utf-8")) if facts.exists() else {}
    return Vocabulary(tokenizer, digest, file.parent, known.get("corpus", {}))


def load_model(model: str, settings: Settings = ()) -> Trained:
    """The newest checkpoint in the output `model` of `python -m train fit`, or the one whose file that is, with
    `settings` put over those it was made with.

    Tells its step where the run isn't finished. Raises InputError where there is none, or with another vocabulary;
    ConfigError, CheckpointError.
    """
    folder, path = model_folder(model), _checkpoint(model)
    arrays, facts = _loaded(path)
    settled = load_config(json.dumps({"train": facts["run"]["train"]}), settings).train
    vocabulary = load_vocabulary(folder)
    if vocabulary.sha256 != facts["run"]["vocabulary"]:
        raise InputError(f"vocab: {vocabulary.folder} isn't the vocabulary that {path} was trained with")
    encoder = DualEncoder(settled, len(vocabulary.tokenizer))
    restore(arrays, path, model=encoder)
    step, steps = facts["step"], facts["run"]["train"]["steps"]
    if step < steps:
        tell(f"model: {path} is of step {step:,} of {steps:,}")
    return Trained(encoder, vocabulary.tokenizer, settled, digest(path, "model"))


def model_folder(model: str) -> str:
    """The output of `python -m train fit` that a checkpoint's file is in, or that `model` is."""
    return posixpath.dirname(posixpath.dirname(model)) or "." if model.endswith(ENDING) else model


def _checkpoint(model: str) -> str:
    folder = model_folder(model)
    if Output(folder).has(REMOVING):
        raise InputError(f"model: {folder} is half removed by --overwrite; start the killed command again")
    checkpoints = Checkpoints(f"{folder}/checkpoints")
    if model != folder:
        return checkpoints.named(posixpath.basename(model).removesuffix(ENDING))
    path = checkpoints.newest()
    if path is None:
        raise InputError(f"model: {folder} holds no checkpoint of python -m train fit")
    return path


def _loaded(path: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The arrays and facts in a checkpoint. Raises CheckpointError, which names the one before."""
    try:
        return load(path)
    except CheckpointError as error:
        before = Checkpoints(posixpath.dirname(path)).before(path)
        raise CheckpointError(f"{error}; --model={before} takes the one before it" if before else str(error)) from error
