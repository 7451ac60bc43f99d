"""Raw pairs as a crawl would have them, in Parquet: each text of a picture beside the path of the picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.evidence.noise import mixed
from bench.evidence.pictures import Picture
from bench.evidence.splits import Query

HOST = "https://drawings.example/"
COLUMNS = ("key", "url", "image_path", "text", "kind", "lang", "style", "concept", "folder")
Row = dict[str, str]


def rows(pictures: Sequence[Picture], languages: Sequence[str], noise: float = 0.0) -> Iterator[Row]:
    """Yields the pairs of the pictures, with texts in `languages`; a share of the texts is `noise`."""
    for picture in pictures:
        for text in (text for text in picture.texts if text.lang in languages):
            row = _row(picture, picture.file, text.kind, text.lang, text.text)
            yield {**row, "text": mixed(text.text, row["key"], noise)}


def planted_rows(copies: Sequence[tuple[str, Query]]) -> Iterator[Row]:
    """Yields the pairs of planted copies: each with the text that its original is looked for by."""
    for file, query in copies:
        yield _row(query.picture, file, "planted", "en", query.text)


def _row(picture: Picture, file: str, kind: str, lang: str, text: str) -> Row:
    return {
        "key": f"{file.removesuffix('.jpg')}:{kind}:{lang}",
        "url": f"{HOST}{file}",
        "image_path": file,
        "text": text,
        "kind": kind,
        "lang": lang,
        "style": picture.style,
        "concept": picture.concept,
        "folder": picture.folder,
    }


def write_pairs(path: Path, pairs: Sequence[Mapping[str, str]]) -> None:
    """Writes a table of pairs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    pq.write_table(pa.table({name: [pair[name] for pair in pairs] for name in COLUMNS}), partial)
    partial.rename(path)
