"""The images of evaluation sets, hashed in all orientations, and which of them an image is a near-duplicate of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from dedup.hashing import HASH_BYTES, HASH_WORDS, coefficients, hash_bits, orientations
from dedup.lookup import Nearest
from filters.pixels import Undecodable, luma

MAX_DISTANCE = 31

_FORMAT = b"align-corpus evaluation images 1"
_IMAGES_AT_ONCE = 256
_SCHEMA = pa.schema(
    {"id": pa.string(), "hashes": pa.list_(pa.binary(HASH_BYTES))},
    metadata={b"format": _FORMAT},
)


@dataclass(frozen=True, eq=False)
class EvalIndex:
    """Images and the hashes that stand for them, its entries: one an orientation, in the order of the images."""

    ids: Sequence[str]  # <set>/<id> of each image
    hashes: np.ndarray  # uint64 (entries, 4)
    owners: np.ndarray  # int32 (entries,): the image of each entry, ascending

    def match(self, hashes: np.ndarray, max_distance: int = MAX_DISTANCE) -> tuple[np.ndarray, np.ndarray]:
        """The entry nearest to each hash, uint64 (n, 4), within `max_distance` bits; of equally near ones the first.

        Returns int32 (n,) entries and int32 (n,) distances, both -1 where none is near enough. It is exact.
        """
        return self._nearest(hashes, max_distance)

    @cached_property
    def _nearest(self) -> Nearest:
        return Nearest(self.hashes)

    def save(self, file: BinaryIO) -> None:
        """Writes an Arrow IPC file, a row an image. Equal indexes give equal bytes."""
        entries = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(HASH_BYTES), len(self.hashes), [None, pa.py_buffer(self.hashes)]
        )
        starts = np.searchsorted(self.owners, np.arange(len(self.ids) + 1)).astype(np.int32)
        hashes = pa.ListArray.from_arrays(starts, entries)
        with pa.ipc.new_file(file, _SCHEMA) as writer:
            writer.write_table(pa.table([pa.array(self.ids, pa.string()), hashes], schema=_SCHEMA))

    @classmethod
    def load(cls, file: BinaryIO) -> EvalIndex:
        """Reads what `save` wrote. Raises ValueError where it is something else."""
        table = _read(file)
        lists = table["hashes"].combine_chunks()
        owners = np.repeat(np.arange(len(table), dtype=np.int32), np.diff(lists.offsets.to_numpy()))
        hashes = np.frombuffer(lists.values.buffers()[1] or b"", np.uint64, len(owners) * HASH_WORDS)
        return cls(table["id"].to_pylist(), hashes.reshape(-1, HASH_WORDS), owners)


def build(images: Iterable[tuple[str, bytes]], max_pixels: int) -> tuple[EvalIndex, list[str]]:
    """The index of (id, bytes of an image), and the ids of those that can't be decoded."""
    ids: list[str] = []
    undecodable: list[str] = []
    entries = [np.empty((0, HASH_WORDS), np.uint64)]
    for lumas in _batches(_decoded(images, max_pixels, ids, undecodable)):
        entries.append(hash_bits(orientations(coefficients(lumas))).reshape(-1, HASH_WORDS))
    hashes = np.concatenate(entries)
    owners = np.repeat(np.arange(len(ids), dtype=np.int32), len(hashes) // max(len(ids), 1))
    return EvalIndex(ids, hashes, owners), undecodable


def _decoded(
    images: Iterable[tuple[str, bytes]], max_pixels: int, ids: list[str], undecodable: list[str]
) -> Iterator[np.ndarray]:
    """The lumas of the images that have one; the ids of all go to one of the two lists."""
    for image_id, data in images:
        try:
            pixels = luma(data, max_pixels)
        except Undecodable:
            undecodable.append(image_id)
        else:
            ids.append(image_id)
            yield pixels


def _batches(lumas: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    batch: list[np.ndarray] = []
    for pixels in lumas:
        batch.append(pixels)
        if len(batch) == _IMAGES_AT_ONCE:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)


def _read(file: BinaryIO) -> pa.Table:
    try:
        reader = pa.ipc.open_file(file)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{_name(file)}: not an index of evaluation images") from error
    found = (reader.schema.metadata or {}).get(b"format", b"none")
    if found != _FORMAT:
        raise ValueError(f"{_name(file)}: format {found.decode()}; this version reads {_FORMAT.decode()}")
    return reader.read_all()


def _name(file: BinaryIO) -> str:
    return str(getattr(file, "name", "index"))
