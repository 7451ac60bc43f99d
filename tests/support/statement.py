"""A second statement of the pipeline: every definition and rule of the contract in its most literal form.

Nothing here comes from the packages under test. Counts are left to DuckDB, texts to `statement_text`, pixels to
`statement_image`. It is slow, and holds everything in memory.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from tests.support.statement_image import decodable, porn_score, size
from tests.support.statement_text import canonical, count_ngrams, frequent, ngrams, words

SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*")  # formats in the crawl
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


@dataclass(frozen=True)
class Pair:
    """One raw row. `url_only`: its table has neither an image nor a path column."""

    key: str
    source: str
    text: str | None = None
    image: bytes | None = None
    image_path: str | None = None
    url: str | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    url_only: bool = False
    carried: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """The paper's numbers. `off` holds the reasons of the rules that are switched off."""

    profile: str = "uncased"
    max_pixels: int = 89478485
    min_pixels: int = 200
    max_ratio: float = 3
    max_texts: int = 1000
    max_images: int = 10
    top_k: int = 100_000_000
    min_count: int = 1
    min_words: int = 3
    max_words: int = 20
    max_score: float = 0.2
    measure: str = "needed"
    off: frozenset[str] = field(default_factory=frozenset)


def image_id(pair: Pair) -> str | None:
    if re.fullmatch("[0-9a-f]{64}", pair.sha256 or ""):
        return pair.sha256
    if pair.image:
        return hashlib.sha256(pair.image).hexdigest()
    return pair.url if pair.url is not None else pair.image_path


def distinct_counts(pairs: Sequence[Pair]) -> tuple[dict[str, int], dict[str, int]]:
    """Distinct canonical texts of each image, and distinct images of each canonical text."""
    raw = pa.table(  # noqa: F841 (DuckDB finds it by its name)
        {
            "image": pa.array([image_id(pair) for pair in pairs], pa.string()),
            "text": pa.array([canonical(pair.text) for pair in pairs], pa.string()),
        }
    )
    count = duckdb.connect().execute
    texts = count("SELECT image, count(DISTINCT text) FROM raw WHERE image IS NOT NULL GROUP BY image").fetchall()
    images = count("SELECT text, count(DISTINCT image) FROM raw GROUP BY text").fetchall()
    return dict(texts), dict(images)


def cheap_signals(pair: Pair, settings: Settings) -> dict:
    text = canonical(pair.text)
    known = (pair.width, pair.height) if pair.url_only else size(pair.image) or (None, None)
    width, height = (side if side is not None and side >= 1 else None for side in known)
    return {
        "key": pair.key,
        "source": pair.source,
        "image_id": image_id(pair),
        "image_path": pair.image_path,
        "url": pair.url,
        "text": text,
        "width": width,
        "height": height,
        "words": len(words(text, settings.profile)),
        "porn_score": None,
        "porn_exact": None,
        "image_error": None if pair.url_only else header_error(pair.image, width, height, settings),
        **pair.carried,
    }


def header_error(image: bytes | None, width: int | None, height: int | None, settings: Settings) -> str | None:
    if image is None:
        return "missing"
    if image == b"":
        return "empty"
    if width is None or height is None:
        return "truncated" if image.startswith(SIGNATURES) else "no image format"
    return "over the limit" if width * height > settings.max_pixels else None


def cheap_reasons(pair: Pair, s: Mapping, settings: Settings) -> set[str]:
    sides = sorted(side for side in (s["width"], s["height"]) if side is not None)
    both = len(sides) == 2
    fails = {
        "undecodable": not pair.url_only and not (both and sides[0] * sides[1] <= settings.max_pixels),
        "short_side": both and sides[0] < settings.min_pixels,
        "aspect_ratio": both and sides[1] > settings.max_ratio * sides[0],
        "texts_of_image": s["texts_of_image"] is not None and s["texts_of_image"] > settings.max_texts,
        "images_of_text": s["images_of_text"] is not None and s["images_of_text"] > settings.max_images,
        "rare_ngram": s["rare_ngram"] is not None,
        "word_count": not settings.min_words <= s["words"] <= settings.max_words,
    }
    return {reason for reason in fails if fails[reason] and reason not in settings.off}


def judge_pixels(pair: Pair, s: dict, failed: set[str], duplicates: Set[bytes], settings: Settings) -> set[str]:
    """Adds what pixels say, each where nothing before it dropped the pair, or everywhere with `measure` all."""
    everything = settings.measure == "all"
    if pair.url_only or "undecodable" in failed or (failed and not everything):
        return failed
    if not decodable(pair.image):
        s["image_error"] = "truncated"
        return failed | {"undecodable"}
    if pair.image in duplicates and "eval_duplicate" not in settings.off:
        failed = failed | {"eval_duplicate"}
    if "porn" not in settings.off and (everything or not failed):
        s["porn_score"], s["porn_exact"] = porn_score(pair.image), True
        failed = failed | ({"porn"} if s["porn_score"] > settings.max_score else set())
    return failed


def verdicts(pairs: Sequence[Pair], settings: Settings, duplicates: Set[bytes] = frozenset()) -> list[dict]:
    """All signals and reasons of all pairs; `duplicates` are the images that match an evaluation image."""
    texts_of_image, images_of_text = distinct_counts(pairs)
    counts = count_ngrams((canonical(pair.text) for pair in pairs), settings.profile)
    common = frequent(counts, settings.top_k, settings.min_count)
    rows = []
    for pair in pairs:
        s = cheap_signals(pair, settings)
        s["texts_of_image"] = texts_of_image.get(s["image_id"])
        s["images_of_text"] = images_of_text[s["text"]] if s["image_id"] is not None else None
        rare = (" ".join(gram) for gram in ngrams(s["text"], settings.profile) if gram not in common)
        s["rare_ngram"] = None if "rare_ngram" in settings.off else next(rare, None)
        failed = judge_pixels(pair, s, cheap_reasons(pair, s, settings), duplicates, settings)
        rows.append(s | {"reasons": [reason for reason in REASONS if reason in failed]})
    return rows
