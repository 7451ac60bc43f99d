"""The bar on pages: CPU time of reading a WARC as an input, against the least that finds alt-texts.

Both sides read the same file in one process, in turns.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.corpus import FOLDER
from bench.figures import Figure, median

BAR = 1.7  # multiple of the yardstick's CPU time
URL = "https://example.org/"


def pages(folder: Path, repeats: int) -> Iterator[Figure]:
    """Medians of `repeats` rounds over a WARC of all .html files below a folder; a ratio is taken within its round."""
    path = _write(folder, FOLDER / "pages.warc.gz")
    rounds = [(_cpu(least, path), _cpu(rows, path)) for _ in range(repeats + 1)][1:]  # the first imports
    yield Figure("pages", rows(path)["pages"], "")
    yield Figure("FastWARC, lexbor, img[alt]", median([loop for loop, _ in rounds]), "s")
    yield Figure("the reader of .warc", median([ours for _, ours in rounds]), "s")
    yield Figure("reader / loop", median([ours / loop for loop, ours in rounds]), "x", at_most=BAR)


def least(path: Path) -> int:
    """The yardstick: counts the images with an alt-text."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType
    from selectolax.lexbor import LexborHTMLParser

    found = 0
    kinds = WarcRecordType.response | WarcRecordType.resource
    for record in ArchiveIterator(str(path), record_types=kinds, fsspec_args=False):
        for image in LexborHTMLParser(record.reader.read()).css("img[alt]"):
            found += bool(image.attributes["alt"])
    return found


def rows(path: Path) -> dict[str, int]:
    """Reads all batches as the first pass does; the counts of pages."""
    from pipeline.inputs import Input, find_sources, open_source

    [source] = find_sources([str(path)])
    reader = open_source(source, Input())
    for _ in reader.batches():
        pass
    return dict(reader.pages)


def _cpu(work: Callable[[Path], object], path: Path) -> float:
    begin = time.process_time()
    work(path)
    return time.process_time() - begin


def _write(folder: Path, path: Path) -> Path:
    """A WARC with a request and a response for each page, sorted by path."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    path.parent.mkdir(parents=True, exist_ok=True)
    header = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
    asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "example.org")], is_http_request=True)
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for page in sorted(folder.rglob("*.html")):
            url = URL + page.relative_to(folder).as_posix()
            writer.write_record(writer.create_warc_record(url, "request", io.BytesIO(), http_headers=asked))
            body = io.BytesIO(page.read_bytes())
            writer.write_record(writer.create_warc_record(url, "response", body, http_headers=header))
    return path
