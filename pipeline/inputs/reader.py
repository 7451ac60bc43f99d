"""The interface of every reader of an input file, and the columns of its batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from pipeline.inputs.sources import Source

FIELDS = pa.schema(
    [
        ("key", pa.string()),
        ("text", pa.binary()),  # as in the file, even if invalid UTF-8
        ("url", pa.string()),
        ("image_path", pa.string()),
        ("sha256", pa.string()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("image", pa.large_binary()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
    ]
)
"""The first columns of every batch; the passthrough columns follow."""

NO_PAGES: Mapping[str, int] = MappingProxyType({})
"""The counts of pages of a format that has none."""

_CARRIED = "carried:"


def batch_name(name: str) -> str:
    """The name in a batch of the passthrough column `name`: prefixed if `FIELDS` has that name."""
    return _CARRIED + name if name in FIELDS.names or name.startswith(_CARRIED) else name


def carried_columns(batch: pa.Table) -> dict[str, pa.ChunkedArray]:
    """The passthrough columns of a batch, by output name."""
    names = batch.column_names[len(FIELDS) :]
    return {name.removeprefix(_CARRIED): batch[name] for name in names}


BATCH_ROWS = 65_536  # without images
IMAGE_BATCH_ROWS = 1_000
IMAGE_BATCH_BYTES = 8 << 20


@dataclass(frozen=True)
class Span:
    """The rows from `first` to before `last`; None is the end of the file."""

    first: int = 0
    last: int | None = None


WHOLE = Span()


class Reader(Protocol):
    """An input file.

    Every method may raise BadFile. Rows are numbered from 0 in the order of the file.
    """

    source: Source
    one_shard: bool  # True if all its rows belong to one shard

    @property
    def position(self) -> int:
        """Bytes of the file that `batches` went through so far, about; 0 where they aren't known before its end."""
        ...

    @property
    def has_images(self) -> bool:
        """True if it holds images or their paths; False: at best their URLs."""
        ...

    @property
    def folder(self) -> str:
        """The folder in which its images' paths start."""
        ...

    @property
    def places(self) -> str:
        """All folders where the paths of its images start, for a message; empty if it has no paths."""
        ...

    @property
    def looked_in(self) -> str:
        """All folders in which those paths may start, with a remedy if no image is there; for a message."""
        ...

    @property
    def paths_seen(self) -> int:
        """Number of image paths that `batches` met so far."""
        ...

    @property
    def paths_found(self) -> int:
        """Number of those image paths that have a file."""
        ...

    @property
    def failed_downloads(self) -> int:
        """Number of rows that `batches` left out because img2dataset could not download their images."""
        ...

    @property
    def pages(self) -> Mapping[str, int]:
        """Counts of the pages that `batches` went through, by `crawl.pages.found.COUNTS`; none in other formats."""
        ...

    def spans(self, rows: int) -> list[Span]:
        """Row ranges that are cheap to read independently, of about `rows` rows or more each; at least one."""
        ...

    def batches(self, span: Span = WHOLE) -> Iterator[pa.Table]:
        """Yields the rows of any `span` in order, at least one batch. All share a schema: `FIELDS`, then passthrough
        columns.
        """
        ...

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        """Yields the image bytes of `rows`, in order, read again.

        `rows` has `row` (int64, ascending), and `image_path`, `offset` and `length` from `batches`.
        """
        ...
