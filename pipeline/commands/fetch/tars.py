"""A shard of images: a tar with image, text and fields of each row, as WebDataset has them.

Equal rows give equal bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import tarfile
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

from pipeline.outputs.formats.tar import END, blocks

MARK = "\ufeff".encode()


class Sample(NamedTuple):
    """A row with its image."""

    name: str
    suffix: str  # of the image's format
    image: bytes
    text: str | None
    fields: dict[str, Any]


def write_tar(file: BinaryIO, samples: Iterable[Sample]) -> tuple[str, int]:
    """Writes a tar; returns its sha256 and the number of samples."""
    digest, count = hashlib.sha256(), 0
    for sample in samples:
        for block in _members(sample):
            file.write(block)
            digest.update(block)
        count += 1
    file.write(END)
    digest.update(END)
    return digest.hexdigest(), count


def _members(sample: Sample) -> Iterator[bytes]:
    fields = _json(sample.fields).encode("utf-8", "replace")
    text = (sample.text or "").encode("utf-8", "replace")
    text = MARK + text if text.startswith(MARK) else text  # readers take the first mark off
    for suffix, content in ((sample.suffix, sample.image), ("txt", text), ("json", fields)):
        yield from blocks(f"{sample.name}.{suffix}", content)


def _json(fields: dict[str, Any]) -> str:
    """The fields as JSON, which has no NaN: null, as in any JSON input; bytes are base64."""
    try:
        return json.dumps(fields, default=_plain, ensure_ascii=False, sort_keys=True, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(fields), default=_plain, ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class OldImages:
    """The images of a tar that is written again, found in the order in which they were written."""

    def __init__(self, file: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=file, mode="r|")  # noqa: SIM115 - its file is the caller's

    def image(self, name: str) -> tuple[str, bytes]:
        """Suffix and bytes of the image of the sample `name`. Raises ValueError if it is not there."""
        for member in self._tar:
            stem, _, suffix = member.name.rpartition(".")
            if stem == name and suffix not in ("txt", "json"):
                content = self._tar.extractfile(member)
                assert content is not None
                return suffix, content.read()
        raise ValueError(f"{name}: not in the tar")
