"""The written definition of delimited text, character by character and without blocks: what the reader must agree with.

A table is its rows, each a list of values, or `Refused` with the number of the first row that can't be read.
"""

from __future__ import annotations

import re

BREAK = re.compile(r"\r\n|\r|\n")
QUOTED = re.compile(r'"((?:[^"]|"")*+)"(?!")')

Row = list[str | None]


class Refused(Exception):
    """The table is refused; `row` counts from 1."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


class Table:
    """One reading of a content. `columns` is None until the first row is read."""

    def __init__(self, content: str, delimiter: str, quotes: str, most_lines: int) -> None:
        self.content, self.delimiter, self.quotes, self.most_lines = content, delimiter, quotes, most_lines
        self.columns: int | None = None

    def rows(self) -> list[Row]:
        """All rows. Raises Refused."""
        first = re.match(r"(?: *[\r\n]+)*", self.content).end()  # type: ignore[union-attr]
        self.columns = len(self._row(first, 1)[0]) if first < len(self.content) else None
        rows, place = list[Row](), first
        while place < len(self.content):
            if self.content[place] in "\r\n":
                place += 1
                continue
            row, place = self._row(place, len(rows) + 1)
            if len(row) != self.columns:
                raise Refused(len(rows) + 1)
            rows.append(row)
        return rows

    def _row(self, start: int, number: int) -> tuple[Row, int]:
        row, place, is_wide = Row(), start, False
        while True:
            value, end, wide = self._value(place, start, is_wide, number)
            is_wide |= wide
            row.append(value or None)
            if end == len(self.content) or self.content[end] in "\r\n":
                return row, end
            place = end + 1

    def _value(self, place: int, start: int, is_wide: bool, number: int) -> tuple[str, int, bool]:
        """The value, its end, and whether it is quoted and holds delimiters or line breaks."""
        if self.quotes == "literal" or not self.content.startswith('"', place):
            return self._plain(place)
        found = QUOTED.match(self.content, place)
        return (self._strict if self.quotes == "strict" else self._whole)(place, found, start, is_wide, number)

    def _plain(self, place: int) -> tuple[str, int, bool]:
        end = re.compile(f"[^\r\n{self.delimiter}]*+").match(self.content, place).end()  # type: ignore[union-attr]
        return self.content[place:end], end, False

    def _strict(
        self, place: int, found: re.Match[str] | None, start: int, is_wide: bool, number: int
    ) -> tuple[str, int, bool]:
        lines = len(BREAK.findall(found[1] if found else self.content[place:]))
        if found is None or lines > self.most_lines:
            raise Refused(number)
        rest, end, _ = self._plain(found.end())
        if lines and rest:
            raise Refused(number)
        return found[1].replace('""', '"') + rest, end, False

    def _whole(
        self, place: int, found: re.Match[str] | None, start: int, is_wide: bool, number: int
    ) -> tuple[str, int, bool]:
        if found is None or self._plain(found.end())[0]:
            return self._plain(place)
        lines = len(BREAK.findall(found[1]))
        if lines > self.most_lines:
            return self._plain(place)
        wide = lines > 0 or self.delimiter in found[1]
        if wide and not is_wide:
            last = re.compile("[^\r\n]*").match(self.content, found.end()).end()  # type: ignore[union-attr]
            if self._are_rows(self.content[start:last]):
                opening = self.content[start:place].count(self.delimiter)
                closing = BREAK.split(self.content[start : found.end()])[-1].count(self.delimiter)
                if lines and opening == closing:
                    raise Refused(number)
                return self._plain(place)
        return found[1].replace('""', '"'), found.end(), wide

    def _are_rows(self, text: str) -> bool:
        counts = [line.count(self.delimiter) + 1 for line in BREAK.split(text)]
        if self.columns is None and len(counts) == 1:
            return False
        return all(count == (self.columns or counts[0]) for count in counts)
