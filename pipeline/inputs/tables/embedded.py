"""Image columns in the form of the Hugging Face libraries: a struct of `bytes` and `path`, either of them null."""

from __future__ import annotations

import json
import os
import shlex

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.inputs import convert


def has_paths(kind: pa.DataType) -> bool:
    """Returns whether a column of this type may hold images' paths."""
    if isinstance(kind, pa.BaseExtensionType):
        return has_paths(kind.storage_type)
    place = kind.get_field_index("path") if convert.is_picture(kind) else -1
    return place >= 0 and convert.is_string(convert.value_type(kind.field(place).type))


def lone_paths(column: pa.Array) -> pa.StringArray | None:
    """Paths of the images without bytes, null elsewhere; None if the whole column has none."""
    if isinstance(column, pa.ExtensionArray):
        return lone_paths(column.storage)
    if not has_paths(column.type):
        return None
    embedded = pc.struct_field(column, "bytes").is_valid()
    if embedded.true_count == len(column):
        return None
    paths = convert.string(pc.struct_field(column, "path"))
    paths = pc.if_else(embedded, pa.scalar(None, pa.string()), paths)
    return paths if paths.null_count < len(paths) else None


def embedding_command(path: str, column: str) -> str:
    """The shell command that rewrites a table with all its images as bytes, into the folder `embedded`."""
    kind = os.path.splitext(path)[1].lower().removeprefix(".")
    code = f'import datasets; datasets.load_dataset("{kind}", data_files={json.dumps(path)}, split="train")'
    code += f'.cast_column({json.dumps(column)}, datasets.Image()).save_to_disk("embedded")'
    return f"python -c {shlex.quote(code)}"
