"""The bars of the vocabulary: size, bytes, fit to unseen texts, the tokeniser, and the cost."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import hugging_face
from bench.corpus import FOLDER
from bench.debian_texts import debian_texts
from bench.figures import Figure, median
from bench.held_out import Split, count_words, read_split, write_inputs
from bench.tokenise import same_ids, speed
from bench.vocabulary import Learned, cost, learn
from vocab.quality import Fit, Quality
from vocab.wordpiece import SPECIAL, WordPieceTokenizer

FERTILITY, UNKNOWN = 1.0, 0.01  # percent: more than the yardstick's, and share of all words
LEAST_WORDS = 1_000  # held-out words that a language needs to be judged


@dataclass(frozen=True)
class Trial:
    """A vocabulary of `size` pieces to learn from some texts, and to judge by others."""

    name: str
    profile: str
    size: int
    texts: Split

    @property
    def folder(self) -> Path:
        """The folder of the texts to learn from."""
        return FOLDER / "vocab" / f"{self.profile}-texts"


def vocab(texts: Sequence[str], size: int, english: int, distinct: int, repeats: int) -> Iterator[Figure]:
    """All languages together, if there are several, with `size` pieces; then English alone, with `english`."""
    split = read_split(texts or [debian_texts(FOLDER / "texts")])
    if len(split.learned["lang"].unique()) > 1:
        yield from _judge(Trial("all languages", "multilingual", size, split))
    alone = Trial("English", "uncased", english, split.of("en"))
    pieces = yield from _judge(alone, UNKNOWN)
    yield from speed(pieces, alone.profile, alone.texts.all_texts(), repeats)
    if distinct:
        yield from cost(distinct)


def _judge(trial: Trial, unknown: float | None = None) -> Generator[Figure, None, list[str]]:
    """Yields the figures of one vocabulary, and returns it; `unknown` is a bar in percent of the held-out words."""
    one, figures = _runs(trial)
    yield from figures
    begin = time.process_time()
    theirs = hugging_face.train(trial.texts.learned["text"].to_pylist(), trial.size, one.characters, trial.profile)
    yield Figure(f"{trial.name}: CPU time of python -m vocab, one worker", one.usage.cpu, "s")
    yield Figure(f"{trial.name}: CPU time of WordPieceTrainer", time.process_time() - begin, "s")
    fits = [_fit(trial, pieces) for pieces in (one.pieces, theirs)]
    yield from fertilities(trial.name, *(fit.languages for fit in fits), bar=FERTILITY)
    frequent = _fit(trial, _learn(trial, "frequent", trial.folder / "in-order", min_count=2).pieces)
    yield from fertilities(f"{trial.name}, words that come twice", frequent.languages, fits[1].languages)
    for whose, fit, bar in zip(("", ", WordPieceTrainer"), fits, (unknown, None), strict=True):
        share = 100 * fit.total.unknown / fit.total.words
        yield Figure(f"{trial.name}: unknown of {fit.total.words:,} held-out words{whose}", share, "%", at_most=bar)
    yield same_ids(trial.name, one.pieces, trial.profile, trial.texts.all_texts())
    return one.pieces


def _runs(trial: Trial) -> tuple[Learned, list[Figure]]:
    """The vocabulary by one worker, and the defects of it and of other runs' vocabularies."""
    name = trial.name
    texts = write_inputs(trial.folder / "in-order", trial.texts.learned)
    shuffled = write_inputs(trial.folder / "shuffled", trial.texts.learned, shuffled=True)
    one = _learn(trial, "one", texts)
    others = [_learn(trial, "two", texts, workers=2), _learn(trial, "shuffled", shuffled, workers=2)]
    unequal = sum(other.content != one.content for other in others)
    misplaced = sum(piece != special for piece, special in zip(one.pieces, SPECIAL, strict=False))
    wrong = abs(len(one.pieces) - trial.size)
    return one, [
        Figure(f"{name}: pieces more or less than the {trial.size:,} asked for", wrong, at_most=0),
        Figure(f"{name}: special pieces that aren't first", misplaced, at_most=0),
        Figure(f"{name}: of 3 runs (1 worker, 2, shuffled rows), with other bytes", unequal, at_most=0),
    ]


def _learn(trial: Trial, name: str, inputs: Path, min_count: int = 1, workers: int = 1) -> Learned:
    """Learns from all words, like WordPieceTrainer, unless `min_count` selects frequent ones."""
    options = (f"--size={trial.size}", f"--profile={trial.profile}", f"--vocab.min_count={min_count}")
    return learn(f"{trial.profile}-{name}", inputs, *options, workers=workers)


def _fit(trial: Trial, pieces: Sequence[str]) -> Quality:
    quality = Quality(WordPieceTokenizer(pieces, trial.profile))
    quality.add(count_words(trial.texts.held_out, trial.profile))
    return quality


def fertilities(name: str, ours: dict[str, Fit], theirs: dict[str, Fit], bar: float | None = None) -> Iterator[Figure]:
    """Excess of our pieces per word, in percent, over the languages with LEAST_WORDS held-out words."""
    more = {
        language: 100 * (fit.fertility / theirs[language].fertility - 1)
        for language, fit in ours.items()
        if fit.words >= LEAST_WORDS
    }
    worst = max(more, key=more.__getitem__)
    languages = f"{len(more)} language{'s' if len(more) > 1 else ''}"
    what = f"{name}: pieces a held-out word over WordPieceTrainer's, {languages}"
    yield Figure(f"{what}, median", median(list(more.values())), "%")
    yield Figure(f"{what}, worst ({worst}, {ours[worst].fertility:.3f})", more[worst], "%", at_most=bar)
