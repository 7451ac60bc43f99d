"""The graphs that Dataflow gets: their labels stay, and what is shuffled is tasks, names and counts, never an image."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor
from apache_beam.typehints.typehints import TypeConstraint
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import PaneInfo

from pipeline.config import Config
from pipeline.count import CountCorpus
from pipeline.counting import counting, groups
from pipeline.emit import Emission, EmitCorpus
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.index import IndexInputs, IndexTask
from pipeline.inputs import Source
from pipeline.inputs.pictures import Files
from pipeline.measure.eval_parts import Indexing, IndexPictures, parts
from pipeline.measure.eval_sets import EvalSets
from pipeline.storage.plan import Plan, Shard

OPTIONS = ("--runner=DataflowRunner", "--dry_run=True", "--project=some-project", "--region=us-central1")
PLACE = ("--temp_location=gs://some-bucket/tmp", "--dataflow_endpoint=http://localhost:1", "--no_auth")
OUTPUT, CONFIG, METER = Output("gs://some-bucket/out"), Config(), Meter(None)
SOURCE = Source(0, "gs://some-bucket/in.parquet", "in.parquet", 1, 1.0)
PLAN = Plan((Shard(0, 1, SOURCE, 0, 5, True),), pa.schema([]), True, {})

SMALL = {int, float, bool, str, type(None), None, ..., Timestamp, PaneInfo}

Wire = Callable[[beam.Pipeline], Any]


def evaluation_sets(root: beam.Pipeline) -> Any:
    job = Indexing(OUTPUT, "default", CONFIG.dedup.embedding, 1, METER)
    return root | "Parts" >> beam.Create(parts(EvalSets([Files((SOURCE,))]))) | IndexPictures(job)


def index(root: beam.Pipeline) -> Any:
    return root | "Sources" >> beam.Create([SOURCE]) | IndexInputs(OUTPUT, CONFIG.input, METER)


def count(root: beam.Pipeline) -> Any:
    job = counting(OUTPUT, PLAN, "uncased", CONFIG.filters.rare_ngram, METER)
    return root | "Groups" >> beam.Create(groups(OUTPUT, PLAN.shards)) | CountCorpus(job)


def count_in_levels(root: beam.Pipeline) -> Any:
    """So many runs that they are merged in two levels, and their ranges too."""
    shards = tuple(Shard(number, 33, SOURCE, number, 2_000_000, True) for number in range(33))
    job = counting(OUTPUT, Plan(shards, pa.schema([]), True, {}), "uncased", CONFIG.filters.rare_ngram, METER)
    return root | "Groups" >> beam.Create(groups(OUTPUT, shards), reshuffle=False) | CountCorpus(job)


def emit(root: beam.Pipeline) -> Any:
    emission = Emission(OUTPUT, CONFIG, PLAN.carried, METER)
    return root | "Shards" >> beam.Create(PLAN.shards) | EmitCorpus(emission)


LABELS = {
    evaluation_sets: {"IndexPictures": ["Index", "SpreadParts"]},
    index: {"IndexInputs": ["Index", "Split", "SpreadFiles", "SpreadTasks"]},
    count: {
        "CountCorpus": [
            *("Count", "Cut", "Finish", "Histograms", "Join", "Kinds", "Merge", "Once", "Ranges", "RangesAgain"),
            *("SpreadGroups", "SpreadKinds", "SpreadRanges", "SpreadRangesAgain", "Summarise"),
        ]
    },
    emit: {"EmitCorpus": ["Emit", "SpreadShards"]},
}


@cache
def dry_run(wire: Wire) -> Any:
    """The graph that would be submitted."""
    pipeline = beam.Pipeline(options=PipelineOptions([*OPTIONS, *PLACE, "--no_save_main_session"]))
    wire(pipeline)
    return pipeline.run().job.proto_pipeline


@pytest.mark.slow
@pytest.mark.parametrize("wire", LABELS, ids=lambda wire: wire.__name__)
def test_labels_are_stable(wire: Wire) -> None:
    """Dataflow's page, its logs and its metrics go by them."""
    names = [transform.unique_name.split("/") for transform in dry_run(wire).components.transforms.values()]
    for top, labels in LABELS[wire].items():
        assert sorted({name[1] for name in names if name[0] == top and len(name) > 1}) == labels


@pytest.mark.slow
@pytest.mark.parametrize(("wire", "shuffles"), [(evaluation_sets, 1), (index, 2), (count, 5), (emit, 1)])
def test_each_shuffle_is_a_stage_that_waits(wire: Wire, shuffles: int) -> None:
    urns = [transform.spec.urn for transform in dry_run(wire).components.transforms.values()]
    assert urns.count("beam:transform:group_by_key:v1") == shuffles


class Shuffled(PipelineVisitor):
    """The types of what crosses a shuffle, as Reshuffle and GroupByKey get it."""

    def __init__(self) -> None:
        self.types: list[Any] = []

    def visit_transform(self, node: AppliedPTransform) -> None:
        if isinstance(node.transform, beam.GroupByKey):
            self.types.extend(source.element_type for source in node.inputs)


def parts_of(kind: Any) -> list[Any]:
    """The types that a value of a type is made of, Beam's or Python's; none for one that has no parts."""
    if isinstance(kind, TypeConstraint):
        return list(getattr(kind, "union_types", None) or kind._inner_types())
    if dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"):
        return list(get_type_hints(kind).values())
    return list(get_args(kind))


def leaves(kind: Any) -> Iterator[Any]:
    """All types without parts that a value of a type is made of."""
    if parts := parts_of(kind):
        for part in parts:
            yield from leaves(part)
    else:
        yield kind


@pytest.mark.parametrize("wire", [*LABELS, count_in_levels], ids=lambda wire: wire.__name__)
def test_no_image_crosses_a_shuffle(wire: Wire) -> None:
    pipeline, shuffled = beam.Pipeline(options=PipelineOptions([])), Shuffled()
    wire(pipeline)
    pipeline.visit(shuffled)
    kinds = {kind for type in shuffled.types for kind in leaves(type)}
    assert shuffled.types and {str, int} <= kinds <= SMALL


def test_the_check_of_types_would_find_an_image() -> None:
    assert set(leaves(IndexTask)) <= SMALL
    for large in (tuple[int, dict[str, bytes]], list[pa.Table], Any, beam.typehints.Any):
        assert not set(leaves(large)) <= SMALL
