"""The two forms in which caption sets are published as JSON: COCO's `captions_*.json` and Karpathy's splits."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from typing import Any

from pipeline.files import open_file
from pipeline.inputs.errors import BadFile, reading
from pipeline.inputs.json_files.json_lists import list_elements

Row = dict[str, Any]

COCO, KARPATHY = "COCO", "Karpathy"

_MOST_IMAGES = 500_000  # images of a file in COCO's form: they are held in memory, some 1.1 kB each
_BEGIN = 1 << 20  # bytes within which the first line of a table ends
_SCALARS = (str, int, float)


def find_form(path: str) -> str | None:
    """The form of a .json file, by the first element of its lists; None if it has neither. Raises BadFile."""
    with reading(path), open_file(path) as file:
        try:
            return next((form for name, element in list_elements(file) if (form := _form(name, element))), None)
        except ValueError:
            return None


def _form(name: str, element: Any) -> str | None:
    if not isinstance(element, dict):
        return None
    if name == "annotations" and "caption" in element and "image_id" in element:
        return COCO
    return KARPATHY if name == "images" and "sentences" in element and "filename" in element else None


def table_command(path: str) -> str:
    """A command that makes a .jsonl file of a .json file that holds a list of objects, or one per line; else empty."""
    with open_file(path) as file:
        begin = file.read(_BEGIN).lstrip()
    table = shlex.quote(os.path.splitext(path)[0] + ".jsonl")
    if begin[:1] == b"[":
        return f"; a list of objects becomes a table by: jq -c '.[]' {shlex.quote(path)} > {table}"
    line, end, _ = begin.partition(b"\n")
    is_line = begin[:1] == b"{" and end and line.rstrip().endswith(b"}")
    return f"; an object a line is a table by its name: mv {shlex.quote(path)} {table}" if is_line else ""


def rows(path: str, form: str) -> Iterator[Row]:
    """Yields the pairs of a file, one per caption: `key`, `text`, `image_path`, `url`, and other known fields.

    Raises BadFile.
    """
    yield from _coco(path) if form == COCO else _karpathy(path)


def _coco(path: str) -> Iterator[Row]:
    images = _coco_images(path)
    for annotation in _objects(path, "annotations"):
        image = images.get(_id(annotation.get("image_id")), {})
        others = _scalars(annotation, "id", "caption") | image
        yield _row(annotation.get("id"), annotation.get("caption"), others)


def _coco_images(path: str) -> dict[Any, Row]:
    images: dict[Any, Row] = {}
    for image in _objects(path, "images"):
        name, url = image.get("file_name"), image.get("coco_url") or image.get("flickr_url")
        known = {"image_path": _text(name), "url": _text(url)}
        images[_id(image.get("id"))] = known | _scalars(image, "id", "file_name", "coco_url", "url", "image_path")
        if len(images) > _MOST_IMAGES:
            raise BadFile(path, f"over {_MOST_IMAGES:,} images; write its pairs as .parquet or .jsonl")
    return images


def _karpathy(path: str) -> Iterator[Row]:
    for image in _objects(path, "images"):
        folder, name = _text(image.get("filepath")), _text(image.get("filename"))
        place = f"{folder}/{name}" if folder and name else name
        others = {"image_path": place, **_scalars(image, "filepath", "filename", "image_path")}
        sentences = image.get("sentences")
        for sentence in sentences if isinstance(sentences, list) else ():
            if isinstance(sentence, dict):
                yield _row(sentence.get("sentid"), sentence.get("raw"), others)


def _objects(path: str, wanted: str) -> Iterator[Row]:
    """Yields the objects in the list `wanted`."""
    with reading(path), open_file(path) as file:
        try:
            yield from (item for name, item in list_elements(file) if name == wanted and isinstance(item, dict))
        except ValueError as error:
            raise BadFile(path, str(error)) from error


def _row(key: Any, text: Any, others: Row) -> Row:
    return {"image_path": None, **others, "key": None if key is None else str(key), "text": _text(text)}


def _scalars(item: Row, *used: str) -> Row:
    """Fields that are a string or a number, except those used already."""
    return {name: value for name, value in item.items() if name not in used and isinstance(value, _SCALARS)}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _id(value: Any) -> Any:
    """The id that joins images and annotations."""
    return value if isinstance(value, _SCALARS) else None
