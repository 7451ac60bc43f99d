"""The kinds of evaluation sets: files and settings."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import MISSING, dataclass, field
from typing import Any, Protocol

from train.bounds import choose
from train.evaluation.published import ALIGN
from train.evaluation.records import RecordSet
from train.measures.captions import CaptionSet
from train.measures.crossed import IMAGE, TEXT, CrossedSet, RatingTask
from train.measures.labels import Neighbours, ZeroShot
from train.measures.result import Measured
from train.measures.word_similarity import WordSet
from train.sets.crossed import read_captions_rated, read_pairs_rated, read_pictures_rated
from train.sets.files import find_files, folder
from train.sets.folders import read_folders
from train.sets.karpathy import read_karpathy
from train.sets.lists import read_lists
from train.sets.names import class_names
from train.sets.prompts import read_templates
from train.sets.simlex import read_words


class Measurable(Protocol):
    """A set with its files read."""

    def measure(self, towers: Any) -> Measured:
        """Measures the set. Raises TrainingError."""


def _file(default: Any = MISSING) -> Any:
    """A setting that is a path, below the data folder unless absolute; "" is none."""
    return field(default=default, metadata={"file": True})


@dataclass(frozen=True, kw_only=True)
class EvaluationSet:
    """Settings of all kinds: `paper` names the set whose published numbers stand beside ours."""

    paper: str = ""

    def __post_init__(self) -> None:
        if self.paper:
            choose("paper", self.paper, ALIGN)
        for name in ("captions", "samples"):
            value = getattr(self, name, 1)
            if isinstance(value, int) and value < 1:
                raise ValueError(f"{name}: {value} is under 1")

    def below(self, data: str) -> EvaluationSet:
        """Puts the set's paths below the folder `data`."""
        files = [each.name for each in dataclasses.fields(self) if each.metadata.get("file")]
        paths = {name: os.path.join(data, getattr(self, name)) for name in files if getattr(self, name)}
        return dataclasses.replace(self, **paths)

    def read(self) -> Measurable:
        """Reads the files. Raises NotThere, BadSet."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class CaptionRetrieval(EvaluationSet):
    """Pictures with captions in Karpathy's JSON, below the folder `images`."""

    annotations: str = _file()
    images: str = _file()
    split: str = "test"
    captions: int = 5

    def read(self) -> CaptionSet:
        """Reads the pictures of the split."""
        return CaptionSet(read_karpathy(self.annotations, folder(self.images), self.split), self.captions)


@dataclass(frozen=True, kw_only=True)
class RecordRetrieval(EvaluationSet):
    """TFRecord files by a glob, as the pipeline writes them: all pictures, or only those held out of training."""

    records: str = _file()
    held_out: bool = False

    def read(self) -> RecordSet:
        """Lists the files."""
        return RecordSet(tuple(find_files(self.records)), self.held_out)


@dataclass(frozen=True, kw_only=True)
class ZeroShotClassification(EvaluationSet):
    """Folders of pictures, one per class; names of the classes, and templates, from files or as shipped.

    With `subset`, only the named classes that have a folder are candidates.
    """

    images: str = _file()
    names: str = _file("")
    templates: str = _file("")
    subset: bool = False

    def read(self) -> ZeroShot:
        """Reads pictures, names and templates."""
        pictures = read_folders(self.images)
        names = class_names(pictures.classes, self.names, self.subset)
        return ZeroShot(pictures, names, read_templates(self.templates))


@dataclass(frozen=True, kw_only=True)
class NearestNeighbours(EvaluationSet):
    """Folders of pictures, one per class, and such folders of training pictures."""

    images: str = _file()
    training: str = _file()

    def read(self) -> Neighbours:
        """Reads both folders."""
        return Neighbours(read_folders(self.images), read_folders(self.training))


@dataclass(frozen=True, kw_only=True)
class Crisscrossed(EvaluationSet):
    """COCO in Karpathy's JSON, and the folder of Crisscrossed Captions' ratings; see CrossedSet."""

    annotations: str = _file()
    images: str = _file()
    ratings: str = _file()
    split: str = "test"
    captions: int = 5
    min_rating: float = 3.0
    samples: int = 1000
    seed: int = 0

    def read(self) -> CrossedSet:
        """Reads the split's pictures and all its ratings."""
        pictures = read_karpathy(self.annotations, folder(self.images), self.split)
        return CrossedSet(pictures, self.captions, self._tasks(), self.min_rating, self.samples, self.seed)

    def _tasks(self) -> tuple[RatingTask, ...]:
        """SITS' queries are pictures: 1,000 samples then reproduce the paper's standard deviation."""
        captions = read_captions_rated(f"{self.ratings}/sts_{self.split}.csv")
        pictures = read_pictures_rated(f"{self.ratings}/sis_{self.split}.csv")
        pairs = read_pairs_rated(f"{self.ratings}/sits_{self.split}.csv")
        return (
            RatingTask("STS", (TEXT, TEXT), 0, captions),
            RatingTask("SIS", (IMAGE, IMAGE), 0, pictures),
            RatingTask("SITS", (TEXT, IMAGE), 1, pairs),
        )


@dataclass(frozen=True, kw_only=True)
class Multi30k(EvaluationSet):
    """A file of picture names, and files of captions by a glob: one language each, one line per picture."""

    names: str = _file()
    texts: str = _file()
    images: str = _file()
    captions: int = 5

    def read(self) -> CaptionSet:
        """Reads the pictures, each with a caption from every file."""
        pictures = read_lists(self.names, find_files(self.texts), folder(self.images))
        return CaptionSet(pictures, self.captions, mean=True)


@dataclass(frozen=True, kw_only=True)
class WordSimilarity(EvaluationSet):
    """A file of word pairs with ratings, like SimLex-999."""

    pairs: str = _file()

    def read(self) -> WordSet:
        """Reads the pairs."""
        return WordSet(read_words(self.pairs))


KINDS: dict[str, type[EvaluationSet]] = {
    "retrieval": CaptionRetrieval,
    "records": RecordRetrieval,
    "zero_shot": ZeroShotClassification,
    "knn": NearestNeighbours,
    "crisscrossed": Crisscrossed,
    "multi30k": Multi30k,
    "words": WordSimilarity,
}
