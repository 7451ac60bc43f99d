"""Input files of every kind, each as batches of the same columns (`FIELDS`, then the carried ones)."""

from __future__ import annotations

from pipeline.inputs.errors import BadFile, InputError
from pipeline.inputs.reader import FIELDS, Reader, Span
from pipeline.inputs.settings import Columns, Input
from pipeline.inputs.sources import EXTENSIONS, Source, extension, find_sources

__all__ = [
    "EXTENSIONS",
    "FIELDS",
    "BadFile",
    "Columns",
    "Input",
    "InputError",
    "Reader",
    "Source",
    "Span",
    "find_sources",
    "open_source",
]


def open_source(source: Source, settings: Input, *, text_only: bool = False) -> Reader:
    """The reader of an input file, by its extension. Raises BadFile.

    With `text_only` a table needs no column with images, paths or URLs, and no image is read: all are null.
    """
    from pipeline.inputs.parquet import ParquetReader
    from pipeline.inputs.tar import TarReader

    readers = {".parquet": ParquetReader, ".tar": TarReader}
    return readers[extension(source.path)](source, settings, text_only)
