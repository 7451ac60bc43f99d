"""The questions, and the cells that answer them: each model differs from the first in what its question asks about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.evidence.cells import Cell
from bench.evidence.corpora import DECONTAMINATION, IN_ENGLISH, MULTILINGUAL, Corpus
from bench.evidence.emoji import LANGUAGES

RULES = ("images_of_text", "rare_ngram", "word_count", "aspect_ratio", "short_side")
NOISE = (0.1, 0.25, 0.5, 0.75)
LARGER = (
    "train.image.tower=b0",
    "train.text.tower=mini",
    "train.optimizer.learning_rate=0.0005",
)  # at 0.002 none learns
LONGER = 10  # times the steps, for a model to search with
USUAL = {
    "text to drawing": "drawings_t2i_r10",
    "drawing to text": "drawings_i2t_r10",
    "emoji to name": "style_i2t_r10",
    "name to emoji": "style_t2i_r10",
    "zero-shot": "zero_shot",
}


@dataclass(frozen=True)
class Variant:
    """A model by its name in a table, without its seed."""

    label: str
    cell: Cell


@dataclass(frozen=True)
class Question:
    """A question: its name, the models that answer it, and the measures that are shown, by their titles."""

    name: str
    variants: Sequence[Variant]
    columns: Mapping[str, str]
    seeds: int | None = None  # as many as are asked for
    times: int = 1  # as many steps as are asked for

    def cells(self, seeds: int, steps: int) -> Iterator[tuple[Variant, Cell]]:
        """Yields the cells, each with the variant that it is one of."""
        for seed in range(seeds if self.seeds is None else self.seeds):
            for variant in self.variants:
                yield variant, replace(variant.cell, seed=seed, steps=self.times * steps)


def questions() -> tuple[Question, ...]:
    """All questions, in their order."""
    planted = {"with copies planted": "planted_t2i_r10", "without": "unplanted_t2i_r10"}
    names = {language: f"style_{language}_i2t_r10" for language in LANGUAGES}
    return (
        Question("size", tuple(_sizes()), USUAL),
        Question("rules", tuple(_rules()), USUAL),
        Question("noise", tuple(_noise()), USUAL),
        Question("copies", tuple(_copies()), planted),
        Question("model", tuple(_models()), USUAL),
        Question("languages", tuple(_languages()), names),
        Question("search", (Variant("all pairs", Cell(keep=True)),), USUAL, seeds=1, times=LONGER),
    )


def _sizes() -> Iterator[Variant]:
    for tower, settings in (("small", ()), ("large", LARGER)):
        for share in (10, 30, 100):
            yield Variant(f"{share} %, {tower} towers", Cell(Corpus(share=share), settings))


def _rules() -> Iterator[Variant]:
    yield Variant("all rules", Cell())
    for rule in RULES:
        yield Variant(f"without `{rule}`", Cell(Corpus(off=(rule,))))
    yield Variant("without all five", Cell(Corpus(off=RULES)))


def _noise() -> Iterator[Variant]:
    """The control has half noise too, and about as many pairs as the rule leaves of it."""
    for noise in (0.0, *NOISE):
        for label, off in (("rule off", (RULES[0],)), ("rule on", ())):
            yield Variant(f"{100 * noise:g} % of noise, {label}", Cell(Corpus(noise=noise, off=off)))
    yield Variant("50 % of noise, a random 24 %", Cell(Corpus(noise=0.5, off=RULES[:1], share=24)))


def _copies() -> Iterator[Variant]:
    off = (DECONTAMINATION,)
    yield Variant("nothing planted, rule on", Cell())
    yield Variant("nothing planted, rule off", Cell(Corpus(off=off)))
    yield Variant("copies planted, rule on", Cell(Corpus(planted=True)))
    yield Variant("copies planted, rule off", Cell(Corpus(planted=True, off=off)))


def _models() -> Iterator[Variant]:
    settings = {
        "all negatives, learned temperature": (),
        "50 % of negatives": ("train.loss.negatives=0.5",),
        "25 % of negatives": ("train.loss.negatives=0.25",),
        "embeddings of 32": ("train.image.width=32",),
        "embeddings of 256": ("train.image.width=256",),
        "temperature fixed at 0.07": ("train.temperature.learned=false",),
        "temperature fixed at 1/64": ("train.temperature.learned=false", "train.temperature.start=0.015625"),
    }
    return (Variant(label, Cell(settings=given)) for label, given in settings.items())


def _languages() -> Iterator[Variant]:
    yield Variant("names in 25 languages", Cell(MULTILINGUAL, languages=True))
    yield Variant("names in English", Cell(IN_ENGLISH, languages=True))
