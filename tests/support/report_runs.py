"""Made-up finished runs for the tests of the report, and a strict reader of its page."""

from __future__ import annotations

import dataclasses
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from filters import SIGNALS, dropped
from filters.signals import SHOWN
from pipeline.config import load_config
from pipeline.files import Output
from pipeline.report import write_report
from pipeline.report.described import rules_of
from pipeline.report.histograms import count_shard
from pipeline.storage.for_report import EXAMPLES_SHOWN

PAIRS = 3000  # in each of two shards
VERDICTS = {name: SIGNALS[name].type for name in SHOWN}
CANDIDATES = VERDICTS | {"thumbnail": pa.binary(), "draw": pa.uint64()}
PAIR = dict.fromkeys(VERDICTS) | {"key": "a.tar#000000001", "source": "a.tar", "text": "a red bicycle", "words": 3}
PAIR |= {
    "width": 640,
    "height": 480,
    "texts_of_image": 1,
    "images_of_text": 1,
    "reasons": [],
    "draw": 1,
    "thumbnail": None,
}


def config_tree(*overrides: tuple[str, str]) -> dict:
    return dataclasses.asdict(load_config("", overrides))


def with_nulls(rng: np.random.Generator, values: np.ndarray, kind: pa.DataType, part: float) -> pa.Array:
    return pa.array(values, kind, mask=rng.random(len(values)) < part)


def random_verdicts(seed: int, pairs: int = PAIRS) -> dict[str, pa.Array]:
    """Signals with many values at and beside every boundary, and nulls."""
    rng = np.random.default_rng(seed)
    width = rng.choice([1, 50, 199, 200, 201, 300, 599, 600, 601, 640, 5000], pairs)
    height = rng.choice([1, 199, 200, 201, 480, 600, 603, 100_000], pairs)
    unknown = rng.random(pairs) < 0.1
    match = rng.random(pairs) < 0.05
    scores = np.round(rng.choice([0, 0.02, 0.1999, 0.2, 0.2001, 0.5, 1], pairs) * rng.choice([1, 1, 0.9], pairs), 4)
    return {
        "width": pa.array(width, pa.int32(), mask=unknown),
        "height": pa.array(height, pa.int32(), mask=unknown),
        "words": pa.array(rng.choice([0, 2, 3, 4, 20, 21, 40, 63, 500], pairs), pa.int32()),
        "texts_of_image": with_nulls(rng, rng.choice([1, 2, 999, 1000, 1001, 10**7], pairs), pa.int64(), 0.1),
        "images_of_text": with_nulls(rng, rng.choice([1, 9, 10, 11, 12, 10**12], pairs), pa.int64(), 0.1),
        "eval_match": pa.array(np.full(pairs, "set/1"), pa.string(), mask=~match),
        "eval_distance": pa.array(rng.integers(0, 32, pairs), pa.int32(), mask=~match),
        "porn_score": with_nulls(rng, scores, pa.float64(), 0.3),
    }


def write_table(output: Output, name: str, table: pa.Table) -> None:
    with output.write(name) as file:
        pq.write_table(table, file, row_group_size=700)


def rows_table(rows: list[dict], kinds: dict[str, pa.DataType]) -> pa.Table:
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()})


