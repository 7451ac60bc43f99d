"""The YAML by which `datasets.load_dataset(DIR)` loads a corpus: its configs, and features where it can't infer them.

All configs of a folder are read by one builder of `datasets`, so that tars and tables can't both be configs.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from pyarrow import types as pt

from pipeline.inputs import convert
from pipeline.outputs.card.corpus import Corpus
from pipeline.outputs.formats.parquet import IMAGE_FIELD
from pipeline.outputs.formats.types import has_map, holds

Yaml = dict[str, Any]
ROWS = 1000  # read at once; without a number, `datasets` takes that of a file's first row group, and fails at 0
_NAMES = {
    "double": "float64",
    "float": "float32",
    "halffloat": "float16",
    "date32[day]": "date32",
    "date64[ms]": "date64",
}
_AS_IN_JSON = (pt.is_integer, pt.is_boolean, pt.is_null)


def load_settings(corpus: Corpus) -> Yaml:
    """`configs`, and `dataset_info` for those whose features are not inferred."""
    if corpus.loaded == "webdataset":
        samples = {"features": _of_samples(corpus.fields)}
        return {"configs": [{"config_name": "default", "data_files": "webdataset/*.tar"}], "dataset_info": samples}
    folders = [folder for folder in corpus.folders if _is_table(folder)] or ["verdicts"]  # else any .json is loaded
    tables = {"default" if folder == "parquet" else folder: folder for folder in folders}
    configs = [_config(name, folder, corpus.columns(folder)) for name, folder in tables.items()]
    known = [_info(name, corpus.columns(folder)) for name, folder in tables.items()]
    described = [info for info in known if info]
    return {"configs": configs} | ({"dataset_info": described} if described else {})


def _is_table(folder: str) -> bool:
    return folder in ("parquet", "verdicts")


def _config(name: str, folder: str, columns: pa.Schema) -> Yaml:
    some = {"columns": [field.name for field in _loadable(columns)]} if _info(name, columns) else {}
    return {"config_name": name, "data_files": f"{folder}/*.parquet", "batch_size": ROWS} | some


def _info(name: str, columns: pa.Schema) -> Yaml:
    """The features of a table with a column that has none, and so is left out."""
    some = _loadable(columns)
    return {"config_name": name, "features": [*map(feature, some)]} if len(some) < len(columns) else {}


def _loadable(columns: pa.Schema) -> list[pa.Field]:
    return [column for column in columns if not has_map(column.type)]


def _of_samples(fields: pa.Schema) -> list[Yaml]:
    """The features of tars: by those of the first sample, a picture of another format would be an error.

    `datasets` ignores what has no feature in an object, and fails at a number over 2^63 in one that has.
    """
    readable = [item for item in fields if item.name != "text" and not holds(item.type, pt.is_uint64)]
    described = [item.with_type(in_json(item.type)) for item in readable]
    images = [{"name": ending, "dtype": "image"} for ending in ("jpg", "png")]
    texts = [{"name": name, "dtype": "string"} for name in ("__key__", "txt")]
    return [*images, *texts, feature(pa.field("json", pa.struct(described)))]


def in_json(kind: pa.DataType) -> pa.DataType:
    """The type of a column in the .json of a sample: bytes, times and decimals are texts, a map is a list."""
    if pt.is_map(kind):
        return pa.list_(pa.struct([("key", in_json(kind.key_type)), ("value", in_json(kind.item_type))]))
    if convert.is_list(kind):
        return pa.list_(in_json(kind.value_type))
    if pt.is_struct(kind):
        return pa.struct([item.with_type(in_json(item.type)) for item in kind])
    if pt.is_floating(kind):
        return pa.float64()
    return kind if any(test(kind) for test in _AS_IN_JSON) else pa.string()


def feature(field: pa.Field) -> Yaml:
    """A column as `datasets` writes its feature in YAML."""
    return {"name": field.name} | ({"dtype": "image"} if field == IMAGE_FIELD else _feature(field.type))


def _feature(kind: pa.DataType) -> Yaml:
    if pt.is_struct(kind):
        return {"struct": [feature(field) for field in kind]}
    if convert.is_list(kind):
        name = "large_list" if pt.is_large_list(kind) else "list"
        length = {"length": kind.list_size} if pt.is_fixed_size_list(kind) else {}
        inner = _feature(kind.value_type)
        return {name: inner.get("struct") or inner.get("dtype") or inner} | length
    return {"dtype": _NAMES.get(str(kind), str(kind))}
