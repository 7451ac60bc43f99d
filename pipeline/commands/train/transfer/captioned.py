"""Pictures with captions, of the JSON of Karpathy's splits, as records that name each picture's file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.files import Output
from pipeline.inputs import InputError
from pipeline.printable import tell
from train.example import encode_example, write_record
from train.sets.karpathy import Captioned, read_karpathy
from train.transfer.labelled import shortened
from vocab.ngrams import hash_word

FOLDER = "work/captioned"
SHARDS = 16  # that several hosts can share


def read_captioned(file: str, images: str, splits: str) -> list[Captioned]:
    """The pictures of splits such as `train+restval`. Those that are missing or have no caption are named and left out.

    Raises NotThere, BadSet, InputError if none is left.
    """
    found = [_said(picture) for split in splits.split("+") for picture in read_karpathy(file, images, split)]
    missing = [picture.path for picture in found if not Path(picture.path).is_file()]
    silent = [picture.path for picture in found if not picture.captions]
    for what, paths in (("are missing", missing), ("have no caption", silent)):
        if paths:
            says = f"{len(paths):,} of {len(found):,} pictures of {splits} {what} and are left out: {shortened(paths)}"
            tell(f"transfer: {says}")
    left_out = {*missing, *silent}
    if len(left_out) == len(found):
        raise InputError(f"images: {images} has none of the {len(found):,} pictures of {splits} in {file}")
    return [picture for picture in found if picture.path not in left_out]


def write_captioned(output: Output, name: str, pictures: Sequence[Captioned]) -> tuple[str, ...]:
    """Writes a record for each caption, in an order by chance that is always the same; returns the shards' paths."""
    records = [record for _, record in sorted(_records(pictures))]
    names = [f"{FOLDER}/{name}-{number:05d}-of-{SHARDS:05d}.tfrecord" for number in range(SHARDS)]
    for number, shard in enumerate(names):
        with output.write(shard) as file:
            for record in records[number::SHARDS]:
                write_record(file, record)
    return tuple(map(output.path, names))


def _said(picture: Captioned) -> Captioned:
    """Without captions that say nothing."""
    return replace(picture, captions=tuple(filter(str.strip, picture.captions)))


def _records(pictures: Sequence[Captioned]) -> Iterator[tuple[int, bytes]]:
    """Each with what it is sorted by."""
    for picture in pictures:
        for number, caption in enumerate(picture.captions):
            key = f"{Path(picture.path).name}#{number}"
            yield hash_word(key), encode_example({"file": picture.path, "txt": caption, "key": key})
