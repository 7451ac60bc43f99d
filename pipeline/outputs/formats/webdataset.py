"""A shard as WebDataset: a tar with image, text and fields of each pair, which open_clip and img2dataset's users read.

Texts are written as they are. Our own reader knows by the owner of the files that these texts are canonical: without
that it would decode entities such as `&amp;` once more.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipeline.inputs.canonical import OWNER
from pipeline.outputs.formats.json_forms import json_form, json_text
from pipeline.outputs.formats.pairs import FIELDS
from pipeline.outputs.formats.sink import DigestedFile, PairImage, sample_name
from pipeline.outputs.formats.tar import END, blocks
from vocab.buffers import one_array


class TarShard:
    """Members `.jpg` or `.png`, `.txt` and `.json` of each pair, named by digits."""

    def __init__(self, file: DigestedFile, name: str, pairs: pa.Table) -> None:
        self._file, self._name, self._count = file, name, 0
        self._columns = {column: json_form(one_array(pairs[column])) for column in pairs.column_names}

    def add(self, image: PairImage) -> None:
        """Writes the three members of a pair."""
        row = {name: column[image.row].as_py() for name, column in self._columns.items()}
        row |= {"width": image.width, "height": image.height}
        name = sample_name(self._name, self._count)
        contents = {image.suffix: image.data, "txt": row["text"].encode(), "json": _fields(row)}
        for suffix, content in contents.items():
            for block in blocks(f"{name}.{suffix}", content, OWNER):
                self._file.write(block)
        self._count += 1

    def close(self) -> None:
        """Writes the end of the archive."""
        self._file.write(END)


def _fields(row: dict[str, Any]) -> bytes:
    """All fields but the text, those of every pair first."""
    names = dict.fromkeys((*FIELDS, *row))
    return json_text({name: row[name] for name in names if name != "text"}).encode()
