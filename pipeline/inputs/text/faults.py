"""Faults in a row of delimited text that make its file a bad one."""

from __future__ import annotations

import os
import shlex

from pipeline.files import is_local

QUOTED, PLAIN, UNFINISHED, NEVER_CLOSED, TOO_MANY_LINES, TEXT_AFTER, AMBIGUOUS, TOO_LONG, TOO_LONG_QUOTED = range(9)
"""Kinds of a value that begins with a quote, or of a row. From `NEVER_CLOSED` on, it is a fault."""

_PLAIN_IN_SED = (",", ";", "|")
_PLAIN_QUOTES = "--input.quoting=false reads quotes as plain characters"


class BadRow(Exception):
    """The first unread row can't be read: the reason, such as `over 5 bytes`."""


def reason(kind: int, most_lines: int, most_bytes: int) -> str | None:
    """The reason for `BadRow`; None for a kind without a fault."""
    too_long = f"over {most_bytes:,} bytes (input.max_row_bytes)"
    return {
        NEVER_CLOSED: f"a quote is never closed; {_PLAIN_QUOTES}",
        TOO_MANY_LINES: f"a quoted value runs over more than {most_lines} lines; {_PLAIN_QUOTES}, "
        "--input.max_quoted_lines=N allows more lines",
        TEXT_AFTER: f"text follows the closing quote of a value of several lines; {_PLAIN_QUOTES}",
        AMBIGUOUS: "quotes enclose several lines that are whole rows too; --input.quoting=true reads them as one "
        "value, --input.quoting=false as rows",
        TOO_LONG: too_long,
        TOO_LONG_QUOTED: f"{too_long}, or a quote is never closed; {_PLAIN_QUOTES}",
    }.get(kind)


def tsv_command(path: str, delimiter: str, columns: int) -> str:
    """Continues a message about a row with more values than the table has columns, of which the last is the text.

    The command makes a TSV, with tabs in place of the delimiters before the text. Empty for a TSV, a compressed or
    remote file, and a delimiter that `sed` may take for a pattern.
    """
    stem, ending = os.path.splitext(path)
    if delimiter not in _PLAIN_IN_SED or ending.lower() in (".tsv", ".gz") or not is_local(path):
        return ""
    script = ";".join([f"s/{delimiter}/\\t/"] * (columns - 1))
    command = f"sed '{script}' {shlex.quote(path)} > {shlex.quote(stem + '.tsv')}"
    return f"; if each row is one line and only its last value holds the delimiter, make a table with: {command}"
