"""Descriptions of made-up corpora, and readers of what describes them: Markdown, datasets, mlcroissant."""

from __future__ import annotations

import dataclasses
import os
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
from markdown_it import MarkdownIt

from pipeline.config import load_config
from pipeline.outputs.card.corpus import Corpus

os.environ["HF_HUB_OFFLINE"] = "1"  # before datasets is imported

CARRIED = pa.schema([("lang", pa.string())])


def corpus(*folders: str, carried: pa.Schema = CARRIED, **entries: Any) -> Corpus:
    """A corpus of one shard with `folders`; `entries` replace those of its manifest and its funnel."""
    config = dataclasses.asdict(load_config("", entries.pop("settings", ())))
    shard = {"name": "align-00000-of-00001", **{f"{folder}_sha256": "0" * 64 for folder in folders}}
    manifest = {"config": config, "inputs": [{"name": "a.parquet"}], "shards": [shard], "evaluation": None}
    rules = {"short_side": 4, "word_count": 0}
    funnel = {"raw": 10, "kept": 6, "records": 5, "first_reason": rules, "any_reason": rules, "pages": None}
    known = {
        name: entries.pop(name) for name in [*entries] if name in ("raw", "kept", "records", "pages", "statistics")
    }
    return Corpus(manifest | entries, funnel | known, carried, folders)


def counted(**counts: tuple[int, int]) -> dict[str, Any]:
    """Statistics by name: raw pairs and kept ones."""
    return {"rows": [{"name": name, "raw": raw, "kept": kept} for name, (raw, kept) in counts.items()], "rest": None}


def front_matter(card: bytes) -> dict[str, Any]:
    """The YAML of a card, as Hugging Face's library reads it."""
    from huggingface_hub import DatasetCard

    found: dict[str, Any] = DatasetCard(card.decode()).data.to_dict()
    return found


class Rendered(HTMLParser):
    """A card as a reader of Markdown shows it: the tags, and the cells of each row of its tables."""

    def __init__(self, card: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.rows: list[list[str]] = []
        self.words = ""
        self.in_table = False
        body = card.decode().split("\n---\n", 1)[1]
        self.feed(MarkdownIt("commonmark").enable("table").render(body))

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(name)
        self.in_table |= name == "table"
        if name == "tr":
            self.rows.append([])
        if name in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, name: str) -> None:
        self.in_table &= name != "table"

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.in_table and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip("\n")


def load(folder: Path, cache: Path, *config: str) -> Any:
    """The rows that `datasets.load_dataset(DIR)` gives."""
    import datasets

    datasets.disable_progress_bars()
    return datasets.load_dataset(str(folder), *config, cache_dir=str(cache))["train"]
