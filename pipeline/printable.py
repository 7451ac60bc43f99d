"""What is printed on a terminal or into a log: names and captions of other people can't move its cursor or forge lines.

`tell` is for our own lines; `EscapedText` is the net below it, for what libraries print.
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
    """Prints lines of our own, each of them printable, at once: to stderr, or to stdout."""
    text = "\n".join(map(printable, lines))
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


class EscapedText(io.TextIOWrapper):
    """A text file in which control characters are escaped, apart from tabs and ends of lines."""

    def write(self, text: str) -> int:
        """Writes `text`; returns its length."""
        super().write(_CONTROL_IN_LINES.sub(_escaped, text))
        return len(text)


def escape_streams() -> None:
    """Puts stdout and stderr of this process into EscapedText; their `buffer` still takes bytes as they are."""
    sys.stdout, sys.stderr = _escaping(sys.stdout), _escaping(sys.stderr)


def open_log(path: str) -> EscapedText:
    """A log to append to, unbuffered: several processes write into one."""
    return EscapedText(cast(BinaryIO, io.FileIO(path, "a")), "utf-8", "backslashreplace", write_through=True)


def _escaping(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):  # closed, or a program's that has put its own there
        return stream
    stream.flush()
    return EscapedText(stream.buffer, stream.encoding, "backslashreplace", line_buffering=stream.line_buffering)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
