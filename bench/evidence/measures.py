"""What is measured of a model, on pictures that no model was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.evidence.emoji import LANGUAGES
from bench.evidence.material import Material
from bench.evidence.pictures import Picture
from bench.evidence.plants import is_planted
from bench.evidence.splits import Query
from train.embedding import PictureFile, embed_pictures, embed_texts
from train.retrieval import RANKS, Recalls, recalls, same_label
from train.saved import load_towers
from train.trained import Trained

Values = dict[str, float]
LEAST_OF_CLASS = 5  # pictures


def measured(model: Path, material: Material, languages: bool) -> Values:
    """All measures of the model in a folder, by name: shares from 0 to 1, and the levels of chance of R@10."""
    trained = load_towers(model)
    drawings = material.split.drawings
    found: Values = {}
    if len(drawings) > 1:
        found |= _drawings(trained, drawings, material.pictures)
    if neutral := [each for each in material.split.style if each.concept not in material.toned]:
        pictures = _vectors(trained, neutral, material.pictures)
        for language in LANGUAGES if languages else ("en",):
            suffix = f"_{language}" if languages else ""
            found |= _style(trained, neutral, pictures, language, suffix)
    return found


def _drawings(trained: Trained, queries: Sequence[Query], folder: Path) -> Values:
    pictures = _vectors(trained, [query.picture for query in queries], folder)
    texts = embed_texts(trained, [query.text for query in queries])
    own = np.arange(len(queries))
    planted = np.array([is_planted(query) for query in queries])
    return {
        **_both("drawings", pictures, texts, own, own),
        **_named("planted_t2i", recalls(texts[planted], pictures, same_label(own[planted], own))),
        **_named("unplanted_t2i", recalls(texts[~planted], pictures, same_label(own[~planted], own))),
        **_classes(trained, [query.picture.folder for query in queries], pictures),
    }


def _style(trained: Trained, emoji: Sequence[Picture], pictures: np.ndarray, language: str, suffix: str) -> Values:
    names = [_name(each, language) for each in emoji]
    labels = np.unique(names, return_inverse=True)[1]  # emoji that have one name are the same to it
    return _both(f"style{suffix}", pictures, embed_texts(trained, names), labels, labels)


def _name(emoji: Picture, language: str) -> str:
    return next(text.text for text in emoji.texts if (text.kind, text.lang) == ("name", language))


def _classes(trained: Trained, folders: Sequence[str], pictures: np.ndarray) -> Values:
    """Zero-shot accuracy by the names of folders, a mean over classes, among folders with several pictures."""
    classes, labels, counts = np.unique(folders, return_inverse=True, return_counts=True)
    large = np.flatnonzero(counts >= LEAST_OF_CLASS)
    if len(large) < 2:
        return {}
    names = embed_texts(trained, [classes[number].replace("_", " ") for number in large])
    right = [float((large[(pictures[labels == number] @ names.T).argmax(axis=1)] == number).mean()) for number in large]
    return {"zero_shot": float(np.mean(right)), "zero_shot_chance": 1 / len(large)}


def _both(name: str, pictures: np.ndarray, texts: np.ndarray, own: np.ndarray, labels: np.ndarray) -> Values:
    return {
        **_named(f"{name}_i2t", recalls(pictures, texts, same_label(own, labels))),
        **_named(f"{name}_t2i", recalls(texts, pictures, same_label(labels, own))),
        f"{name}_count": float(len(pictures)),
    }


def _named(name: str, found: Recalls) -> Mapping[str, float]:
    by_rank = {f"{name}_r{rank}": value for rank, value in zip(RANKS, found.found, strict=True)}
    return {**by_rank, f"{name}_chance": found.chance[-1]}


def _vectors(trained: Trained, pictures: Sequence[Picture], folder: Path) -> np.ndarray:
    """float32 (pictures, width). Raises the error of a picture that can't be read: all of them were written by us."""
    return np.stack(list(_readable(trained, pictures, folder)))


def _readable(trained: Trained, pictures: Sequence[Picture], folder: Path) -> Iterator[np.ndarray]:
    for seen in embed_pictures(trained, (PictureFile(str(folder / each.file)) for each in pictures)):
        if isinstance(seen, ValueError):
            raise seen
        yield seen
