"""The formats that a corpus is written in: the setting `output.formats`, and the files of each format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pipeline.settings import shown


@dataclass(frozen=True)
class Format:
    """The files of a format: a shard each, in a folder."""

    folder: str
    ending: str
    media_type: str
    says: str

    @property
    def digest(self) -> str:
        """The name of a shard's digest in completion markers and manifests."""
        return f"{self.folder}_sha256"

    def file(self, shard: str) -> str:
        """The file of a shard such as align-00000-of-00042, below the root of the output."""
        return f"{self.folder}/{shard}{self.ending}"


RECORDS = "tfrecord"
FORMATS: Mapping[str, Format] = {
    RECORDS: Format("corpus", ".tfrecord", "application/octet-stream", "the kept pairs with an image, as TFRecords"),
    "webdataset": Format("webdataset", ".tar", "application/x-tar", "the kept pairs with an image, as WebDataset"),
    "parquet": Format("parquet", ".parquet", "application/x-parquet", "the kept pairs with an image, as Parquet"),
}
VERDICTS = Format(
    "verdicts", ".parquet", "application/x-parquet", "every raw pair, its signals and the reasons that drop it"
)
EXPORTED = tuple(name for name in FORMATS if name != RECORDS)  # written by python -m pipeline export, from records
DIGESTS = tuple(one.digest for one in FORMATS.values())
FOLDERS = tuple(one.folder for one in FORMATS.values())


@dataclass(frozen=True)
class OutputFormats:
    """The formats of a corpus, all written in the same pass. Their order makes no difference."""

    formats: Annotated[tuple[str, ...], "formats of the corpus: any of tfrecord, webdataset, parquet"] = (RECORDS,)

    def __post_init__(self) -> None:
        check_formats(self.formats, tuple(FORMATS))
        object.__setattr__(self, "formats", in_order(self.formats))


def check_formats(formats: tuple[str, ...], choices: tuple[str, ...]) -> None:
    """Raises ValueError for no format, one that is not among `choices`, or one that is named twice."""
    known = f"the choices are {', '.join(choices)}"
    if not formats:
        raise ValueError(f"formats: empty; {known}")
    for number, name in enumerate(formats):
        if name not in choices:
            raise ValueError(f"formats: no such choice: {shown(name)}; {known}")
        if name in formats[:number]:
            raise ValueError(f"formats: {name} is named twice")


def in_order(formats: tuple[str, ...]) -> tuple[str, ...]:
    """These formats in the order of FORMATS."""
    return tuple(name for name in FORMATS if name in formats)


def formats_of(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The formats of a corpus by the config in its manifest, which may be older than the setting."""
    return tuple(config.get("output", {}).get("formats", (RECORDS,)))
