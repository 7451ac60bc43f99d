"""Column settings that no input would use."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from pipeline.inputs.archives.samples import IMAGES
from pipeline.inputs.errors import InputError
from pipeline.inputs.settings import Columns
from pipeline.inputs.sources import Source, extension

_TAR, _RECORDS = ".tar", ".tfrecord"


def check_columns(sources: Sequence[Source], columns: Columns) -> None:
    """Raises InputError for a chosen column if all inputs are archives without such a thing."""
    kinds = {extension(source.path) for source in sources}
    if kinds == {_TAR} and columns.image is not None:
        raise InputError(
            f"input.columns.image: {columns.image} is not used: the images of a .tar are its members that end with"
            f" {', '.join(IMAGES)}"
        )
    if not kinds <= {_TAR, _RECORDS}:
        return
    for role, name in dataclasses.asdict(columns).items():
        if name is not None and name.isdigit():
            raise InputError(
                f"input.columns.{role}: {name} is not used: numbers are for tables without a header, and here are only"
                f" {' and '.join(sorted(filter(None, kinds)))} files, whose fields have names"
            )
