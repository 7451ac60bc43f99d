"""The evaluation sets of a run: pictures, and index files of `python -m dedup index`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.files import exists, is_local
from pipeline.inputs import EXTENSIONS, BadFile, InputError, Source, list_files
from pipeline.inputs.pictures import PICTURES, Files, Rows, Task, find_tasks
from pipeline.storage.plan import BadInputs


@dataclass(frozen=True)
class EvalSets:
    """Tasks of pictures, which are named `<set>/<path or key>`, and index files."""

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
    """Finds the evaluation sets: every pattern that `python -m dedup index` takes, and its index files.

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
    """Returns whether `pattern` is an index: the path of an existing file that is no image and can't hold images."""
    if pattern.lower().endswith((*PICTURES, *EXTENSIONS)) or re.search(r"[*?\[]", pattern):
        return False
    return os.path.isfile(pattern) if is_local(pattern) else exists(pattern)
