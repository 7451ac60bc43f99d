"""The line about kernels that are compiled."""

from __future__ import annotations

import sys

import numba
import pytest

from pipeline.engines.compiling import LINE, announce_compiling


@pytest.mark.parametrize(("terminal", "lines"), [(True, [LINE]), (False, [])])
def test_the_first_compilation_is_announced_once_and_on_a_terminal(
    terminal: bool, lines: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Commands that ran in this process before, in other tests, have announced too."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    for _ in range(2):
        monkeypatch.setattr(announce_compiling(), "done", False)
    assert [numba.njit(lambda value, more=more: value + more)(1) for more in (1, 2)] == [2, 3]
    assert capsys.readouterr().err.splitlines() == lines
