"""The parts of an index: pictures in the order of their files, each once, with its vector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import islice, tee

import numpy as np

from pipeline.commands.train.embed.parts import Parts, Record, Result
from pipeline.commands.train.embed.pictures import found_in
from pipeline.inputs.pictures import Files, Task
from train.bar import Bar, progress_bar
from train.embedding import embed_pictures
from train.errors import TrainingError
from train.trained import Trained

PER_PART = 4096  # images: whole batches, so that a resumed run makes the same ones

Seen = dict[bytes, int]  # the number of each picture that came, by a digest of its id


def write_parts(parts: Parts, tasks: Sequence[Task], trained: Trained) -> None:
    """Writes all parts that aren't there yet. Raises BadFile, TrainingError."""
    notes = parts.notes()
    after = notes[-1].after if notes else (0, 0)
    done = sum(note.good + note.bad for note in notes)
    records = _records(tasks, after, _seen_in(parts), done)
    total = _total(tasks)
    with progress_bar("embed", total, "pictures", done) as bar:
        for number, part in enumerate(_parts(records, trained, bar), start=len(notes)):
            parts.write(number, part)


def _total(tasks: Sequence[Task]) -> int | None:
    """The number of pictures, which is known of files alone."""
    counts = [len(task.sources) for task in tasks if isinstance(task, Files)]
    return sum(counts) if len(counts) == len(tasks) else None


def _seen_in(parts: Parts) -> Seen:
    seen: Seen = {}
    for table in parts.each(["id", "picture"]):
        rows = zip(table["id"].to_pylist(), table["picture"].to_pylist(), strict=True)
        seen.update((_key(id_), picture) for id_, picture in rows if id_ is not None)
    return seen


def _key(id_: str) -> bytes:
    return blake2b(id_.encode(), digest_size=16).digest()  # 64 digits of each of millions would be much to keep


def _records(tasks: Sequence[Task], after: tuple[int, int], seen: Seen, pictures: int) -> Iterator[Record]:
    """All records from `after` on, where `pictures` had been seen."""
    first, done = after
    for number in range(first, len(tasks)):
        for row, found in enumerate(islice(found_in(tasks[number]), done, None), start=done + 1):
            picture = pictures if found.id is None else seen.setdefault(_key(found.id), pictures)
            yield Record(found, picture, picture == pictures, (number, row))
            pictures += picture == pictures
        done = 0


def _parts(records: Iterator[Record], trained: Trained, bar: Bar) -> Iterator[list[tuple[Record, Result]]]:
    """Records with their results; each part ends with its last picture."""
    ahead, records = tee(records)
    results = embed_pictures(trained, (record.found for record in ahead if record.is_new))
    part, pictures = list[tuple[Record, Result]](), 0
    for record in records:
        part.append((record, _finite(record, next(results)) if record.is_new else None))
        bar.update(record.is_new)
        pictures += record.is_new
        if pictures == PER_PART:
            yield part
            part, pictures = [], 0
    if part:
        yield part


def _finite(record: Record, result: Result) -> Result:
    if isinstance(result, np.ndarray) and not np.isfinite(result).all():
        raise TrainingError(f"{record.found.name}: the model makes no numbers of it, so nothing would find it")
    return result
