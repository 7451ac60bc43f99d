"""`python -m dedup groups`: near-copies among the records of a finished corpus."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from dedup.groups import Images, group
from dedup.search import Search
from filters.picture import Picture
from pipeline.engines.parallel_tasks import ParallelTasks
from pipeline.engines.progress import Meter
from pipeline.files import open_file
from train.example import decode_example, read_records

IMAGES_AT_ONCE = 256
IMAGES_PER_TASK = 4096
FIELDS = ("hashes", "views", "informative")  # as in Images


@dataclass(frozen=True)
class Shard:
    """A record file."""

    path: str
    work: int  # its records


@dataclass(frozen=True)
class Range:
    """Images that look for their copies."""

    first: int
    last: int

    @property
    def work(self) -> int:
        return self.last - self.first


def group_corpus(work: ParallelTasks, shards: list[Shard], search: Search, max_pixels: int) -> pa.Table:
    """The near-duplicates inside a corpus, see `dedup.groups.group`. Raises OSError, ValueError."""
    parts = [place for place, _ in work.each("hash", "records", shards, partial(hash_shard, max_pixels=max_pixels))]
    table = os.path.join(work.folder, "images")
    ids, pixels = join_parts(parts, table)
    ranges = [Range(first, min(first + IMAGES_PER_TASK, len(ids))) for first in range(0, len(ids), IMAGES_PER_TASK)]
    found = [np.empty((0, 2), np.int64)]
    for place, _ in work.each("compare", "images", ranges, partial(compare_range, table=table, search=search)):
        found.append(np.load(f"{place}.npy"))
    return group(pa.array(ids.astype(str).tolist(), pa.string()), pixels, np.concatenate(found))


def hash_shard(shard: Shard, place: str, meter: Meter, max_pixels: int) -> dict[str, Any]:
    """Writes ids, numbers of pixels, and what is compared of the records of a shard."""
    ids, pixels, parts = list[bytes](), list[int](), [Images.of(np.empty((0, 128, 128), np.uint8))]
    with open_file(shard.path) as file:
        records = (decode_example(data) for _, data in read_records(file))
        while batch := list(islice(records, IMAGES_AT_ONCE)):
            ids += [record["sha256"][0] for record in batch]
            pixels += [record["width"][0] * record["height"][0] for record in batch]
            parts.append(Images.of(np.stack([Picture(record["jpg"][0], max_pixels).luma() for record in batch])))
            meter.add(len(batch))
    np.savez(f"{place}-ids.npz", ids=np.array(ids, "S64"), pixels=np.array(pixels, np.int64))
    for name in FIELDS:
        np.save(f"{place}-{name}.npy", np.concatenate([getattr(part, name) for part in parts]))
    return {}


def join_parts(parts: list[str], table: str) -> tuple[np.ndarray, np.ndarray]:
    """Puts what the parts hold into one mapped file a field, each image once: it has a record for each of its texts.

    Returns the ids, bytes (images,), sorted, and their numbers of pixels, int64 (images,).
    """
    known = [np.load(f"{part}-ids.npz") for part in parts]
    ids, first = np.unique(np.concatenate([np.empty(0, "S64"), *(part["ids"] for part in known)]), return_index=True)
    pixels = np.concatenate([np.empty(0, np.int64), *(part["pixels"] for part in known)])[first]
    ends = np.cumsum([len(part["ids"]) for part in known])
    owner = np.searchsorted(ends, first, side="right")
    for name in FIELDS:
        columns = [np.load(f"{part}-{name}.npy", mmap_mode="r") for part in parts]
        shape, kind = (len(ids), *columns[0].shape[1:]), columns[0].dtype
        joined = np.lib.format.open_memmap(f"{table}-{name}.npy", "w+", kind, shape)
        for number, column in enumerate(columns):
            places = np.flatnonzero(owner == number)
            joined[places] = column[first[places] - (ends[number] - len(column))]
        joined.flush()
    return ids, pixels


def compare_range(images: Range, place: str, meter: Meter, table: str, search: Search) -> dict[str, Any]:
    """Writes the pairs of a range of images."""
    pairs = list[tuple[int, int]]()
    for first in range(images.first, images.last, IMAGES_AT_ONCE):
        last = min(first + IMAGES_AT_ONCE, images.last)
        pairs += _opened(table).pairs(first, last, search)
        meter.add(last - first)
    np.save(f"{place}.npy", np.array(pairs, np.int64).reshape(-1, 2))
    return {}


@cache
def _opened(table: str) -> Images:
    return Images(*(np.load(f"{table}-{name}.npy", mmap_mode="r") for name in FIELDS))
