"""A file of delimited text in blocks of whole rows, so that no block ends within a row or a line break."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np

from pipeline.inputs.text.dialect import BlockCut, Dialect
from pipeline.inputs.text.encoding import text_start
from pipeline.inputs.text.faults import TOO_LONG, TOO_LONG_QUOTED, UNFINISHED, BadRow, reason

_BLOCK = 8 << 20  # bytes read at a time
_FIRST_BLOCK = 1 << 16
_LINE_BREAK = re.compile(rb"\r\n?|\n")
_BLANK = re.compile(rb"(?: *+[\r\n]++)*+")


@dataclass(frozen=True)
class RowBlocks:
    """The rows of a table from its first one on: skips blank lines before it."""

    dialect: Dialect
    columns: int  # 0: not yet known
    most_bytes: int  # limit for a row

    def first_row(self, file: BinaryIO, path: str) -> bytes | None:
        """The first row, for `Dialect.parse`; None if there is none. Raises BadFile, BadRow, OSError, EOFError."""
        block, cut = next(self._cuts(file, path, _FIRST_BLOCK), (b"", BlockCut(0)))
        return _readable(block, cut, 0, _first_end(block, cut)) if cut.end else None

    def blocks(self, file: BinaryIO, path: str, *, skip_first: bool) -> Iterator[bytes]:
        """The rows, or those after the first, for `Dialect.parse`. Raises BadFile, BadRow, OSError, EOFError."""
        for block, cut in self._cuts(file, path, _BLOCK):
            yield _readable(block, cut, _first_end(block, cut) if skip_first else 0, cut.end)
            skip_first = False

    def _cuts(self, file: BinaryIO, path: str, size: int) -> Iterator[tuple[bytes, BlockCut]]:
        """Yields blocks that begin with a row, each with its whole rows."""
        block, final, is_start = text_start(file, path), False, True
        while not final:
            more = file.read(max(size, len(block)))
            block, final = block + more, not more
            if is_start:
                block = _BLANK.sub(b"", block, count=1)
            cut = self._cut(block, final)
            if cut.end:
                yield block, cut
                is_start = False
            if why := reason(cut.kind, self.dialect.most_lines, self.most_bytes):
                raise BadRow(why)
            block = block[cut.end :]

    def _cut(self, block: bytes, final: bool) -> BlockCut:
        cut = self.dialect.cut(block, self.columns, final=final)
        return cut if len(block) <= self.most_bytes else self._before_long_row(block, cut)

    def _before_long_row(self, block: bytes, cut: BlockCut) -> BlockCut:
        """Moves the cut before the first row over `most_bytes`, if there is one."""
        from pipeline.inputs.text import quoted_rows  # loads numba

        row, _ = quoted_rows.first_long_row(np.frombuffer(block, np.uint8)[: cut.end], self.most_bytes, cut.breaks)
        if row < cut.end:
            return replace(cut, end=row, kind=TOO_LONG)
        if reason(cut.kind, 0, 0) is None and len(block[cut.end :].rstrip(b"\r\n")) > self.most_bytes:
            return replace(cut, kind=TOO_LONG_QUOTED if cut.kind == UNFINISHED else TOO_LONG)
        return cut


def _first_end(block: bytes, cut: BlockCut) -> int:
    """The end of the first row of a block."""
    if not len(cut.breaks):
        found = _LINE_BREAK.search(block, 0, cut.end)
        return found.end() if found else cut.end
    from pipeline.inputs.text import quoted_rows  # loads numba

    return int(quoted_rows.first_row_end(np.frombuffer(block, np.uint8)[: cut.end], cut.breaks))


def _readable(block: bytes, cut: BlockCut, begin: int, end: int) -> bytes:
    """Rows of a block, quoted by RFC 4180: adds quotes around a value with a plain first quote."""
    plain = cut.plain[(cut.plain[:, 0] >= begin) & (cut.plain[:, 0] < end)]
    if not len(plain):
        return block[begin:end]
    from pipeline.inputs.text import quoted_rows  # loads numba

    return quoted_rows.requoted(np.frombuffer(block, np.uint8), begin, end, plain).tobytes()
