"""Quoted values in blocks of delimited text, compiled: their ends, and the quotes that are plain characters.

A quote opens a quoted value only as the first character of a value. In a quoted value two quotes stand for one, and the
next single quote closes the value. Importing this loads numba (0.2 s), so import it where a block holds a quote.

`data` is uint8 (bytes,); `final` is true if the file ends with it. `breaks` is int64 (values, 2): the first and the
last byte of each quoted value that holds line breaks, ascending.
"""

from __future__ import annotations

import numpy as np

from pipeline.inputs.text.faults import AMBIGUOUS, NEVER_CLOSED, PLAIN, QUOTED, TEXT_AFTER, TOO_MANY_LINES, UNFINISHED
from vocab.kernel import kernel

QUOTE, LF, CR = 34, 10, 13


@kernel
def scan(
    data: np.ndarray,
    marks: np.ndarray,
    delimiter: int,
    columns: int,
    most_lines: int,
    final: bool,
    breaks: np.ndarray,
    plain: np.ndarray,
) -> tuple[int, int, int, int]:
    """Fills `breaks`, and `plain`: int64 (values, 2), the first byte and the end of a value with a plain first quote.

    `marks` are the indices in `data` of quotes, int64, ascending. `columns` is -1 for RFC 4180; else values are quoted
    as a whole or not at all, and it is the number of columns (0: not known yet). Returns the end of the scan, the kind
    of the value there, and the lengths of `breaks` and of `plain`.
    """
    count, plains, wide_end, rows_end, mark = 0, 0, 0, 0, 0
    while mark < len(marks):
        first = marks[mark]
        mark += 1
        if not _begins_value(data, first, delimiter):
            continue
        closing = _closing(marks, mark)
        last = marks[closing] if closing < len(marks) else len(data)
        if last + 1 == len(data) and not final:
            last = len(data)
        lines = _line_breaks(data, first, last)
        is_wide = lines > 0 or (columns >= 0 and _has(data, first, last, delimiter))
        if columns < 0:
            kind = _judge_strict(data, last, delimiter, lines, most_lines, final)
        elif last < rows_end and lines == 0 and is_wide:
            kind = PLAIN
        else:
            kind = _judge_whole(data, first, last, delimiter, lines, most_lines, final, columns, is_wide, wide_end)
        if kind == QUOTED:
            mark = closing + 1
            if lines:
                breaks[count, 0], breaks[count, 1] = first, last
                count += 1
            if is_wide:
                wide_end = last + 1
        elif kind == PLAIN:
            plain[plains, 0], plain[plains, 1] = first, _value_end(data, first, delimiter)
            plains += 1
            if last < len(data) and last >= rows_end and lines <= most_lines and _ends_value(data, last, delimiter):
                rows_end = _line_end(data, last)  # so that the line is not examined again for each value
        else:
            return first, kind, count, plains
    return len(data), QUOTED, count, plains


@kernel
def _judge_strict(data: np.ndarray, last: int, delimiter: int, lines: int, most_lines: int, final: bool) -> int:
    """Judges a value by RFC 4180. Allows text after the closing quote on one line, like other readers."""
    if lines > most_lines:
        return TOO_MANY_LINES
    if last == len(data):
        return NEVER_CLOSED if final else UNFINISHED
    return QUOTED if lines == 0 or _ends_value(data, last, delimiter) else TEXT_AFTER


@kernel
def _judge_whole(
    data: np.ndarray,
    first: int,
    last: int,
    delimiter: int,
    lines: int,
    most_lines: int,
    final: bool,
    columns: int,
    is_wide: bool,
    wide_end: int,
) -> int:
    """Judges a value that is quoted as a whole or not at all.

    A wide value holds delimiters or line breaks; `wide_end` is the end of the last one that is quoted.
    """
    if last == len(data) and lines <= most_lines and not final:
        return UNFINISHED
    if last == len(data) or lines > most_lines or not _ends_value(data, last, delimiter):
        return PLAIN if final or _value_end(data, first, delimiter) < len(data) else UNFINISHED
    if not is_wide or (lines == 0 and columns == 0):
        return QUOTED
    row = _row_start(data, first, wide_end)
    if row < 0:
        return QUOTED
    end = _line_end(data, last)
    if end == len(data) and not final:
        return UNFINISHED
    if not _are_rows(data, row, end, delimiter, columns):
        return QUOTED
    line = _row_start(data, last, first)
    return AMBIGUOUS if lines and _same_column(data, row, first, line, last, delimiter) else PLAIN


@kernel
def _begins_value(data: np.ndarray, at: int, delimiter: int) -> bool:
    return at == 0 or data[at - 1] == delimiter or data[at - 1] == LF or data[at - 1] == CR


@kernel
def _closing(marks: np.ndarray, mark: int) -> int:
    """The first quote from `mark` on that isn't one of two side by side."""
    while mark + 1 < len(marks) and marks[mark + 1] == marks[mark] + 1:
        mark += 2
    return mark


@kernel
def _line_breaks(data: np.ndarray, first: int, last: int) -> int:
    found = False
    for i in range(np.uint64(first), np.uint64(last)):
        if data[i] <= CR and (data[i] == LF or data[i] == CR):
            found = True
            break
    count = 0
    if found:
        for i in range(first, last):
            count += data[i] == LF or (data[i] == CR and (i + 1 == len(data) or data[i + 1] != LF))
    return count


@kernel
def _has(data: np.ndarray, first: int, last: int, sought: int) -> bool:
    for i in range(np.uint64(first), np.uint64(last)):  # noqa: SIM110 (numba compiles no generator here)
        if data[i] == sought:
            return True
    return False


@kernel
def _ends_value(data: np.ndarray, last: int, delimiter: int) -> bool:
    """Returns whether the value ends right after its byte `last`."""
    return last + 1 == len(data) or data[last + 1] == delimiter or data[last + 1] == LF or data[last + 1] == CR


@kernel
def _value_end(data: np.ndarray, at: int, delimiter: int) -> int:
    while at < len(data) and data[at] != delimiter and data[at] != LF and data[at] != CR:
        at += 1
    return at


@kernel
def _line_end(data: np.ndarray, at: int) -> int:
    return _value_end(data, at, LF)


@kernel
def _row_start(data: np.ndarray, at: int, stop: int) -> int:
    """The start of the line of `at`; -1 if it lies before `stop`."""
    while at > stop:
        if data[at - 1] == LF or data[at - 1] == CR:
            return at
        at -= 1
    return 0 if at == 0 else -1


@kernel
def _are_rows(data: np.ndarray, row: int, end: int, delimiter: int, columns: int) -> bool:
    """Returns whether every line is a row of `columns` values (0: as many as the first line), all quotes plain."""
    found, values = 1, columns
    for i in range(row, end + 1):
        if i == end or data[i] == LF or (data[i] == CR and data[i + 1] != LF):
            values = values or found
            if found != values:
                return False
            found = 1
        else:
            found += data[i] == delimiter
    return True


@kernel
def _same_column(data: np.ndarray, row: int, first: int, line: int, last: int, delimiter: int) -> bool:
    same: bool = np.sum(data[row:first] == delimiter) == np.sum(data[line:last] == delimiter)
    return same