def write_run(folder: Path, candidates: list[dict], *overrides: tuple[str, str], verdicts: bool = True) -> Output:
    """A finished run as far as the report reads it."""
    output, tree = Output(str(folder)), config_tree(*overrides)
    rules = rules_of({"config": tree})
    enabled = [reason for reason, rule in rules.items() if rule.enabled]
    names = [f"align-0000{part}-of-00002" for part in range(2 if verdicts else 0)]
    for part, name in enumerate(names):
        table = pa.table(random_verdicts(part))
        write_table(output, f"verdicts/{name}.parquet", table)
        columns = dict(zip(table.column_names, table, strict=True))
        drops = {
            reason: dropped(rule, columns)
            for reason, rule in rules.items()
            if rule.enabled and columns.keys() >= set(rule.needs)
        }
        note = {"histograms": count_shard(rules.values(), columns, drops)}
        output.write_bytes(f"work/emitted/{name}.json", json.dumps(note).encode())
    write_table(output, "work/examples/align-00000-of-00002.parquet", rows_table(candidates[::2], CANDIDATES))
    write_table(output, "work/examples/align-00001-of-00002.parquet", rows_table(candidates[1::2], CANDIDATES))
    output.write_bytes("funnel.json", json.dumps(funnel_of(enabled)).encode())
    manifest = {"config": tree, "versions": {"python": "3.11.7"}, "shards": [{"name": name} for name in names]}
    manifest["inputs"] = [{"name": f"crawl/<b>{part}.tar", "size": 10**9, "fingerprint": "0"} for part in range(100)]
    output.write_bytes("manifest.json", json.dumps(manifest).encode())
    return output


def funnel_of(reasons: list[str]) -> dict:
    return {
        "raw": 2 * PAIRS,
        "kept": 2 * PAIRS - 10 * len(reasons),
        "records": 5000,
        "duplicate_keys": 0,
        "first_reason": dict.fromkeys(reasons, 10),
        "any_reason": dict.fromkeys(reasons, 25),
        "only_reason": dict.fromkeys(reasons, 7),
        "ngrams": {"distinct": 22_127, "frequent": 20_578, "count_at_cut": 2} if "rare_ngram" in reasons else None,
        "seconds": {"index": 1.25, "count": 2.5, "emit": 3.75},
    }


def page_of(output: Output) -> str:
    write_report(output)
    return Path(output.path("report.html")).read_text(encoding="utf-8")


class Page(HTMLParser):
    """Reads a page strictly: tags must close in order. Keeps every tag, every attribute and the text of captions."""

    VOID = ("meta", "img", "wbr", "br")

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.captions: list[str] = []
        self.words = ""
        self.feed(content)
        self.close()
        assert self.open == []

    def handle_starttag(self, name, attributes):
        self.tags.append(name)
        self.attributes += [(key, value or "") for key, value in attributes]
        if name not in self.VOID:
            self.open.append(name)
        if name == "p" and dict(attributes).get("class", "").startswith("text"):
            self.captions.append("")
            self.open[-1] = "p caption"

    def handle_endtag(self, name):
        assert self.open.pop().split()[0] == name

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data
        if "p caption" in self.open:
            self.captions[-1] += data


def candidate(number: int, **columns) -> dict:
    return PAIR | {"key": f"a.tar#{number:09}", "draw": number} | columns


def dropped_pair(number: int, reason: str, **columns) -> dict:
    """A pair that fails exactly this rule."""
    signals = {
        "undecodable": {"width": None, "height": None, "image_error": "truncated"},
        "short_side": {"width": 199},
        "aspect_ratio": {"width": 2000},
        "texts_of_image": {"texts_of_image": 1204},
        "images_of_text": {"images_of_text": 11},
        "rare_ngram": {"rare_ngram": "foo bar"},
        "word_count": {"words": 1},
        "eval_duplicate": {"eval_match": "clothing/xyz", "eval_distance": 12},
        "porn": {"porn_score": 0.31},
    }
    return candidate(number, reasons=[reason], **signals[reason], **columns)


REASONS = list(rules_of({"config": config_tree()}))


def noise_jpeg(side: int, quality: int = 100) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=quality)
    return content.getvalue()


def all_groups(thumbnail: bytes | None = None) -> list[dict]:
    """More pairs of every group than the page shows."""
    numbers = iter(range(10**6))
    kept = [candidate(next(numbers), thumbnail=thumbnail) for _ in range(EXAMPLES_SHOWN + 3)]
    return kept + [
        dropped_pair(next(numbers), reason, thumbnail=thumbnail)
        for reason in REASONS
        for _ in range(EXAMPLES_SHOWN + 3)
    ]
