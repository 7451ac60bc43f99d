"""A finished index: the vectors of pictures, where each picture is, and what they were made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.commands.train.embed.parts import PICTURE, Parts
from pipeline.files import Output, local_copy, open_file, read_bytes
from pipeline.inputs import InputError
from train import approximate

FACTS, VECTORS, PICTURES, FAISS = "index.json", "vectors.npy", "pictures.parquet", "vectors.faiss"
TEXTS = 5  # facts of an image: the first ones
_COLUMNS = pa.schema([*PICTURE, ("texts", pa.list_(pa.string()))])


@dataclass(frozen=True)
class Index:
    """The vectors, float32 (pictures, width), memory-mapped; the facts, and the table of pictures, by their rows."""

    folder: Output
    facts: Mapping[str, Any]
    vectors: np.ndarray

    @classmethod
    def open(cls, folder: str) -> Index:
        """Raises InputError where there is none, or one that is damaged."""
        output = Output(folder)
        if not output.has(FACTS):
            unfinished = "; it isn't finished: the same embed command resumes" if output.has("work/plan.json") else ""
            raise InputError(f"index: {folder} holds no index of python -m train embed{unfinished}")
        try:
            facts = json.loads(read_bytes(output.path(FACTS)))
            vectors = np.load(local_copy(output.path(VECTORS)), mmap_mode="r", allow_pickle=False)
            index = cls(output, facts, vectors)
            index._check()
        except (OSError, EOFError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise InputError(f"index: {folder} is damaged: {' '.join(str(error).split())}") from error
        return index

    def pictures(self, wanted: np.ndarray) -> list[dict[str, Any]]:
        """Returns the facts of the images at rows `wanted`, int64, in that order. Reads only their row groups."""
        with open_file(self.folder.path(PICTURES)) as file:
            table = pq.ParquetFile(file, page_checksum_verification=True)
            sizes = [table.metadata.row_group(group).num_rows for group in range(table.num_row_groups)]
            starts = np.concatenate([[0], np.cumsum(sizes)])
            groups = np.searchsorted(starts, wanted, side="right") - 1
            used = np.unique(groups)
            held = table.read_row_groups(used.tolist())
        first = np.cumsum([0, *(sizes[group] for group in used[:-1])])  # per row group
        places = first[np.searchsorted(used, groups)] + wanted - starts[groups]
        return list(held.take(pa.array(places)).to_pylist())

    @property
    def has_faiss(self) -> bool:
        """Returns whether the faiss index exists."""
        return self.folder.has(FAISS)

    def _check(self) -> None:
        """Raises ValueError unless its files fit each other."""
        shape = (self.facts["pictures"], self.facts["width"])
        if self.vectors.shape != shape or self.vectors.dtype != np.float32:
            raise ValueError(f"{VECTORS} is {self.vectors.dtype} {self.vectors.shape}, not float32 {shape}")
        with open_file(self.folder.path(PICTURES)) as file:
            rows = pq.read_metadata(file).num_rows
        if rows != self.facts["pictures"]:
            raise ValueError(f"{PICTURES} has {rows:,} rows for {self.facts['pictures']:,} vectors")


def check_faiss(option: str) -> None:
    """Raises InputError, naming what asks for it, unless faiss is installed."""
    if find_spec("faiss") is None:
        raise InputError(f"{option}: needs the package faiss: pip install 'align-corpus[faiss]'")


def write_index(parts: Parts, facts: Mapping[str, Any]) -> None:
    """Joins the parts; `facts` is what `index.json` says, and is written last."""
    output, count = parts.output, len(parts.notes())
    header = {"descr": "<f4", "fortran_order": False, "shape": (facts["pictures"], facts["width"])}
    with output.write(VECTORS) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for number in range(count):
            file.write(parts.vectors(number))
    _write_pictures(parts, facts["pictures"])
    output.write_bytes(FACTS, (json.dumps(facts, indent=1) + "\n").encode())


def write_faiss(index: Index) -> None:
    """Adds what faiss searches in."""
    with index.folder.write(FAISS) as file:
        approximate.save(approximate.build(index.vectors), file)
    index.folder.clear_work()


def _write_pictures(parts: Parts, count: int) -> None:
    texts = _texts(parts)
    with parts.output.write(PICTURES) as file, pq.ParquetWriter(file, _COLUMNS, write_page_checksum=True) as writer:
        begin = 0
        for table in parts.each([*PICTURE.names, "good"]):
            good = table.filter(table["good"]).select(PICTURE.names)
            if len(good):
                column = texts.slice(begin, len(good))
                writer.write_table(good.append_column("texts", column).cast(_COLUMNS), row_group_size=len(good))
            begin += len(good)


def _texts(parts: Parts) -> pa.ListArray:
    columns = pa.concat_tables(parts.each(["picture", "text", "good"]))
    pictures = columns["picture"].to_numpy()
    return texts_of(pictures[columns["good"].to_numpy()], pictures, columns["text"].combine_chunks())


def texts_of(pictures: np.ndarray, owners: np.ndarray, texts: pa.StringArray) -> pa.ListArray:
    """The first texts of each picture (numbers, int64, ascending), where text n is of picture `owners[n]`."""
    known = np.flatnonzero(np.isin(owners, pictures) & np.asarray(texts.is_valid()))
    order = known[np.argsort(owners[known], kind="stable")]
    starts = np.searchsorted(owners[order], pictures)
    rank = np.arange(len(order)) - starts[np.searchsorted(pictures, owners[order])]
    first = order[rank < TEXTS]
    offsets = np.append(np.searchsorted(owners[first], pictures), len(first)).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, texts.take(pa.array(first)))
