"""Inputs whose pairs come from many places, and their statistics, counted anew from the verdicts of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.pictures import encoded, noise

Row = Mapping[str, Any]
LANGUAGES = ("en", "EN", " en ", "fr", "", None, "zh-Hans")
LICENCES = ("CC0", "CC0", "CC-BY-4.0", None, "<b>all rights\u202e reserved</b>")
URLS = (
    "http://Example.org/{}.jpg",
    "https://example.org:443/{}.jpg",
    "https://user:pass@example.org/{}.jpg",
    "http://cdn.example.net/{}.jpg",
    "http://cdn.example.net/{}.jpg",
    "http://[2001:db8::1]/{}.jpg",
    "example.org/{}.jpg",
    None,
)


def texts(rows: int, word: str) -> list[str]:
    """Texts that several rules drop: of too few words, or shared by many images."""
    return ["a text that all have" if row % 7 == 0 else " ".join([word] * (row % 6 + 1)) for row in range(rows)]


def write_origins(folder: Path) -> Path:
    """A table of URLs, one without any column of an origin, one of pictures, and one without rows."""
    folder.mkdir()
    count = 90
    urls = [url and url.format(row // 2) for row, url in ((row, URLS[row % len(URLS)]) for row in range(count))]
    links = {
        "url": pa.array(urls, pa.string()),
        "text": texts(count, "link"),
        "lang": [LANGUAGES[row % len(LANGUAGES)] for row in range(count)],
        "license": [LICENCES[row % len(LICENCES)] for row in range(count)],
    }
    pq.write_table(pa.table(links), folder / "a.parquet")
    odd = {"url": [f"http://odd.example/{row}" for row in range(30)], "text": texts(30, "odd"), "LANGUAGE": [[1]] * 30}
    pq.write_table(pa.table(odd), folder / "b.parquet")
    small = [encoded(noise(seed, (210, 220)), form) for seed, form in enumerate(("PNG", "JPEG", "WEBP", "JPEG"))]
    images = [*small, b"no image", None, small[0][:60], encoded(noise(9, (90, 90)), "GIF")] * 3
    pictures = {"image": images, "text": texts(len(images), "picture"), "page_lang": ["de"] * len(images)}
    pq.write_table(pa.table(pictures), folder / "c.parquet")
    (folder / "d.csv").write_text("url,text,lang\n")
    return folder


def counted(rows: Iterable[Row], names: Iterable[str]) -> dict[str, list[Any]]:
    """Raw, kept, by first reason and by any reason, of the rows by name."""
    found = defaultdict[str, list[Any]](lambda: [0, 0, defaultdict(int), defaultdict(int)])
    for row, name in zip(rows, names, strict=True):
        raw, kept, first, every = found[name]
        for code in row["reasons"]:
            every[code] += 1
        for code in row["reasons"][:1]:
            first[code] += 1
        found[name][:2] = raw + 1, kept + row["kept"]
    return dict(found)


def listed(found: Row) -> dict[str, list[Any]]:
    """The rows of a dimension of funnel.json, in the form of `counted`."""
    return {row["name"]: [row["raw"], row["kept"], row["first_reason"], row["any_reason"]] for row in found["rows"]}


def host(row: Row) -> str:
    """The host as the standard library reads it."""
    if not row["url"]:
        return "no URL"
    found = urlsplit(row["url"]).hostname or "no host"
    return f"[{found}]" if ":" in found else found


def language(row: Row) -> str:
    values = ((row.get(name) or "").strip().lower() for name in ("lang", "page_lang"))
    return next((value for value in values if value), "not given")


def licence(row: Row) -> str:
    return (row.get("license") or "").strip() or "not given"
