"""The commands of `python -m bench`. Exit codes: 0 all bars are met, 1 one is missed or a run failed, 2 wrong usage."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeVar

from bench import options
from bench.figures import Figure, NotMeasured, show
from bench.measure import CommandFailed
from pipeline.commands.command import Codes, Command, Tool
from pipeline.commands.program import FAILED

TOY = "configs/toy.yaml"
EPILOG = """
Ratios are what counts: seconds differ between machines. Both sides of a ratio are measured in one run, in turns, after
a small run that compiles the kernels. Inputs and outputs are in out/bench. Bars on wall time need an idle machine.
"""
Kind = TypeVar("Kind")


def commands() -> Mapping[str, Command[Any]]:
    """All benchmarks by name; without a name, a short set in some minutes."""
    add = _command
    named: list[Command[Any]] = [
        add("text", options.Text, _text, "the text passes against DuckDB, and two workers against one"),
        add("memory", options.Memory, _memory, "the peak of the process tree; a row group with a gigabyte of images"),
        add("images", options.Images, _images, "the image passes against a loop that hashes each image once"),
        add("porn", options.Porn, _porn, "the porn model's speeds: each decision that differs, and images a second"),
        add("peers", options.Peers, _peers, "the image passes against data-juicer, in an environment of its own"),
        add("fetch", options.Fetching, _fetch, "the fetching loop against img2dataset and bare pycurl, from nginx"),
        add("vocab", options.Vocab, _vocab, "the vocabulary and the tokeniser against Hugging Face's tokenizers"),
        add("dedup", options.Dedup, _dedup, "recall of near-duplicates by transform, false positives, cost"),
        add("pages", options.Pages, _pages, "WARC to pairs against FastWARC, lexbor and img[alt] alone"),
        add("profile", options.Profile, _profile, "where the CPU time of the text passes goes, by function"),
        add("origins", options.Origins, _origins, "what statistics by host, language, … cost of the text passes"),
        add("notes", options.Notes, _notes, "what the command reads of each shard after the last pass, alone"),
        add("start", options.Start, _start, "--help, a first run, and the toy corpus"),
        add("scale", options.Scale, _scale, "tens of millions of rows, and a hundred thousand images, on two workers"),
        add("requests", options.Requests, _requests, "requests of the count pass to storage, by the number of rows"),
        add(
            "reuse", options.Reuse, _reuse, "a run that takes from a finished one what can't have changed, with scores"
        ),
        add("skew", options.Skew, _skew, "one text or one image on all rows, one large file: memory and time"),
        add("train", options.Training, _train, "the trainer's input against its step, and its step against Keras fit"),
        add("device", options.Device, _device, "one GPU: steps at the paper's sizes by XLA and determinism; input"),
        add("search", options.Search, _search, "exact search against numpy's and faiss's, lists for faiss against it"),
        add("curation", options.Curation, _curation, "models of raw pairs against models of the corpus made from them"),
        add("queue", options.Queue, _queue, "negatives from a queue against those of a batch, where batches are small"),
        add("evidence", options.Evidence, _evidence, "what size, rules, decontamination and more do for a model"),
    ]
    return {"": _command("bench", options.Short, _short, __doc__, EPILOG), **{each.name: each for each in named}}


def _command(
    name: str, kind: type[Kind], measure: Callable[[Kind], Iterator[Figure | NotMeasured]], says: str, epilog: str = ""
) -> Command[Kind]:
    def run(given: Kind, _: str) -> int:
        return 0 if show(measure(given)) else FAILED

    return Command(name, says, options.reader(kind), run, errors, epilog=epilog)


def errors() -> Codes:
    """Exit codes of exceptions."""
    return {CommandFailed: FAILED}


BENCH = Tool("bench", "speed and memory against named yardsticks", commands)


def _short(_: options.Short) -> Iterator[Figure]:
    from bench.images import images
    from bench.memory import growth
    from bench.start import start
    from bench.text import text

    return chain(start(3), text(3_000_000, 3, 0.0), growth([1_000_000, 3_000_000], 0.0), images(2000, 1))


def _text(given: options.Text) -> Iterator[Figure]:
    from bench.text import text

    return chain.from_iterable(text(rows, given.repeats, given.foreign) for rows in given.rows)


def _memory(given: options.Memory) -> Iterator[Figure]:
    from bench.memory import LEVELS_ROWS, growth, in_levels, row_group

    return chain(growth(given.rows, given.foreign), in_levels(LEVELS_ROWS, given.foreign), row_group())


def _images(given: options.Images) -> Iterator[Figure]:
    from bench.images import images

    return images(given.images, given.repeats)


def _porn(given: options.Porn) -> Iterator[Figure]:
    from bench.porn import porn

    return porn(given.pictures)


def _peers(given: options.Peers) -> Iterator[Figure]:
    from bench.peers import peers

    return peers(given.images)


def _fetch(given: options.Fetching) -> Iterator[Figure]:
    from bench.fetching import fetching

    return fetching(given.images, given.repeats, given.nginx)


def _vocab(given: options.Vocab) -> Iterator[Figure]:
    from bench.vocab import vocab

    return vocab(given.texts, given.size, given.english, given.distinct, given.repeats)


def _dedup(given: options.Dedup) -> Iterator[Figure]:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads that wait for small products would count as CPU time
    from bench.dedup import dedup

    return dedup(given.photos, given.unrelated, given.held_out)


def _pages(given: options.Pages) -> Iterator[Figure]:
    from bench.pages import pages

    return pages(given.pages, given.repeats)


def _profile(given: options.Profile) -> Iterator[Figure]:
    from bench.hot_spots import hot_spots

    return chain.from_iterable(hot_spots(rows, given.foreign) for rows in given.rows)


def _origins(given: options.Origins) -> Iterator[Figure]:
    from bench.origins import origins

    return chain.from_iterable(origins(rows) for rows in given.rows)


def _notes(given: options.Notes) -> Iterator[Figure]:
    from bench.notes import notes

    return chain.from_iterable(notes(rows) for rows in given.rows)


def _train(given: options.Training) -> Iterator[Figure]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from bench.training import training

    return training(given.corpus, TOY, given.repeats)


def _device(given: options.Device) -> Iterator[Figure | NotMeasured]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from bench.device import device

    return device(given.batch, given.minutes, given.tiny)


def _curation(given: options.Curation) -> Iterator[Figure]:
    from bench.curation import curation

    return curation(given.pairs, TOY, [f"--{setting}" for setting in given.set], given.seeds)


def _queue(given: options.Queue) -> Iterator[Figure]:
    from bench.queue import queue

    settings = [f"--{setting}" for setting in given.set]
    return queue(given.corpus, settings, given.batch, given.sizes, given.seeds, given.model)


def _evidence(given: options.Evidence) -> Iterator[Figure]:
    from bench.evidence.cells import STEPS
    from bench.evidence.run import Evidence, evidence, planned, written

    asked = Evidence(tuple(given.questions), given.seeds, given.part, given.steps or STEPS)
    if given.write:
        print(f"{written(asked)} is written", file=sys.stderr)
        return iter(())
    return planned(asked) if given.plan else evidence(asked)


def _search(given: options.Search) -> Iterator[Figure]:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in python -m train, which has threads of its own
    from bench.search import search

    return search(given.rows, given.repeats)


def _scale(given: options.Scale) -> Iterator[Figure]:
    from bench.scale import images, rows

    return chain(rows(given.rows), images(given.images) if given.images else ())


def _requests(given: options.Requests) -> Iterator[Figure]:
    from bench.requests import requests

    return requests(given.rows, given.planned)


def _skew(given: options.Skew) -> Iterator[Figure]:
    from bench.skew import skew

    return skew(given.rows)


def _reuse(given: options.Reuse) -> Iterator[Figure]:
    from bench.reuse import reuse

    return reuse(given.images)


def _start(given: options.Start) -> Iterator[Figure]:
    from bench.start import start

    return start(given.repeats)
