"""The one index of a run's evaluation sets, joined from the parts of the pictures and the index files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from dedup.evaluation import EvalIndex
from pipeline.config import Embedding
from pipeline.files import Output, read_bytes
from pipeline.inputs import InputError
from pipeline.inputs.pictures import path_help
from pipeline.measure.eval_index_files import open_index
from pipeline.measure.eval_parts import PARTS, parts
from pipeline.measure.eval_sets import EvalSets
from pipeline.measure.vectors import write_vectors
from pipeline.printable import tell
from pipeline.storage.evaluation import EVAL_CLUSTERS, EVAL_INDEX, EVAL_NOTE, EVAL_VECTORS
from pipeline.storage.markers import Listing


def is_evaluated(output: Output, embedding: Embedding) -> bool:
    """Returns whether every file that `join_parts` writes exists."""
    there = Listing(output)
    return all(name in there for name in evaluation_files(embedding))


def evaluation_files(embedding: Embedding) -> list[str]:
    """The files that `join_parts` writes."""
    clusters = [EVAL_CLUSTERS] if embedding.search == "clusters" else []
    return [EVAL_NOTE, EVAL_INDEX, *([EVAL_VECTORS, *clusters] if embedding.model else [])]


def join_parts(output: Output, sets: EvalSets, given: Sequence[EvalIndex], embedding: Embedding) -> dict[str, Any]:
    """Writes the vectors, the one index and its summary, which it returns; prints the undecodable pictures.

    Raises InputError if no picture can be decoded.
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
    note = {
        "images": len(index.ids),
        "entries": len(index.hashes),
        "mode": index.mode,
        "sets": dict(Counter(image.partition("/")[0] for image in index.ids)),
        "undecodable": undecodable,
    }
    output.write_bytes(EVAL_NOTE, json.dumps(note).encode())
    output.remove(output.path(PARTS))
    return note
