"""The columns of a shard whose values have statistics: language, licence, picture format and rare n-gram."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.statistics.tables import LONGEST_NAME
from vocab.buffers import one_array
from vocab.hashing import hash_strings

LANGUAGES = ("lang", "language", "LANGUAGE", "page_lang")
LICENCES = ("licence", "license")
NO_FORMAT, NOT_READ = "none", "not read"

_FORMATS = {"MPO": "JPEG", "WEBP": "WebP", "JPEG2000": "JPEG 2000", "DIB": "BMP"}  # Pillow's names to the usual ones


def values_of(pairs: pa.Table, names: tuple[str, ...]) -> pa.StringArray | None:
    """Each pair's value in the first of its columns `names`, in any case, that has one; None without such a column."""
    found = [_without_blanks(one_array(pairs[number])) for number in _places(pairs.schema, names)]
    return pc.coalesce(*found) if found else None


def _places(schema: pa.Schema, names: tuple[str, ...]) -> list[int]:
    """The columns of strings with these names, in their order: all exact names, then those in another case."""
    columns = schema.names
    folded = [column.casefold() for column in columns]
    exact = [number for name in names for number, column in enumerate(columns) if column == name]
    wanted = dict.fromkeys(name.casefold() for name in names)
    others = [number for name in wanted for number, column in enumerate(folded) if column == name]
    return [number for number in dict.fromkeys([*exact, *others]) if pt.is_string(schema.field(number).type)]


def _without_blanks(column: pa.StringArray) -> pa.StringArray:
    """The values without white space around them; null for an empty one."""
    encoded = column.dictionary_encode()
    plain = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(encoded.dictionary), 0, LONGEST_NAME)
    plain = pc.if_else(pc.equal(plain, ""), pa.scalar(None, pa.string()), plain)
    return plain.take(encoded.indices)


def format_names(formats: pa.StringArray) -> pa.StringArray:
    """Users' names of the formats that Pillow names."""
    encoded = formats.dictionary_encode()
    names = pa.array([_FORMATS.get(name, name) for name in encoded.dictionary.to_pylist()], pa.string())
    return names.take(encoded.indices)


def hashes_of(column: pa.StringArray) -> np.ndarray:
    """A hash for each row, uint64 (rows,), of few distinct strings."""
    encoded = column.dictionary_encode()
    hashes: np.ndarray = hash_strings(encoded.dictionary)[encoded.indices.to_numpy()]
    return hashes
