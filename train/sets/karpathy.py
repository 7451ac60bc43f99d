"""Pictures with captions in the JSON of Karpathy's splits: `dataset_coco.json`, `dataset_flickr30k.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from train.sets.files import BadSet, read_json


@dataclass(frozen=True)
class Captioned:
    """A picture by its path, its captions in the order of the file, and their ids (-1 for none)."""

    path: str
    captions: tuple[str, ...]
    ids: tuple[int, ...] = ()


def read_karpathy(file: str, images: str, split: str) -> list[Captioned]:
    """Pictures of one split, in the order of the file; their paths are below the folder `images`.

    COCO's `filepath` (val2014) is a folder below it. COCO's `restval` is a split by itself. Raises NotThere, BadSet.
    """
    entries = _entries(file)
    found = [_captioned(file, images, entry) for entry in entries if entry.get("split") == split]
    if not found:
        splits = sorted({str(entry.get("split")) for entry in entries})
        raise BadSet(f"{file}: no image of split {split!r}; its splits are {', '.join(splits) or 'none'}")
    return found


def _entries(file: str) -> list[Mapping[str, Any]]:
    content = read_json(file)
    entries = content.get("images") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadSet(f"{file}: no list of images in it, as Karpathy's splits have")
    return entries


def _captioned(file: str, images: str, entry: Mapping[str, Any]) -> Captioned:
    try:
        parts = (images, entry.get("filepath"), entry["filename"])
        sentences = entry["sentences"]
        captions = tuple(str(sentence["raw"]) for sentence in sentences)
        ids = tuple(int(sentence.get("sentid", -1)) for sentence in sentences)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadSet(
            f"{file}: {entry.get('filename', entry)}: no filename and sentences with raw ({error!r})"
        ) from error
    return Captioned("/".join(part.rstrip("/") for part in parts if part), captions, ids)
