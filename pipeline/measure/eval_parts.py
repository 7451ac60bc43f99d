"""Pictures of evaluation sets to index files, a part for each task: the Beam transform that workers execute."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import apache_beam as beam

from dedup.evaluation import build
from pipeline.config import Embedding
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.inputs.pictures import Task
from pipeline.measure.eval_sets import EvalSets
from pipeline.measure.vectors import PictureVectors, load_embedder

PARTS = "work/evaluation"


@dataclass(frozen=True)
class EvalPart:
    """A numbered task of the evaluation sets."""

    number: int
    task: Task

    @property
    def name(self) -> str:
        return f"{PARTS}/{self.number:06d}"


def parts(sets: EvalSets) -> list[EvalPart]:
    """The tasks of all sets, numbered."""
    return [EvalPart(number, task) for number, task in enumerate(sets.tasks)]


@dataclass(frozen=True)
class Indexing:
    """Settings and output of indexing, the same for all parts."""

    output: Output
    mode: str
    embedding: Embedding
    max_pixels: int
    meter: Meter


@dataclass(eq=False)
class IndexPictures(beam.PTransform[beam.PCollection[EvalPart], beam.PCollection[str]]):
    """Parts to an index file each, and a file of vectors if there is a model; yields the parts' names."""

    job: Indexing

    def expand(self, parts: beam.PCollection[EvalPart]) -> beam.PCollection[str]:
        spread = parts | "SpreadParts" >> beam.Reshuffle()
        names: beam.PCollection[str] = spread | "Index" >> beam.Map(index_part, self.job)
        return names


def index_part(part: EvalPart, job: Indexing) -> str:
    """Writes the index of a part, then its marker, which lists undecodable pictures; returns the part's name.

    Raises BadFile.
    """
    if not job.output.has(f"{part.name}.json"):
        undecodable = _index(part, job)
        job.output.write_bytes(f"{part.name}.json", json.dumps(undecodable).encode())
    job.meter.add(0, part.task.work)
    return part.name


def _index(part: EvalPart, job: Indexing) -> list[str]:
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


def needed_by_parts(parts: Sequence[EvalPart], embedding: Embedding) -> dict[str, list[str]]:
    """The files that each part's completion marker stands for, by the marker's name."""
    endings = ("idx", "embedding") if embedding.model else ("idx",)
    return {f"{part.name}.json": [f"{part.name}.{ending}" for ending in endings] for part in parts}
