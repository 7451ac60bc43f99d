"""The start of a text file: drops UTF-8's mark, and refuses other encodings and formats by name."""

from __future__ import annotations

import codecs
import shlex
from typing import BinaryIO

from pipeline.inputs.errors import BadFile

_LOOKED_AT = 4096  # bytes examined
_MARKS = (  # UTF-32's before UTF-16's, which are their prefix
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_OTHER_KINDS = (
    (b"\x1f\x8b", "gzip: give it a name that ends with .gz"),
    (b"PK\x03\x04", "a zip archive, as spreadsheets are: save it as CSV"),
    (b"PAR1", "Parquet: give it a name that ends with .parquet"),
)


def text_start(file: BinaryIO, path: str) -> bytes:
    """Reads the first bytes of a file, without UTF-8's mark. Raises BadFile, OSError, EOFError."""
    start = file.read(_LOOKED_AT)
    refuse_others(start, path)
    return without_mark(start)


def refuse_others(start: bytes, path: str) -> None:
    """Raises BadFile if a file that begins with `start` is no UTF-8 text, with its format."""
    if (encoding := _encoding(start)) is not None:
        raise BadFile(path, f"{encoding}, not UTF-8; convert it: {_conversion(path, encoding)}")
    for magic, kind in _OTHER_KINDS:
        if start.startswith(magic):
            raise BadFile(path, f"not a file of text but {kind}")


def without_mark(content: bytes) -> bytes:
    """UTF-8 text without its mark (BOM), if any."""
    return content.removeprefix(codecs.BOM_UTF8)


def _encoding(start: bytes) -> str | None:
    """The encoding of text other than UTF-8, by its mark, or by the zeros that ASCII has in UTF-16 and UTF-32."""
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    if marked is not None or len(start) < 4:
        return marked
    zeros = "".join("0" if start[place::4].count(0) > 0.8 * len(start[place::4]) else "x" for place in range(4))
    return {"x000": "UTF-32LE", "000x": "UTF-32BE", "x0x0": "UTF-16LE", "0x0x": "UTF-16BE"}.get(zeros)


def _conversion(path: str, encoding: str) -> str:
    """The command that converts a file; a remote file is converted after a copy."""
    stem, dot, ending = path.rpartition(".")
    unpack, pack = ("gzip -dc", " | gzip") if ending.lower() == "gz" else ("cat", "")
    if pack:
        stem, dot, kind = stem.rpartition(".")
        ending = f"{kind}.{ending}"
    new = f"{stem}.utf8{dot}{ending}"
    convert = f"iconv -f {encoding} -t UTF-8"
    if not pack:
        return f"{convert} {shlex.quote(path)} > {shlex.quote(new)}"
    return f"{unpack} {shlex.quote(path)} | {convert}{pack} > {shlex.quote(new)}"
