"""Two runs, one for texts and one for pictures, in this process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.commands.corpus.cli import PIPELINE
from tests.support.command import shards
from train.example import decode_example, read_records

Row = dict[str, Any]
COUNTED = ("words", "texts_of_image", "images_of_text", "rare_ngram")
COMPARED = ("text", "url", "reasons", "width", "height", "image_error", *COUNTED)
QUIET = ("--workers=1", "--filters.porn.enabled=false")
LIMITS = (
    "--filters.rare_ngram.min_count=2",
    "--filters.texts_of_image.max_texts=2",
    "--filters.images_of_text.max_images=12",
)


def call(*arguments: str | Path) -> int:
    """The exit code of `python -m pipeline …`."""
    with TemporaryDirectory() as folder:
        try:
            return PIPELINE.call([*map(str, arguments)], folder)
        except SystemExit as ended:
            return int(str(ended.code))


def corpus(inputs: str | Path, output: Path, *options: str | Path) -> Path:
    """A run that must end well; returns its folder."""
    assert call(f"--input={inputs}", f"--output={output}", *QUIET, *options) == 0
    return output


def verdicts(run: Path) -> list[Row]:
    """All rows, in the order of the input."""
    return [row for file in shards(run, "verdicts") for row in pq.read_table(file).to_pylist()]


def kept(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if not row["reasons"]]


def compared(rows: Iterable[Row], names: Sequence[str] = COMPARED) -> dict[str, Row]:
    """The columns of each pair that must be the same, by its key."""
    return {row["key"]: {name: row[name] for name in names} for row in rows}


def records(run: Path) -> dict[str, Row]:
    """The records by their key."""
    found: dict[str, Row] = {}
    for file in shards(run, "corpus"):
        with file.open("rb") as opened:
            examples = [decode_example(record) for _, record in read_records(opened)]
        found |= {example["key"][0].decode(): example for example in examples}
    return found


@dataclass(frozen=True)
class Web:
    """Pairs of URL and text, and the picture behind each URL."""

    pairs: Sequence[tuple[str, str]]
    pictures: Mapping[str, bytes]

    def write_links(self, file: Path) -> Path:
        """Writes a table without images."""
        return write(file, [{"url": url, "text": text} for url, text in self.pairs])

    def write_images(self, file: Path) -> Path:
        """Writes the same table with images."""
        return write(file, [{"url": url, "text": text, "image": self.pictures[url]} for url, text in self.pairs])

    def fetched(self, rows: Iterable[Row]) -> list[Row]:
        """Pairs of these verdicts with the picture of each; a text is written as HTML would have it."""
        return [
            {
                "key": row["key"],
                "url": row["url"],
                "text": row["text"].replace("&", "&amp;"),
                "image": self.pictures[row["url"]],
            }
            for row in rows
        ]


def write(file: Path, rows: Sequence[Row]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), file)
    return file
