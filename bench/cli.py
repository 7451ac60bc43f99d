"""The commands of `python -m bench`. Exit codes: 0 all bars are met, 1 one is missed or a run failed, 2 wrong usage."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import NoReturn

from bench.figures import Figure, show
from bench.measure import CommandFailed

TOY = "configs/toy.yaml"
Measure = Callable[[argparse.Namespace], Iterator[Figure]]

EPILOG = """
Ratios are what counts: seconds differ between machines. Both sides of a ratio are measured in one run, in turns, after
a small run that compiles the kernels. Inputs and outputs are in out/bench. Bars on wall time need an idle machine.
"""


def main() -> NoReturn:
    """Measures the chosen figures, prints them as a Markdown table, and exits."""
    options = _parser().parse_args()
    try:
        sys.exit(0 if show(options.measure(options)) else 1)
    except CommandFailed as error:
        sys.exit(f"bench: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__, epilog=EPILOG, allow_abbrev=False)
    parser.set_defaults(measure=_short)
    commands = parser.add_subparsers(metavar="COMMAND", title="without one, a short set in some minutes")
    text = _add(commands, "text", _text, "the text passes against DuckDB, and two workers against one")
    _add_rows(text, "3e6")
    memory = _add(commands, "memory", _memory, "the peak of the process tree; a row group with a gigabyte of images")
    _add_rows(memory, "3e6,9e6,10e6,30e6")
    images = _add(commands, "images", _images, "the image passes against a loop that hashes each image once")
    images.add_argument("--images", type=int, default=4000, metavar="N", help="(default: 4000)")
    peers = _add(commands, "peers", _peers, "the image passes against data-juicer, in an environment of its own")
    peers.add_argument("--images", type=int, default=2000, metavar="N", help="(default: 2000)")
    vocabulary = _add(commands, "vocab", _vocab, "the vocabulary and the tokeniser against Hugging Face's tokenizers")
    _add_vocab(vocabulary)
    dedup = _add(commands, "dedup", _dedup, "recall of near-duplicates by transform, false positives, cost")
    dedup.add_argument("--photos", type=Path, required=True, metavar="DIR", help="half of them are the evaluation set")
    dedup.add_argument("--unrelated", type=Path, metavar="DIR", help="pictures that are copies of none of them")
    dedup.add_argument("--held_out", action="store_true", help="the half and the transforms that nothing was tuned on")
    profile = _add(commands, "profile", _profile, "where the CPU time of the text passes goes, by function")
    _add_rows(profile, "3e6")
    start = _add(commands, "start", _start, "--help, and the toy corpus")
    scale = _add(commands, "scale", _scale, "tens of millions of rows, and a hundred thousand images, on two workers")
    _add_rows(scale, "1e6,30e6")
    scale.add_argument("--images", type=int, default=100_000, metavar="N", help="0: none (default: 100000)")
    skew = _add(commands, "skew", _skew, "one text or one image on all rows, one large file: memory and time")
    skew.add_argument(
        "--rows", type=lambda text: int(float(text)), default=5_000_000, metavar="N", help="(default: 5e6)"
    )
    train = _add(commands, "train", _train, "the trainer's input against its step, and its step against Keras fit")
    train.add_argument("--corpus", type=Path, default="out/toy", metavar="DIR", help="with vocab/ (default: out/toy)")
    search = _add(commands, "search", _search, "exact search against numpy's and faiss's, lists for faiss against it")
    search.add_argument(
        "--rows", type=lambda text: int(float(text)), default=1_000_000, metavar="N", help="vectors (default: 1e6)"
    )
    curation = _add(commands, "curation", _curation, "models of raw pairs against models of the corpus made from them")
    curation.add_argument("--pairs", required=True, metavar="GLOB", help="what python -m pipeline takes as --input")
    curation.add_argument("--seeds", type=int, default=3, metavar="N", help="models of each (default: 3)")
    queue = _add(commands, "queue", _queue, "negatives from a queue against those of a batch, where batches are small")
    queue.add_argument("--corpus", type=Path, default="out/toy", metavar="DIR", help="with vocab/ (default: out/toy)")
    queue.add_argument("--batch", type=int, default=16, metavar="N", help="pairs (default: 16)")
    queue.add_argument("--sizes", type=_numbers, default="512", metavar="N[,N…]", help="of queues (default: 512)")
    queue.add_argument("--seeds", type=int, default=3, metavar="N", help="models of each (default: 3)")
    queue.add_argument("--model", type=Path, metavar="DIR", help="whose weights they begin with (default: random ones)")
    for command in (curation, queue):
        command.add_argument(
            "--set", action="append", default=[], metavar="SECTION.FIELD=VALUE", help="over the toy's config"
        )
    for command in (text, images, vocabulary, start, train, search):
        command.add_argument("--repeats", type=int, default=3, metavar="N", help="medians are shown (default: 3)")
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, measure: Measure, what: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=what, description=what, allow_abbrev=False)
    command.set_defaults(measure=measure)
    return command


def _add_rows(command: argparse.ArgumentParser, default: str) -> None:
    command.add_argument("--rows", type=_numbers, default=default, metavar="N[,N…]", help=f"(default: {default})")
    command.add_argument("--foreign", type=float, default=0.0, metavar="SHARE", help="rows not in ASCII (default: 0)")


def _add_vocab(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--texts", type=_globs, default=[], metavar="GLOB[,GLOB…]", help="Parquet with text, lang (default: Debian's)")
    add("--size", type=int, default=100_000, metavar="N", help="pieces for all languages (default: 100000)")
    add("--english", type=int, default=30_000, metavar="N", help="pieces for English (default: 30000)")
    add("--distinct", type=int, default=3_000_000, metavar="N", help="words of the cost; 0: none (default: 3000000)")


def _globs(text: str) -> list[str]:
    return text.split(",")


def _numbers(text: str) -> list[int]:
    return [int(float(number)) for number in text.split(",")]


def _short(_: argparse.Namespace) -> Iterator[Figure]:
    from bench.images import images
    from bench.memory import growth
    from bench.start import start
    from bench.text import text

    return chain(start(3), text(3_000_000, 3, 0.0), growth([1_000_000, 3_000_000], 0.0), images(2000, 1))


def _text(options: argparse.Namespace) -> Iterator[Figure]:
    from bench.text import text

    return chain.from_iterable(text(rows, options.repeats, options.foreign) for rows in options.rows)


def _memory(options: argparse.Namespace) -> Iterator[Figure]:
    from bench.memory import growth, row_group

    return chain(growth(options.rows, options.foreign), row_group())


def _images(options: argparse.Namespace) -> Iterator[Figure]:
    from bench.images import images

    return images(options.images, options.repeats)


def _peers(options: argparse.Namespace) -> Iterator[Figure]:
    from bench.peers import peers

    return peers(options.images)


def _vocab(options: argparse.Namespace) -> Iterator[Figure]:
    from bench.vocab import vocab

    return vocab(options.texts, options.size, options.english, options.distinct, options.repeats)


def _dedup(options: argparse.Namespace) -> Iterator[Figure]:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads that wait for small products would count as CPU time
    from bench.dedup import dedup

    return dedup(options.photos, options.unrelated, options.held_out)


def _profile(options: argparse.Namespace) -> Iterator[Figure]:
    from bench.hot_spots import hot_spots

    return chain.from_iterable(hot_spots(rows, options.foreign) for rows in options.rows)


def _train(options: argparse.Namespace) -> Iterator[Figure]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from bench.training import training

    return training(options.corpus, TOY, options.repeats)


def _curation(options: argparse.Namespace) -> Iterator[Figure]:
    from bench.curation import curation

    return curation(options.pairs, TOY, [f"--{setting}" for setting in options.set], options.seeds)


def _queue(options: argparse.Namespace) -> Iterator[Figure]:
    from bench.queue import queue

    settings = [f"--{setting}" for setting in options.set]
    return queue(options.corpus, settings, options.batch, options.sizes, options.seeds, options.model)


def _search(options: argparse.Namespace) -> Iterator[Figure]:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in python -m train, which starts threads itself
    from bench.search import search

    return search(options.rows, options.repeats)


def _scale(options: argparse.Namespace) -> Iterator[Figure]:
    from bench.scale import images, rows

    return chain(rows(options.rows), images(options.images) if options.images else ())


def _skew(options: argparse.Namespace) -> Iterator[Figure]:
    from bench.skew import skew

    return skew(options.rows)


def _start(options: argparse.Namespace) -> Iterator[Figure]:
    from bench.start import start

    return start(options.repeats)
