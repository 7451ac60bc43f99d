"""The line about kernels that are compiled."""

from __future__ import annotations

import sys

import numba
import pytest
from numba.core import event

from pipeline.engines.compiling import LINE, Announced


@pytest.mark.parametrize(("terminal", "lines"), [(True, [LINE]), (False, [])])
def test_the_first_compilation_is_announced_once_and_on_a_terminal(
    terminal: bool, lines: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with event.install_listener("numba:compile", Announced()):
        assert [numba.njit(lambda value, more=more: value + more)(1) for more in (1, 2)] == [2, 3]
    assert capsys.readouterr().err.splitlines() == lines
