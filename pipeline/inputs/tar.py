"""WebDataset tars, as img2dataset writes them: members whose names differ only after the first dot are one pair.

Member names are keys and nothing else: nothing is extracted, and links, folders and devices are passed over.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Self

from pipeline.inputs.errors import BadFile
from pipeline.inputs.json_text import parse
from pipeline.inputs.pairs import KEY, NOWHERE, TEXT, Pair, PairReader, Place, Row, read_at
from pipeline.inputs.values import valid

_IMAGES = ("jpg", "jpeg", "png", "webp", "gif")
_KINDS = (*_IMAGES, "txt", "json")

_NAME = re.compile(r"((?:.*/)?[^/.]+)\.([^/]*)", re.DOTALL)
_PLAIN = re.compile(  # size at 124, checksum at 148, type at 156, prefix of the name at 345
    rb".{124}[0-7]{11}[ \0].{12}(?P<sum>[0-7]{6})[ \0]{2}0.{100}ustar(?:  \0|\00000).{80}\0.{166}", re.DOTALL
)
_DAMAGE = (tarfile.TarError, ValueError, OverflowError, RecursionError)  # all that tarfile raises on damaged headers


@dataclass(slots=True)
class Sample:
    """The members of one pair."""

    key: str
    members: dict[str, Place] = field(default_factory=dict)  # image, txt, json: the first of each


class TarReader(PairReader):
    """A tar file, not compressed."""

    _samples: list[Sample] | None = None

    def pairs(self, file: BinaryIO, *, images: bool) -> Iterator[Pair]:
        if self._samples is None:
            self._samples = _find_samples(self.source.path, file)
        for sample in self._samples:
            place = sample.members.get("image", NOWHERE)
            image = read_at(file, place) if images and place != NOWHERE else None
            yield Pair(_row(file, sample), image, place)

    def image(self, content: bytes) -> bytes | None:
        return content


def _find_samples(path: str, file: BinaryIO) -> list[Sample]:
    """The pairs in order: neighbours with the same key. Raises BadFile where there are members, but no pair."""
    samples: list[Sample] = []
    name = None
    for name, place in _members(path, file):
        match = _NAME.fullmatch(name)
        kind = _kind(match[2]) if match else None
        if match is None or kind is None:
            continue
        if not samples or samples[-1].key != match[1]:
            samples.append(Sample(match[1]))
        samples[-1].members.setdefault(kind, place)
    if name is not None and not samples:
        raise BadFile(path, f"no pair: no member ends with {', '.join(_KINDS)}; the last is {name!r}")
    return samples


def _kind(suffix: str) -> str | None:
    suffix = suffix.lower()
    if suffix in _IMAGES:
        return "image"
    return suffix if suffix in _KINDS else None


def _members(path: str, file: BinaryIO) -> Iterator[tuple[str, Place]]:
    """The names and places of all regular files. Raises BadFile where the archive stops short of its end."""
    size = file.seek(0, 2)
    file.seek(0)
    try:
        with tarfile.open(fileobj=file, mode="r:", tarinfo=_Header) as archive:
            for member in archive:
                if member.size < 0 or member.offset_data + member.size > size:
                    raise BadFile(path, f"truncated: {member.name!r} is longer than the file")
                if member.isreg() and not member.issparse():
                    yield member.name, Place(member.offset_data, member.size)
                archive.members = []  # type: ignore[attr-defined]  # it would keep them all
            _check_end(path, file, archive.offset)
    except _DAMAGE as error:
        raise BadFile(path, f"not a tar, or a damaged header: {error}") from error


class _Header(tarfile.TarInfo):
    """Reads of a plain file's header no more than is asked for: owners and times take tarfile over half its time."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        if not _is_plain(buf):
            return super().frombuf(buf, encoding, errors)
        header = cls(bytes(buf[:100]).partition(tarfile.NUL)[0].decode(encoding, errors))
        header.size = int(buf[124:135], 8)
        return header


def _is_plain(header: bytes | bytearray) -> bool:
    """Whether it is the header of a regular file with a short name and a size in octal digits, undamaged."""
    known = _PLAIN.fullmatch(header)
    return known is not None and int(known["sum"], 8) == sum(header) - sum(header[148:156]) + 8 * ord(" ")


def _check_end(path: str, file: BinaryIO, offset: int) -> None:
    """tarfile takes a damaged header, and a file cut between members, for the end. The end is a block of zeros."""
    file.seek(offset)
    block = file.read(tarfile.BLOCKSIZE)
    if block != tarfile.NUL * tarfile.BLOCKSIZE:
        raise BadFile(path, f"damaged header at byte {offset}" if block else "truncated: no end of the archive")


def _row(file: BinaryIO, sample: Sample) -> Row:
    """The fields of a pair: those of its .json, its key and its text."""
    members = sample.members
    row = _fields(read_at(file, members["json"])) if "json" in members else {}
    row[KEY] = valid(sample.key)
    if "txt" in members:
        row[TEXT] = read_at(file, members["txt"])
    return row


def _fields(content: bytes) -> Row:
    """The fields of a JSON object; none where it is damaged, which is this one pair's loss."""
    try:
        fields = parse(content)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
