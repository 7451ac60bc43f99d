"""Readers of pages: a pair for each `<img>` with an alt-text and a URL, read in one stream."""

from __future__ import annotations

import codecs
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from itertools import islice
from typing import BinaryIO

import pyarrow as pa

from crawl.pages.archive import BadArchive, records
from crawl.pages.found import Count, Place, Row
from crawl.pages.page import PageReader
from crawl.pages.warc import WarcRows
from crawl.pages.wat import WatRows
from pipeline.files import open_file
from pipeline.inputs.errors import BadFile, reading
from pipeline.inputs.pages.rows import tables
from pipeline.inputs.reader import WHOLE, Span
from pipeline.inputs.settings import Input
from pipeline.inputs.sources import Source
from pipeline.inputs.text.compressed import open_plain, position

_LOOKED_AT = 1024  # bytes at the start of a file
_TOLD = 100  # rows between two looks at the position in the file


class PagesReader:
    """A file of pages. Its pairs have URLs and no images; which settings of tables are on doesn't matter."""

    one_shard = False
    has_images = False
    folder = places = looked_in = ""
    paths_seen = paths_found = failed_downloads = 0

    def __init__(self, source: Source, settings: Input, text_only: bool) -> None:
        self.source = source
        self._settings = settings.pages
        self._limit = settings.limit
        self._count = Count()
        self.position = 0

    @property
    def pages(self) -> Mapping[str, int]:
        return self._count

    def spans(self, rows: int) -> list[Span]:
        return [WHOLE]

    def batches(self, span: Span = WHOLE) -> Iterator[pa.Table]:
        self._count = Count()
        with reading(self.source.path), closing(self._rows()) as rows:
            yield from tables(islice(rows, self._limit))

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        return iter([None] * len(rows))

    def _rows(self) -> Generator[Row, None, None]:
        """Yields all pairs, in order. Raises BadFile, and what `reading` converts."""
        raise NotImplementedError


def _is_binary(content: bytes) -> bool:
    """Returns whether a file holds zeros at its start, as text does in UTF-16 alone."""
    return b"\0" in content[:_LOOKED_AT] and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


class _ArchiveReader(PagesReader):
    kind: type[WarcRows | WatRows]

    def _rows(self) -> Generator[Row, None, None]:
        with open_file(self.source.path) as file:
            made = self.kind(self.source.name, self._settings, self._count)
            try:
                for number, row in enumerate(made.rows(records(file, made.kinds))):
                    if number % _TOLD == 0:
                        self.position = file.tell()
                    yield row
            except BadArchive as error:
                raise BadFile(self.source.path, str(error)) from error


class WarcReader(_ArchiveReader):
    """A .warc file, possibly compressed."""

    kind = WarcRows


class WatReader(_ArchiveReader):
    """A .wat file, possibly compressed."""

    kind = WatRows


class HtmlReader(PagesReader):
    """A .html file, possibly compressed: one page, whose URL is not known."""

    def _rows(self) -> Generator[Row, None, None]:
        with open_plain(self.source.path) as file:
            body = self._body(file)
            self._count["records"] = 1
            if body is None:
                self._count["bad_record"] = 1
                return
            page = PageReader(self._settings, self._count)
            yield from page.rows(Place(f"{self.source.name}#0", None, None), body, "")

    def _body(self, file: BinaryIO) -> bytes | None:
        """The content; None if it is too large. Raises BadFile for a file of something else."""
        body = file.read(self._settings.max_bytes + 1)
        self.position = position(file)
        if not body.strip():
            raise BadFile(self.source.path, "empty file")
        if _is_binary(body):
            raise BadFile(self.source.path, "not HTML, but a binary file")
        if len(body) <= self._settings.max_bytes:
            return body
        while file.read(1 << 20):  # a truncated .gz is found out at its end
            pass
        return None
