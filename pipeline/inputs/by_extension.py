"""The reader of a file, by its extension."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.inputs.archives.tar import TarReader
from pipeline.inputs.archives.tfrecord import RecordReader
from pipeline.inputs.json_files.caption_set_reader import CaptionSetReader
from pipeline.inputs.json_files.jsonl import JsonLinesReader
from pipeline.inputs.pages.reader import HtmlReader, WarcReader, WatReader
from pipeline.inputs.partitions import PartitionedReader, partitions
from pipeline.inputs.reader import Reader
from pipeline.inputs.settings import Input
from pipeline.inputs.sources import Source, extension
from pipeline.inputs.tables.arrow import ArrowReader
from pipeline.inputs.tables.parquet import ParquetReader
from pipeline.inputs.text.delimited import DelimitedReader

READERS: Mapping[str | None, Callable[[Source, Input, bool], Reader]] = {
    ".parquet": ParquetReader,
    ".csv": DelimitedReader,
    ".csv.gz": DelimitedReader,
    ".tsv": DelimitedReader,
    ".tsv.gz": DelimitedReader,
    ".jsonl": JsonLinesReader,
    ".jsonl.gz": JsonLinesReader,
    ".tar": TarReader,
    ".tfrecord": RecordReader,
    ".arrow": ArrowReader,
    ".json": CaptionSetReader,
    ".warc": WarcReader,
    ".warc.gz": WarcReader,
    ".wat": WatReader,
    ".wat.gz": WatReader,
    ".html": HtmlReader,
    ".html.gz": HtmlReader,
    None: DelimitedReader,  # for inputs that match `NAMED`
}


def open_source(source: Source, settings: Input, *, text_only: bool = False) -> Reader:
    """The reader of an input file. Raises BadFile.

    With `text_only` a table needs no column with images, paths or URLs, and no image is read: all are null.
    """
    reader = READERS[extension(source.path)](source, settings, text_only)
    columns = partitions(source.name)
    return PartitionedReader(reader, columns) if columns else reader
