"""The evaluation sets whose near-duplicates are dropped: pictures or index files, and the one index of a run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import apache_beam as beam

from dedup.evaluation import EvalIndex, build
from filters import EvalDuplicate
from pipeline.config import Embedding
from pipeline.engines.progress import Meter
from pipeline.files import Output, exists, is_local, local_copy, read_bytes
from pipeline.inputs import EXTENSIONS, BadFile, InputError, Source, list_files
from pipeline.inputs.pictures import PICTURES, Files, Rows, Task, find_tasks, path_help
from pipeline.measure.vectors import EVAL_CLUSTERS, EVAL_VECTORS, PictureVectors, load_embedder, write_vectors
from pipeline.printable import tell
from pipeline.storage.markers import Listing
from pipeline.storage.plan import BadInputs

EVAL_INDEX = "work/evaluation.idx"
EVAL_NOTE = "work/evaluation.json"
PARTS = "work/evaluation"


@dataclass(frozen=True)
class EvalSets:
    """What holds pictures, which are named `<set>/<path or key>`, and the files of `python -m dedup index`."""

    tasks: list[Task] = field(default_factory=list)
    indexes: list[Source] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.tasks or self.indexes)

    @property
    def images(self) -> list[Source]:
        """The files that are pictures."""
        return [image for task in self.tasks if isinstance(task, Files) for image in task.sources]

    @property
    def tables(self) -> list[Source]:
        """The tables and tars, each once."""
        return list(dict.fromkeys(task.source for task in self.tasks if isinstance(task, Rows)))


def find_sets(patterns: Sequence[str]) -> EvalSets:
    """The evaluation sets: whatever `python -m dedup index` takes, and its index files.

    Raises InputError for a set without a picture, BadInputs for a damaged file.
    """
    sets = EvalSets()
    try:
        for pattern in patterns:
            if is_index(pattern):
                sets.indexes.extend(list_files(pattern))
            else:
                sets.tasks.extend(find_tasks([pattern]))
    except InputError as error:
        raise InputError(f"eval_images: {str(error).removeprefix('input: ').removeprefix('images: ')}") from error
    except BadFile as error:
        raise BadInputs(f"eval_images: {error}") from error
    return sets


def is_index(pattern: str) -> bool:
    """A file that is named, and neither a picture nor of a kind that holds pictures."""
    if pattern.lower().endswith((*PICTURES, *EXTENSIONS)) or re.search(r"[*?\[]", pattern):
        return False
    return os.path.isfile(pattern) if is_local(pattern) else exists(pattern)


def index_mode(rule: EvalDuplicate) -> str:
    """The mode of the index that serves `rule`: `thorough` looks up more of the corpus in a default index."""
    return "dense" if rule.mode == "dense" else "default"


def open_index(path: str) -> EvalIndex:
    """The index in a file, mapped to memory. Raises ValueError, OSError."""
    return EvalIndex.load(local_copy(path))


def load_indexes(sets: EvalSets, rule: EvalDuplicate) -> list[EvalIndex]:
    """The index files. Raises InputError for one that is none, or that can't serve the rule's mode."""
    indexes = []
    for source in sets.indexes:
        try:
            index = open_index(source.path)
        except (ValueError, OSError) as error:
            raise InputError(f"eval_images: {error}") from error
        if index.mode != index_mode(rule):
            wanted = f"filters.eval_duplicate.mode={rule.mode} needs one of mode {index_mode(rule)}"
            raise InputError(f"eval_images: {source.path} is an index of mode {index.mode}; {wanted}")
        indexes.append(index)
    return indexes


@dataclass(frozen=True)
class Part:
    """A task of all."""

    number: int
    task: Task

    @property
    def name(self) -> str:
        return f"{PARTS}/{self.number:06d}"


def parts(sets: EvalSets) -> list[Part]:
    """The tasks of all sets, numbered."""
    return [Part(number, task) for number, task in enumerate(sets.tasks)]


@dataclass(frozen=True)
class Indexing:
    """What is known besides the pictures."""

    output: Output
    mode: str
    embedding: Embedding
    max_pixels: int
    meter: Meter


@dataclass(eq=False)
class IndexPictures(beam.PTransform):
    """Parts of the pictures to an index file each, and one of vectors; the output holds their names."""

    job: Indexing

    def expand(self, parts: beam.PCollection[Part]) -> beam.PCollection[str]:
        spread = parts | "SpreadParts" >> beam.Reshuffle()
        return spread | "Index" >> beam.Map(index_part, self.job)


def index_part(part: Part, job: Indexing) -> str:
    """Writes the index of a part, and then a note of its pictures that can't be decoded; returns the part's name.

    Raises BadFile.
    """
    if not job.output.has(f"{part.name}.json"):
        undecodable = _index(part, job)
        job.output.write_bytes(f"{part.name}.json", json.dumps(undecodable).encode())
    job.meter.add(0, part.task.work)
    return part.name


def _index(part: Part, job: Indexing) -> list[str]:
    pictures, vectors = _contents(part.task, job.meter), None
    if job.embedding.model:
        vectors = PictureVectors(load_embedder(job.embedding), job.max_pixels)
        pictures = vectors.pass_on(pictures)
    index, undecodable = build(pictures, job.max_pixels, job.mode)
    with job.output.write(f"{part.name}.idx") as file:
        index.save(file)
    if vectors:
        with job.output.write(f"{part.name}.embedding") as file:
            vectors.index(index.ids).save(file)
    return undecodable


def _contents(task: Task, meter: Meter) -> Iterator[tuple[str, bytes]]:
    for name, data in task.contents():
        yield name, data
        meter.add(1)


def needed_by_parts(parts: Sequence[Part], embedding: Embedding) -> dict[str, list[str]]:
    """The files that the note of each part says are whole, by the note's name."""
    endings = ("idx", "embedding") if embedding.model else ("idx",)
    return {f"{part.name}.json": [f"{part.name}.{ending}" for ending in endings] for part in parts}


def is_evaluated(output: Output, embedding: Embedding) -> bool:
    """Whether all that `join_parts` writes is there."""
    files = [EVAL_NOTE, EVAL_INDEX]
    if embedding.model:
        files += [EVAL_VECTORS, EVAL_CLUSTERS] if embedding.search == "clusters" else [EVAL_VECTORS]
    there = Listing(output)
    return all(name in there for name in files)


def join_parts(output: Output, sets: EvalSets, given: Sequence[EvalIndex], embedding: Embedding) -> dict[str, Any]:
    """Writes the vectors, the one index, and a note of what it holds, which it returns; names what can't be decoded.

    Raises InputError where nothing can.
    """
    names = [part.name for part in parts(sets)]
    undecodable = [name for part in names for name in json.loads(read_bytes(output.path(f"{part}.json")))]
    index = EvalIndex.join([*(open_index(output.path(f"{part}.idx")) for part in names), *given])
    if not index.ids:
        first = undecodable[0] if undecodable else sets.indexes[0].path
        raise InputError(
            f"eval_images: none of the {len(undecodable)} pictures exists and can be decoded, such as {first}"
            f"{path_help(sets.tasks)}"
        )
    for image in undecodable:
        tell(f"eval_images: {image} can't be decoded, so no near-duplicate of it is found")
    if embedding.model:
        write_vectors(output, [f"{part}.embedding" for part in names], embedding)
    with output.write(EVAL_INDEX) as file:
        index.save(file)
    note = {"images": len(index.ids), "entries": len(index.hashes), "mode": index.mode, "undecodable": undecodable}
    output.write_bytes(EVAL_NOTE, json.dumps(note).encode())
    output.remove(output.path(PARTS))
    return note
