"""A small crawl whose columns and keys are awkward for WebDataset and Parquet, and what is read from both formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.command import Finished
from tests.support.pictures import encoded, noise

ROWS = 12
PER_SHARD = 5
LONG_KEY = "k" * (1 << 20)
KEYS = (
    "../../etc/passwd",
    "a/b.c/d",
    LONG_KEY,
    "",
    'quotes " and \\',
    "\u202e",
    "ключ",
    *(f"k{n}" for n in range(7, ROWS)),
)
TEXTS = (
    "a plain text of words", "entities &amp;amp; of entities &amp;lt;b&amp;gt;", "\ufeffa mark of byte order",
    "two & no entity here", "naïve café with accents", *(f"some text of pair {n}" for n in range(5, ROWS)),
)  # fmt: skip
OFF = ("--filters.porn.enabled=false", "--filters.rare_ngram.enabled=false", "--filters.images_of_text.enabled=false")
SETTINGS = (*OFF, f"--input.rows_per_shard={PER_SHARD}", "--workers=1")
ALL = "--output.formats=[tfrecord,webdataset,parquet]"

_AT = datetime(2026, 1, 31, 12, 30, 15, 123456, UTC)
ODD: dict[str, tuple[pa.DataType, list[Any]]] = {  # two values of each column, and null
    "a_map": (pa.map_(pa.string(), pa.int32()), [[("a", 1), ("b", None)], []]),
    "a_decimal": (pa.decimal128(20, 3), [Decimal("1.500"), Decimal("-12345678901234567.891")]),
    "a_time": (pa.timestamp("us", "Europe/Berlin"), [_AT, datetime(1969, 12, 31, tzinfo=UTC)]),
    "plain_time": (pa.timestamp("ns"), [_AT.replace(tzinfo=None), datetime(2000, 1, 1)]),
    "a_date": (pa.date32(), [_AT.date(), datetime(1, 1, 1).date()]),
    "structs": (
        pa.list_(pa.struct([("name", pa.string()), ("at", pa.list_(pa.timestamp("ms")))])),
        [[{"name": "x", "at": [datetime(2020, 5, 17)]}, None], []],
    ),
    "a_binary": (pa.binary(), [b"\x00\xff", b""]),
    "a_null": (pa.null(), [None, None]),
    "a_word": (pa.dictionary(pa.int8(), pa.string()), ["en", "de"]),
    "a_float": (pa.float64(), [float("nan"), float("inf")]),
    "large": (pa.uint64(), [2**64 - 1, 0]),
    "input_image": (pa.string(), ["its own", "name"]),
    "image_width": (pa.string(), ["wide", "narrow"]),
}


def write_crawl(folder: Path) -> Path:
    """A table of pictures in four formats, two of which are kept as they are, and a table of URLs."""
    folder.mkdir(parents=True)
    kinds = ("JPEG", "PNG", "WEBP", "GIF")
    pictures = [encoded(noise(seed, (224, 208)), kinds[seed % 4]) for seed in range(ROWS)]
    columns = {
        "key": pa.array(KEYS), "text": pa.array(TEXTS), "image": pa.array(pictures),
        "url": pa.array([None if n % 3 else f"http://x/{n}.jpg" for n in range(ROWS)], pa.string()),
        **{name: pa.array([*values, None] * (ROWS // 3), kind) for name, (kind, values) in ODD.items()},
    }  # fmt: skip
    columns["text"] = pa.array(["two words" if n in (6, 10) else text for n, text in enumerate(TEXTS)])
    pq.write_table(pa.table(columns), folder / "pictures.parquet")
    urls = [f"http://x/{n}.jpg" for n in range(3)]
    pq.write_table(pa.table({"text": [f"a text for {url}" for url in urls], "url": urls}), folder / "urls.parquet")
    return folder


def read_tars(output: Path) -> list[dict[str, Any]]:
    """All samples that open_clip would take, by the webdataset library: keys, members as bytes, in order."""
    import webdataset

    urls = sorted(str(path) for path in (output / "webdataset").glob("*.tar"))
    shards = webdataset.WebDataset(urls, shardshuffle=False, empty_check=False)
    pictures = {"png", "jpg", "jpeg", "webp"}
    return [dict(sample) for sample in shards if "txt" in sample and pictures & sample.keys()]


def kept(corpus: Finished) -> list[dict[str, Any]]:
    """The verdicts of all pairs that have a record."""
    return [row for row in corpus.verdicts() if row["kept"] and row["source"] != "urls.parquet"]


def fields(sample: dict[str, Any]) -> dict[str, Any]:
    """The .json of a sample; what is no JSON by the standard, such as NaN, is an error."""
    return json.loads(sample["json"], parse_constant=lambda name: 1 / 0)


def picture(sample: dict[str, Any]) -> bytes:
    return sample["jpg"] if "jpg" in sample else sample["png"]


def read_parquet(output: Path, columns: list[str] | None = None) -> list[dict[str, Any]]:
    files = sorted((output / "parquet").glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file, columns=columns).to_pylist()]


def load(output: Path, cache: Path) -> Any:
    """The pairs by Hugging Face's library, without a network."""
    import datasets

    datasets.disable_progress_bars()
    files = sorted(str(path) for path in (output / "parquet").glob("*.parquet"))
    return datasets.load_dataset("parquet", data_files=files, cache_dir=str(cache), split="train")


def records(output: Path) -> Iterator[dict[str, Any]]:
    """The records of a corpus, each feature's value."""
    from train.example import decode_example, read_records

    for path in sorted((output / "corpus").glob("*.tfrecord")):
        with path.open("rb") as file:
            for _, data in read_records(file):
                yield {name: value for name, (value,) in decode_example(data).items()}
