"""croissant.json: the files of a corpus with their digests, and its columns, in MLCommons' Croissant 1.0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from pyarrow import types as pt

from pipeline import __version__
from pipeline.outputs.card.corpus import LAYOUTS, Corpus
from pipeline.outputs.card.licences import only_licence
from pipeline.outputs.formats.parquet import IMAGE_FIELD
from pipeline.outputs.manifest import json_file

PAPER = (
    "Jia et al., Scaling Up Visual and Vision-Language Representation Learning With Noisy Text Supervision, "
    "ICML 2021, https://arxiv.org/abs/2102.05918"
)
_CROISSANT = (
    "citeAs column conformsTo equivalentProperty extract field fileObject fileProperty fileSet format includes "
    "isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace samplingRate "
    "separator source subField transform"
)
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _CROISSANT.split()},
    "conformsTo": "dct:conformsTo",
}
TYPES = (
    ("sc:Text", (pt.is_string, pt.is_large_string)),
    ("sc:Boolean", (pt.is_boolean,)),
    ("sc:Integer", (pt.is_integer,)),
    ("sc:Float", (pt.is_floating,)),
    ("sc:DateTime", (pt.is_timestamp,)),
    ("sc:Date", (pt.is_date,)),
)
"""The data type for each Arrow type; a column of another has no form."""


def croissant(corpus: Corpus) -> bytes:
    """The content of the file."""
    licence = only_licence(corpus)
    return json_file(
        {
            "@context": CONTEXT,
            "@type": "sc:Dataset",
            "conformsTo": "http://mlcommons.org/croissant/1.0",
            "name": corpus.name,
            "description": "Pairs of an image and its alt-text, chosen by the rules of ALIGN (section 3).",
            "citeAs": PAPER,
            "version": __version__,
            **({"license": licence} if licence else {}),
            "distribution": [*_distribution(corpus)],
            "recordSet": [*_record_sets(corpus)],
        }
    )


def _distribution(corpus: Corpus) -> Iterator[dict[str, Any]]:
    """A set of files for each folder, then each file."""
    for folder in corpus.folders:
        layout = LAYOUTS[folder]
        form = {"includes": f"{folder}/*{layout.ending}", "encodingFormat": layout.media_type}
        yield {"@type": "cr:FileSet", "@id": _shards(folder), "name": folder, "description": layout.says} | form
    for folder in corpus.folders:
        for number, (path, sha256) in enumerate(corpus.files(folder)):
            known = {"contentUrl": path, "encodingFormat": LAYOUTS[folder].media_type, "sha256": sha256}
            yield {"@type": "cr:FileObject", "@id": f"{folder}/{number:05d}", "name": path} | known


def _shards(folder: str) -> str:
    """The id of the files of a folder; ids are of files, folders, record sets and fields, none of them twice."""
    return f"{folder}-shards"


def _record_sets(corpus: Corpus) -> Iterator[dict[str, Any]]:
    """The rows of the tables: pairs if there are any, else verdicts."""
    for name, folder in {"pairs": "parquet", "verdicts": "verdicts"}.items():
        if folder in corpus.folders:
            fields = [_field(name, folder, column) for column in corpus.columns(folder)]
            yield {"@type": "cr:RecordSet", "@id": name, "name": name, "field": [field for field in fields if field]}
            return


def _field(records: str, folder: str, column: pa.Field) -> dict[str, Any] | None:
    kind, repeated = _data_type(column)
    if kind is None:
        return None
    image = {"transform": {"jsonPath": "bytes"}} if column == IMAGE_FIELD else {}
    return {
        "@type": "cr:Field",
        "@id": f"{records}/{quote(column.name, safe='')}",
        "name": column.name,
        "dataType": kind,
        **({"repeated": True} if repeated else {}),
        "source": {"fileSet": {"@id": _shards(folder)}, "extract": {"column": column.name}, **image},
    }


def _data_type(column: pa.Field) -> tuple[str | None, bool]:
    """The data type of a column, and whether it is a list; None if it has no form in Croissant."""
    if column == IMAGE_FIELD:
        return "sc:ImageObject", False
    repeated = pt.is_list(column.type) or pt.is_large_list(column.type)
    kind = column.type.value_type if repeated else column.type
    return next((name for name, tests in TYPES if any(test(kind) for test in tests)), None), repeated
