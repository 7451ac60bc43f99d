"""Progress of passes over pictures: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import io
import sys

import pytest

from tests.support.clock import Clock
from train.bar import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress_bar("embed", 10, "pictures", 4) as bar:
        bar.update(5)
    assert "embed:  40%|" in sys.stderr.getvalue() and "9/10" in sys.stderr.getvalue()


def test_anything_else_has_a_line_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with progress_bar("embed", 10, "pictures", 4, clock=clock) as bar:
        bar.update(2)
        clock.now += 60
        bar.update(3)
    bar.close()
    assert capsys.readouterr().err == "embed: 9 of 10 pictures, 0.083 pictures/s, 12.0 s left\n"
