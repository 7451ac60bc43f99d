"""Measures of a model, on pictures that no model was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.evidence.emoji import LANGUAGES
from bench.evidence.exam import Drawing, Emoji, Exam
from train.embedding import PictureFile, embed_pictures, embed_texts
from train.retrieval import RANKS, Recalls, recalls, same_label
from train.saved import load_towers
from train.trained import Trained

Values = dict[str, float]
LEAST_OF_CLASS = 5  # pictures


def measured(model: Path, exam: Exam, pictures: Path, languages: bool) -> Values:
    """All measures of the model in a folder, by name: shares from 0 to 1, the levels of chance, and counts.

    `pictures` is the folder of the exam's files.
    """
    trained = load_towers(model)
    found: Values = {}
    if len(exam.drawings) > 1:
        found |= _drawings(trained, exam.drawings, pictures)
    if len(exam.emoji) > 1:
        seen = _vectors(trained, [each.file for each in exam.emoji], pictures)
        found |= _style(trained, exam.emoji, seen, "en", "style")
        for language in LANGUAGES if languages else ():
            found |= _style(trained, exam.emoji, seen, language, f"style_{language}")
    return found


def _drawings(trained: Trained, drawings: Sequence[Drawing], folder: Path) -> Values:
    pictures = _vectors(trained, [each.file for each in drawings], folder)
    texts = embed_texts(trained, [each.text for each in drawings])
    own = np.arange(len(drawings))
    planted = np.array([each.planted for each in drawings])
    found = _both("drawings", pictures, texts, own, own)
    for name, part in (("planted", planted), ("unplanted", ~planted)):
        if part.any():
            found |= _named(f"{name}_t2i", recalls(texts[part], pictures, same_label(own[part], own)))
    return {**found, **zero_shot(trained, [each.folder for each in drawings], pictures)}


def _style(trained: Trained, emoji: Sequence[Emoji], pictures: np.ndarray, language: str, name: str) -> Values:
    """Recalls by the names in a language; emoji that have one name are all right for it."""
    names = [each.names[language] for each in emoji]
    labels = np.unique(names, return_inverse=True)[1]
    return _both(name, pictures, embed_texts(trained, names), labels, labels)


def zero_shot(trained: Trained, folders: Sequence[str], pictures: np.ndarray) -> Values:
    """Accuracy by the names of folders, a mean over classes, among folders with several pictures; none for one class.

    `folders` are those of the pictures, whose vectors are float32 (pictures, width).
    """
    classes, labels, counts = np.unique(folders, return_inverse=True, return_counts=True)
    large = np.flatnonzero(counts >= LEAST_OF_CLASS)
    if len(large) < 2:
        return {}
    names = embed_texts(trained, [classes[number].replace("_", " ") for number in large])
    right = [float((large[(pictures[labels == number] @ names.T).argmax(axis=1)] == number).mean()) for number in large]
    return {"zero_shot": float(np.mean(right)), "zero_shot_chance": 1 / len(large)}


def _both(name: str, pictures: np.ndarray, texts: np.ndarray, of_pictures: np.ndarray, of_texts: np.ndarray) -> Values:
    return {
        **_named(f"{name}_i2t", recalls(pictures, texts, same_label(of_pictures, of_texts))),
        **_named(f"{name}_t2i", recalls(texts, pictures, same_label(of_texts, of_pictures))),
        f"{name}_count": float(len(pictures)),
    }


def _named(name: str, found: Recalls) -> Mapping[str, float]:
    by_rank = {f"{name}_r{rank}": value for rank, value in zip(RANKS, found.found, strict=True)}
    return {**by_rank, f"{name}_chance": found.chance[-1]}


def _vectors(trained: Trained, files: Sequence[str], folder: Path) -> np.ndarray:
    """float32 (files, width). Raises BadPicture for a file that can't be read."""
    return np.stack(list(_seen(trained, files, folder)))


def _seen(trained: Trained, files: Sequence[str], folder: Path) -> Iterator[np.ndarray]:
    for seen in embed_pictures(trained, (PictureFile(str(folder / file)) for file in files)):
        if isinstance(seen, ValueError):
            raise seen
        yield seen
