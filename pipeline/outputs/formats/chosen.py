"""The images of a few pairs of a finished corpus, from any format that it has: Parquet first, which is read in part."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Collection, Iterator, Mapping

import pyarrow.parquet as pq

from pipeline.files import Output, open_file
from pipeline.formats import FORMATS, RECORDS
from pipeline.inputs.errors import BadFile, reading
from pipeline.outputs.formats.pairs import IMAGE
from pipeline.outputs.formats.recorded import read_images
from pipeline.storage.markers import Listing

Images = Iterator[tuple[int, bytes]]  # places among the pairs of a shard, ascending, and encoded images


def format_at_hand(files: Listing, shard: str) -> str | None:
    """The format to read a shard's images from, of those whose file is among `files`; None if it has none."""
    return next((one for one in _READERS if FORMATS[one].file(shard) in files), None)


def read_chosen(corpus: Output, shard: str, format_: str, places: Collection[int]) -> dict[int, bytes]:
    """The encoded images at these places among the pairs of a shard's file.

    Raises BadFile if the file is damaged or has fewer pairs.
    """
    wanted, found = set(places), dict[int, bytes]()
    for place, content in _READERS[format_](corpus, shard, wanted):
        found[place] = content
        if len(found) == len(wanted):
            return found
    if wanted:
        path = corpus.path(FORMATS[format_].file(shard))
        raise BadFile(path, f"no pair number {min(wanted - found.keys()):,}, which its verdicts keep")
    return found


def _of_parquet(corpus: Output, shard: str, wanted: set[int]) -> Images:
    path = corpus.path(FORMATS["parquet"].file(shard))
    with reading(path), open_file(path) as opened:
        file, first = pq.ParquetFile(opened), 0
        for group in range(file.num_row_groups):
            rows = range(first, first + file.metadata.row_group(group).num_rows)
            if some := sorted(wanted.intersection(rows)):
                images = file.read_row_group(group, [f"{IMAGE}.bytes"])[IMAGE]
                yield from ((place, images[place - first].as_py()["bytes"]) for place in some)
            first = rows.stop


def _of_records(corpus: Output, shard: str, wanted: set[int]) -> Images:
    yield from ((image.row, image.data) for image in read_images(corpus, shard) if image.row in wanted)


def _of_tar(corpus: Output, shard: str, wanted: set[int]) -> Images:
    path = corpus.path(FORMATS["webdataset"].file(shard))
    try:
        with reading(path), open_file(path) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            members = (member for member in tar if member.name.endswith((".jpg", ".png")))
            for place, member in enumerate(members):
                if place in wanted and (content := tar.extractfile(member)):
                    yield place, content.read()
    except tarfile.TarError as error:
        raise BadFile(path, f"no tar of a corpus: {error}") from error


_READERS: Mapping[str, Callable[[Output, str, set[int]], Images]] = {
    "parquet": _of_parquet,
    RECORDS: _of_records,
    "webdataset": _of_tar,
}
