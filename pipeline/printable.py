"""Escapes terminal output and logs: names and captions from outside can't move the cursor or forge lines.

`tell` prints our own lines; `EscapedText` is the safety net for output of libraries.
"""

from __future__ import annotations

import io
import re
import sys
from typing import BinaryIO, TextIO, cast

# Marks that change the direction of text, separators of lines, byte-order marks, surrogates, non-characters and tags.
HIDDEN = "\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f"
_CONTROL = re.compile(f"[\x00-\x1f\x7f-\x9f{HIDDEN}]")
_CONTROL_IN_LINES = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{HIDDEN}]")  # as above, but \t, \n and \r


def printable(text: str) -> str:
    r"""`text` as one line: characters that control a terminal, hide or reorder text are written \n, \x1b, \u202e."""
    return _CONTROL.sub(_escaped, text)


def tell(*lines: str, error: bool = True) -> None:
    """Prints lines, escaped, and flushes: to stderr if `error`, else to stdout."""
    text = "\n".join(map(printable, lines))
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


class EscapedText(io.TextIOWrapper):
    """A text file in which control characters are escaped, apart from tabs and ends of lines."""

    def write(self, text: str) -> int:
        """Writes `text`; returns its length."""
        super().write(_CONTROL_IN_LINES.sub(_escaped, text))
        return len(text)


def escape_streams() -> None:
    """Wraps stdout and stderr of this process in EscapedText; their `buffer` still takes raw bytes."""
    sys.stdout, sys.stderr = _escaping(sys.stdout), _escaping(sys.stderr)


def open_log(path: str) -> EscapedText:
    """Opens a log for appending, unbuffered: several processes write to one log."""
    return EscapedText(cast(BinaryIO, io.FileIO(path, "a")), "utf-8", "backslashreplace", write_through=True)


def _escaping(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):  # closed, or replaced by the calling program
        return stream
    stream.flush()
    lines, at_once = stream.line_buffering, stream.write_through  # the latter if unbuffered, as by PYTHONUNBUFFERED
    return EscapedText(stream.buffer, stream.encoding, "backslashreplace", line_buffering=lines, write_through=at_once)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
