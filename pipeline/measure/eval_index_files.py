"""Index files of evaluation sets, as `python -m dedup index` and the parts of a run write them."""

from __future__ import annotations

from dedup.evaluation import EvalIndex
from filters import EvalDuplicate
from pipeline.files import local_copy
from pipeline.inputs import InputError
from pipeline.measure.eval_sets import EvalSets


def index_mode(rule: EvalDuplicate) -> str:
    """The mode of the index that serves `rule`: `thorough` looks up more of the corpus in a default index."""
    return "dense" if rule.mode == "dense" else "default"


def open_index(path: str) -> EvalIndex:
    """Opens an index file, mapped to memory. Raises ValueError, OSError."""
    return EvalIndex.load(local_copy(path))


def load_indexes(sets: EvalSets, rule: EvalDuplicate) -> list[EvalIndex]:
    """Loads the index files. Raises InputError for a file that is no index, or whose mode does not fit the rule's."""
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
