"""The YAML by which `datasets.load_dataset(DIR)` loads a corpus: its configs, and features where it can't infer them.

All configs of a folder are read by one builder of `datasets`, so that tars and tables can't both be configs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from pyarrow import types as pt

from pipeline.outputs.finished_corpus import PAIRS, Corpus

Yaml = dict[str, Any]
ROWS = 1000  # read at once; without a number, `datasets` takes that of a file's first row group, and fails at 0
_NAMES = {
    "double": "float64",
    "float": "float32",
    "halffloat": "float16",
    "date32[day]": "date32",
    "date64[ms]": "date64",
}
_IN_JSON = (pt.is_string, pt.is_large_string, pt.is_integer, pt.is_floating, pt.is_boolean)
_NO_FEATURE = (pt.is_map, pt.is_union, pt.is_interval, pt.is_decimal32, pt.is_decimal64)


def load_settings(corpus: Corpus) -> Yaml:
    """`configs`, and `dataset_info` for those whose features are not inferred."""
    if "webdataset" in corpus.folders and "parquet" not in corpus.folders:
        samples = {"features": _of_samples(corpus.carried)}
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
    """The features of a table with a column that has no feature, such as a map, which is left out."""
    some = _loadable(columns)
    return {"config_name": name, "features": [*map(feature, some)]} if len(some) < len(columns) else {}


def _loadable(fields: Iterable[pa.Field]) -> list[pa.Field]:
    return [field for field in fields if not _has(field.type, _NO_FEATURE)]


def _of_samples(carried: pa.Schema) -> list[Yaml]:
    """The features of tars: by those of the first sample, a picture of another format would be an error."""
    simple = [field for field in carried if all(_has(kind, _IN_JSON) for kind in _leaves(field.type))]
    described = pa.struct([*list(PAIRS)[2:], *simple])
    images = [{"name": ending, "dtype": "image"} for ending in ("jpg", "png")]
    texts = [{"name": name, "dtype": "string"} for name in ("__key__", "txt")]
    return [*images, *texts, feature(pa.field("json", described))]


def feature(field: pa.Field) -> Yaml:
    """A column as `datasets` writes its feature in YAML."""
    return {"name": field.name, "dtype": "image"} if field == PAIRS[0] else {"name": field.name} | _feature(field.type)


def _feature(kind: pa.DataType) -> Yaml:
    if pt.is_struct(kind):
        return {"struct": [feature(field) for field in kind]}
    if pt.is_list(kind) or pt.is_large_list(kind) or pt.is_fixed_size_list(kind):
        name = "large_list" if pt.is_large_list(kind) else "list"
        length = {"length": kind.list_size} if pt.is_fixed_size_list(kind) else {}
        inner = _feature(kind.value_type)
        return {name: inner.get("struct") or inner.get("dtype") or inner} | length
    return {"dtype": _NAMES.get(str(kind), str(kind))}


def _leaves(kind: pa.DataType) -> Iterable[pa.DataType]:
    """The types of a type's values."""
    inner = [kind.field(number).type for number in range(kind.num_fields)]
    return [leaf for one in inner for leaf in _leaves(one)] if inner and not pt.is_map(kind) else [kind]


def _has(kind: pa.DataType, tests: Iterable[Any]) -> bool:
    return any(test(leaf) for leaf in _leaves(kind) for test in tests)
