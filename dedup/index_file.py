"""The file of an index: Arrow IPC, one record batch, one row per image. Local files are memory-mapped, not copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from dedup.hashing import HASH_BYTES, HASH_WORDS
from dedup.variants import check_mode, variants
from dedup.verify import VIEW_SIDE

FORMAT = "align-corpus evaluation images 2"

_FIELDS = {
    "id": pa.string(),
    "width": pa.int32(),
    "height": pa.int32(),
    "view": pa.binary(VIEW_SIDE * VIEW_SIDE),
    "variants": pa.list_(pa.uint16()),
    "hashes": pa.list_(pa.binary(HASH_BYTES)),
}


@dataclass(frozen=True, eq=False)
class Stored:
    """Images and their entries, the hashes that represent them, in the order of the images."""

    ids: Sequence[str]  # <set>/<id> of each image
    mode: str  # selects the variants of an image that are entries
    hashes: np.ndarray  # uint64 (entries, 4)
    images: np.ndarray  # int32 (entries,): the image of each entry, ascending
    variants: np.ndarray  # uint16 (entries,): the index of each entry's variant in `variants(mode)`
    views: np.ndarray  # uint8 (images, 64, 64)
    sizes: np.ndarray  # int32 (images, 2): width and height in pixels


def write(file: BinaryIO, stored: Stored) -> None:
    """Writes an index. Equal contents give equal bytes."""
    schema = pa.schema(_FIELDS, {"format": FORMAT, "mode": stored.mode})
    starts = pa.array(np.searchsorted(stored.images, np.arange(len(stored.ids) + 1)).astype(np.int32))
    arrays = [
        pa.array(stored.ids, pa.string()),
        pa.array(stored.sizes[:, 0]),
        pa.array(stored.sizes[:, 1]),
        _binary(stored.views, len(stored.ids), VIEW_SIDE * VIEW_SIDE),
        pa.ListArray.from_arrays(starts, pa.array(stored.variants)),
        pa.ListArray.from_arrays(starts, _binary(stored.hashes, len(stored.hashes), HASH_BYTES)),
    ]
    with pa.ipc.new_file(file, schema) as writer:
        writer.write_batch(pa.record_batch(arrays, schema=schema))


def read(source: str | BinaryIO) -> Stored:
    """Reads an index. Raises ValueError with one line for another file, a damaged one, and another version or mode."""
    name = source if isinstance(source, str) else getattr(source, "name", "index")
    try:
        return _read(pa.memory_map(source) if isinstance(source, str) else source)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{name}: not an index of evaluation images, or a damaged one") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _read(file: BinaryIO) -> Stored:
    reader = pa.ipc.open_file(file)
    metadata = reader.schema.metadata or {}
    found = metadata.get(b"format", b"none").decode()
    if found != FORMAT:
        raise ValueError(f"format {found}; this version reads {FORMAT}")
    mode = metadata.get(b"mode", b"").decode()
    check_mode(mode)
    if reader.schema != pa.schema(_FIELDS) or reader.num_record_batches != 1:
        raise ValueError("damaged: it has other columns than an index")
    batch = reader.get_batch(0)
    batch.validate(full=True)
    return _stored(batch, mode)


def _stored(batch: pa.RecordBatch, mode: str) -> Stored:
    lists, kinds = batch["hashes"], batch["variants"].values.to_numpy()
    images = np.repeat(np.arange(len(batch), dtype=np.int32), np.diff(lists.offsets.to_numpy()))
    if len(kinds) != len(images) or (kinds >= len(variants(mode))).any():
        raise ValueError("damaged: its entries don't fit its images")
    return Stored(
        ids=batch["id"].to_pylist(),
        mode=mode,
        hashes=_numbers(lists.values, np.uint64, len(images) * HASH_WORDS).reshape(-1, HASH_WORDS),
        images=images,
        variants=kinds,
        views=_numbers(batch["view"], np.uint8, len(batch) * VIEW_SIDE**2).reshape(-1, VIEW_SIDE, VIEW_SIDE),
        sizes=np.stack([batch["width"].to_numpy(), batch["height"].to_numpy()], axis=1),
    )


def _binary(values: np.ndarray, rows: int, width: int) -> pa.FixedSizeBinaryArray:
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(width), rows, [None, pa.py_buffer(np.ascontiguousarray(values))]
    )


def _numbers(array: pa.Array, kind: type[np.generic], count: int) -> np.ndarray:
    return np.frombuffer(array.buffers()[1] or b"", kind, count)
