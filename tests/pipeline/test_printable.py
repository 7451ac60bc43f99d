"""No name of a file and no caption can move a terminal's cursor, hide text, or look like a line of ours."""

from __future__ import annotations

import io
import logging
import os
import pty
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.commands.dedup import run as dedup
from pipeline.commands.parser import Parser
from pipeline.commands.program import Program
from pipeline.engines import worker
from pipeline.printable import EscapedText, escape_streams, open_log, printable, tell
from pipeline.storage.plan import BadInputs
from tests.support.command import run

HOSTILE = "evil\x1b[2J\r\n\x9b1mok\u202egpj\u2028\x07\udcff.csv"
SHOWN = r"evil\x1b[2J\r\n\x9b1mok\u202egpj\u2028\x07\udcff.csv"
PLAIN = ["caf\u00e9", "\u0e01\u0e32", "a\u200db", "\U0001f600", "\\x1b", "a b", "\u00a0", "\u00a1"]


def controls(text: str, line_ends: str = "\n") -> list[str]:
    """The characters of `text` that Unicode calls controls, surrogates, or separators of lines, and the bidi marks."""
    hidden = {*"\u061c\u200e\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
    kinds = {"Cc", "Cs", "Zl", "Zp"}
    return [one for one in text if one not in line_ends and (unicodedata.category(one) in kinds or one in hidden)]


def test_every_control_of_unicode_is_escaped_and_nothing_that_is_text() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert not controls(printable(everything), line_ends="")
    assert [printable(text) for text in PLAIN] == PLAIN
    assert printable(HOSTILE) == SHOWN
    assert printable("\x1f \x20 \x7e \x7f \x9f \xa0") == "\\x1f \x20 \x7e \\x7f \\x9f \xa0"


Case = Callable[[], object]
SAID: dict[str, Case] = {
    "an error": lambda: Program("pipeline").say(2, f"input: {HOSTILE}"),
    "lines of errors": lambda: Program("pipeline").say(1, *BadInputs(HOSTILE, "b: bad").lines),
    "an unexpected error": lambda: Program("pipeline").failed(ValueError(HOSTILE)),
    "a line": lambda: tell(f"eval_images: {HOSTILE} can't be decoded"),
    "a result": lambda: tell(f"{HOSTILE}/report.html shows it", error=False),
    "pictures": lambda: dedup._name_undecodable([HOSTILE]),
}


@pytest.mark.parametrize("case", SAID)
def test_what_we_say_has_the_lines_that_we_put_in(
    case: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    SAID[case]()
    said = "".join(capsys.readouterr())
    lines = said.removesuffix("\n").split("\n")
    assert not controls(said) and r"evil\x1b[2J" in said
    assert len(lines) == {"lines of errors": 2, "pictures": 2}.get(case, 1)


@pytest.mark.parametrize("name", [HOSTILE, "--\x1b]0;title\x07", "\u2066--input"])
def test_arguments_are_quoted_printably(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser(prog="python -m pipeline", allow_abbrev=False)
    parser.add_subparsers(dest="command").add_parser("index").add_argument("--workers", type=int)
    for arguments in ([name], ["index", name], ["index", f"--workers={name}"]):
        with pytest.raises(SystemExit, match="2"):
            parser.parse_args(arguments)
        said = capsys.readouterr().err
        assert not controls(said) and said.count("\n") == 2  # usage, and one line


@pytest.mark.slow
def test_a_command_keeps_to_one_line_whatever_its_inputs_are_called(tmp_path: Path) -> None:
    done = run("pipeline", f"--input={tmp_path}/evil\x1b[2J\n\u202egpj.csv", f"--output={tmp_path}/out")
    assert done.returncode == 2
    assert not controls(done.stderr) and done.stderr.count("\n") == 1 and r"evil\x1b[2J\n\u202egpj.csv" in done.stderr


def test_libraries_cannot_write_controls_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, such as a table for another program, stay as they are."""
    streams = [io.TextIOWrapper(io.BytesIO(), "ascii", "strict") for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    escape_streams()
    for stream in (sys.stdout, sys.stderr):
        assert stream.write("\x1b[2J\u202e caf\u00e9 \udcff\r\t\n") == 15
        stream.flush()
        stream.buffer.write(b"\x1b raw")
        assert stream.buffer.getvalue() == b"\\x1b[2J\\u202e caf\\xe9 \\udcff\r\t\n\x1b raw"


@pytest.mark.parametrize(
    ("how", "at_once"),
    [
        ({"line_buffering": False, "write_through": True}, "a line\nhalf"),  # of PYTHONUNBUFFERED=1
        ({"line_buffering": True, "write_through": False}, "a line\n"),
        ({"line_buffering": False, "write_through": False}, ""),
    ],
)
def test_lines_are_written_as_early_as_by_the_stream_itself(
    how: dict[str, bool], at_once: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = {name: io.TextIOWrapper(io.BytesIO(), "utf-8", **how) for name in ("stdout", "stderr")}  # kept open
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    escape_streams()
    for stream in (sys.stdout, sys.stderr):
        stream.write("a line\n")
        stream.write("half")
        assert stream.buffer.getvalue().decode() == at_once


def test_logs_hold_no_controls(tmp_path: Path) -> None:
    with open_log(str(tmp_path / "log")) as log:
        handler = logging.StreamHandler(log)
        handler.emit(logging.LogRecord("beam", logging.INFO, "", 0, "reading %s", ("\x1b[2J\x9b",), None))
    child = os.fork()
    if not child:
        worker._log_to(str(tmp_path / "log"))
        print("a worker \x1b[2J\u202e \udcff", flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    content = (tmp_path / "log").read_text()
    assert not controls(content)
    assert content.split("\n") == [r"reading \x1b[2J\x9b", r"a worker \x1b[2J\u202e \udcff", ""]


def test_a_table_is_printable_on_a_terminal_and_raw_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "a\x1b[2J\nb.png"
    table = pa.table({"image": [name], "match": [name], "distance": [1]})
    for terminal in (True, False):
        reader, writer = pty.openpty() if terminal else os.pipe()
        with EscapedText(open(writer, "wb"), "utf-8") as stream:
            monkeypatch.setattr(sys, "stdout", stream)
            dedup._write_table(table, None)
        content = os.read(reader, 1000).decode()
        assert (r"a\x1b[2J\nb.png" in content, name in content) == (terminal, not terminal)
        os.close(reader)
