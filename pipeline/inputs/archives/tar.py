"""WebDataset tars, as img2dataset writes them: members whose names differ only after the last dot are one pair.

Member names serve as keys only: nothing is extracted, and links, folders and devices are skipped.
"""

from __future__ import annotations

import codecs
import re
import shlex
import tarfile
from collections.abc import Collection, Iterator
from typing import BinaryIO, Self

from pipeline.inputs.archives.pairs import KEY, TEXT, Pair, PairReader, Row, read_at, read_image
from pipeline.inputs.archives.samples import NOWHERE, SUFFIXES, ByteRange, Sample, Samples
from pipeline.inputs.canonical import OURS, escaped_text, is_canonical_tar
from pipeline.inputs.errors import BadFile, too_long
from pipeline.inputs.json_files.json_text import parse
from pipeline.inputs.json_files.values import valid

_PLAIN = re.compile(  # size at 124, checksum at 148, type at 156, prefix of the name at 345
    rb".{124}[0-7]{11}[ \0].{12}(?P<sum>[0-7]{6})[ \0]{2}0.{100}ustar(?:  \0|\00000).{80}\0.{166}", re.DOTALL
)
_DAMAGE = (tarfile.TarError, ValueError, OverflowError, RecursionError)  # raised by tarfile on damaged headers
_EXTENSIONS = frozenset({tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE})  # describe the next header
_EXTENSIONS |= {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
_MOST_EXTENSION = 1 << 20  # bytes of extension content, which tarfile reads whole: names and times, no more
_GZIP = b"\x1f\x8b"
_ZEROS = 1 << 20  # bytes read at a time after an archive


class TarReader(PairReader):
    """An uncompressed tar file; several archives in one file are read one after the other."""

    _archives: list[Samples] | None = None

    def pairs(self, file: BinaryIO, *, images: bool) -> Iterator[Pair]:
        for samples in self._listed(file):
            for sample in samples:
                image = read_image(file, sample.image) if images else None
                yield Pair(self._row(file, sample, samples.canonical), image, sample.image)

    def left_out(self, file: BinaryIO) -> Collection[str]:
        """The own fields of a corpus, with the names that stand for members, if all archives in the file are of one."""
        return (*OURS, KEY, TEXT) if all(samples.canonical for samples in self._listed(file)) else ()

    def _listed(self, file: BinaryIO) -> list[Samples]:
        """The samples of each archive in the file, found once."""
        if self._archives is None:
            self._archives = list(_read_archives(self.source.path, file))
        return self._archives

    def image(self, content: bytes) -> bytes | None:
        return content

    def _row(self, file: BinaryIO, sample: Sample, canonical: bool) -> Row:
        """The fields of a pair: its .json's fields, its key and its text."""
        row = _fields(self._read(file, sample.json, f"{sample.key}.json")) if sample.json != NOWHERE else {}
        row[KEY] = valid(sample.key)
        if sample.txt != NOWHERE:
            content = self._read(file, sample.txt, f"{sample.key}.txt")
            row[TEXT] = escaped_text(content.decode("utf-8", "replace")) if canonical else _text(content)
        return row

    def _read(self, file: BinaryIO, place: ByteRange, name: str) -> bytes:
        """Reads a whole member. Raises BadFile if it is over the limit."""
        assert place.length is not None
        if place.length > self._max_row_bytes:
            raise too_long(self.source.path, name, self._max_row_bytes)
        return read_at(file, place)


def _read_archives(path: str, file: BinaryIO) -> Iterator[Samples]:
    """Yields the samples of each archive in the file. Raises BadFile if there are members, but no pair."""
    file.seek(0)
    if file.read(len(_GZIP)) == _GZIP:
        raise BadFile(path, f"a compressed tar; to unpack it: {_unpacking(path)}")
    name, found = None, 0
    begin: int | None = 0
    while begin is not None:
        samples, archive = Samples(is_canonical_tar(file, begin)), _Archive(path, file, begin)
        for name, place in archive.members():
            samples.add(name, place)
        samples.finish()
        found += len(samples)
        yield samples
        begin = _next_archive(file, archive.end)
    if name is not None and not found:
        raise BadFile(path, f"no pair: no member ends with {', '.join(SUFFIXES)}; the last is {name!r}")


def _unpacking(path: str) -> str:
    stem, dot, ending = path.rpartition(".")
    return f"gzip -dc {shlex.quote(path)} > {shlex.quote(f'{stem}.plain{dot}{ending}')}"


class _Archive:
    """The archive that starts at byte `begin` of a file; `end` is the byte after its members."""

    def __init__(self, path: str, file: BinaryIO, begin: int) -> None:
        self.path, self.file, self.begin, self.end = path, file, begin, begin

    def members(self) -> Iterator[tuple[str, ByteRange]]:
        """Yields names and places of all regular files. Raises BadFile if the archive is truncated."""
        size = self.file.seek(0, 2)
        self.file.seek(self.begin)
        try:
            with tarfile.open(fileobj=self.file, mode="r:", tarinfo=_Header) as archive:
                for member in archive:
                    if member.size < 0 or member.offset_data + member.size > size:
                        raise BadFile(self.path, f"truncated: {member.name!r} is longer than the file")
                    if member.isreg() and not member.issparse():
                        yield member.name, ByteRange(member.offset_data, member.size)
                    archive.members = []  # type: ignore[attr-defined]  # tarfile would keep them all
                self._check_end(archive.offset)
        except _DAMAGE as error:
            raise BadFile(self.path, f"not a tar, or a damaged header: {error}") from error

    def _check_end(self, offset: int) -> None:
        """Checks for a block of zeros: tarfile takes a damaged header, or a cut between members, for the end."""
        self.end = offset
        self.file.seek(offset)
        block = self.file.read(tarfile.BLOCKSIZE)
        if block == tarfile.NUL * tarfile.BLOCKSIZE:
            return
        if offset == self.begin and self.begin:
            raise BadFile(self.path, f"what follows the end of the archive, from byte {offset}, is not a tar")
        raise BadFile(self.path, f"damaged header at byte {offset}" if block else "truncated: no end of the archive")


class _Header(tarfile.TarInfo):
    """Parses no more of a plain file's header than needed: owners and times take tarfile over half its time."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        if not _is_plain(buf):
            return cls._check(super().frombuf(buf, encoding, errors))
        header = cls(bytes(buf[:100]).partition(tarfile.NUL)[0].decode(encoding, errors))
        header.size = int(buf[124:135], 8)
        return header

    @classmethod
    def _check(cls, header: Self) -> Self:
        """Refuses a header whose content would fill the memory."""
        if header.type in _EXTENSIONS and header.size > _MOST_EXTENSION:
            raise tarfile.HeaderError(f"it describes the next in {header.size:,} bytes")
        return header


def _is_plain(header: bytes | bytearray) -> bool:
    """Returns whether `header` is that of a regular file, undamaged, with a short name and an octal size."""
    known = _PLAIN.fullmatch(header)
    return known is not None and int(known["sum"], 8) == sum(header) - sum(header[148:156]) + 8 * ord(" ")


def _next_archive(file: BinaryIO, offset: int) -> int | None:
    """Offset of the next archive: the first block that is not zeros, after a member at `offset`; None at the end."""
    file.seek(offset)
    while content := file.read(_ZEROS):
        zeros = len(content) - len(content.lstrip(tarfile.NUL))
        if zeros < len(content):
            return offset + zeros // tarfile.BLOCKSIZE * tarfile.BLOCKSIZE
        offset += len(content)
    return None


def _text(content: bytes) -> bytes:
    """Text of a .txt without byte order mark; UTF-16 with a mark becomes UTF-8."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode()
    return content.removeprefix(codecs.BOM_UTF8)


def _fields(content: bytes) -> Row:
    """Fields of a JSON object; none if it is damaged or nested too deep, so that only this pair loses them."""
    try:
        fields = parse(content)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
