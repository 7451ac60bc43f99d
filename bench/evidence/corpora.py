"""The corpora that models are trained on: raw pairs, run through the whole pipeline, with a vocabulary."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.evidence.emoji import LANGUAGES
from bench.evidence.material import Material, short_hash
from bench.evidence.pairs import Row, planted_rows, rows, write_pairs
from bench.evidence.plants import plant
from bench.measure import measure, python

CONFIG = Path(__file__).with_name("evidence.yaml")
ENGLISH = ("en",)
DECONTAMINATION = "eval_duplicate"


@dataclass(frozen=True)
class Corpus:
    """A corpus: which raw pairs it is made from, the rules that are off, and the share of it that is taken."""

    languages: tuple[str, ...] = ENGLISH
    noise: float = 0.0
    planted: bool = False
    off: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    share: int = 100  # percent of the kept pairs; a smaller share is part of a larger one

    @property
    def whole(self) -> Corpus:
        """The corpus that this one is a share of."""
        return Corpus(self.languages, self.noise, self.planted, self.off, self.settings)

    def __str__(self) -> str:
        """Names the differences from the corpus of all pairs and rules; empty if there is none."""
        said = [*(f"without {rule}" for rule in self.off), *self.settings]
        languages = [f"{len(self.languages)} languages"] * (self.languages != ENGLISH)
        noise, planted = [f"noise {self.noise:g}"] * (self.noise > 0), ["planted copies"] * self.planted
        return ", ".join([*languages, *noise, *planted, *said, *[f"{self.share} %"] * (self.share < 100)])

    def key(self, pictures: str) -> str:
        """A name by all that determines the corpus, beside the program; `pictures` is that of its pictures."""
        return short_hash([asdict(self), pictures])


NAMES = ("text.profile=multilingual", "filters.word_count.min_words=1")  # many languages write a name in one word
MULTILINGUAL = Corpus(LANGUAGES, settings=(*NAMES, "vocab.size=20000"))
IN_ENGLISH = Corpus(settings=NAMES)


@dataclass(frozen=True)
class Made:
    """The folders of a corpus and of its vocabulary."""

    corpus: Path
    vocab: Path

    @property
    def records(self) -> int:
        """The number of its pairs."""
        return sum(shard["records"] for shard in json.loads((self.corpus / "manifest.json").read_text())["shards"])


def place_of(corpus: Corpus, material: Material) -> Made:
    """The folders of a corpus, whether it is there or not; a share has the whole's vocabulary."""
    corpora = material.folder / "corpora"
    return Made(corpora / corpus.key(material.key) / "corpus", corpora / corpus.whole.key(material.key) / "vocab")


def make(corpus: Corpus, material: Material) -> Made:
    """Makes a corpus where it isn't there. Raises CommandFailed."""
    made = place_of(corpus, material)
    folder = made.corpus.parent
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        if corpus.share < 100:
            whole = make(corpus.whole, material)
            subset = ("pipeline", "subset", whole.corpus, f"--size={corpus.share}%")
            measure(*python("-m", *subset, f"--output={made.corpus}"))
        else:
            _run(corpus, material, folder)
        (folder / "ready").touch()
    return made


def _run(corpus: Corpus, material: Material, folder: Path) -> None:
    write_pairs(folder / "raw" / "pairs.parquet", list(_pairs(corpus, material)))
    settings = [f"--{each}" for each in (*corpus.settings, *_rules_off(corpus))]
    pictures = f"--input.image_folder={material.pictures.resolve()}"
    known = (*_evaluation(corpus, material), *_reused(corpus, material))
    given = (f"--config={CONFIG}", f"--input={folder / 'raw'}", pictures, *known, *settings)
    measure(*python("-m", "pipeline", *given, f"--output={folder / 'corpus'}"))
    measure(*python("-m", "vocab", f"--corpus={folder / 'corpus'}", f"--output={folder / 'vocab'}"))


def _pairs(corpus: Corpus, material: Material) -> Iterator[Row]:
    yield from rows(material.split.train, corpus.languages, corpus.noise)
    if corpus.planted:
        yield from planted_rows(plant(material.split.drawings, material.pictures, "planted"))


def _rules_off(corpus: Corpus) -> Iterator[str]:
    return (f"filters.{rule}.enabled=false" for rule in corpus.off)


def _evaluation(corpus: Corpus, material: Material) -> Iterator[str]:
    """The held-out pictures as an evaluation set, hashed once, unless there are none or the rule on copies is off."""
    if DECONTAMINATION in corpus.off or not (material.split.drawings or material.split.style):
        return
    index = material.folder / f"held-out-{material.key}.idx"
    if not index.exists():
        measure(
            *python("-m", "dedup", "index", f"--images={held_out(material)}", f"--output={index}", "--name=held-out")
        )
    yield f"--eval_images={index}"


def _reused(corpus: Corpus, material: Material) -> Iterator[str]:
    """The corpus of all pairs and rules, which knows already what most pictures are copies of."""
    if corpus != Corpus() and DECONTAMINATION not in corpus.off:
        yield f"--reuse={make(Corpus(), material).corpus}"


def held_out(material: Material) -> Path:
    """The table of all held-out pictures with their English texts, written at the first use."""
    table = material.pictures / f"held-out-{material.key}.parquet"  # beside the pictures, where their paths begin
    if not table.exists():
        pictures = [*(query.picture for query in material.split.drawings), *material.split.style]
        write_pairs(table, list(rows(pictures, ENGLISH)))
    return table
