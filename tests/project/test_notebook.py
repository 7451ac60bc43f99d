"""docs/notebook.py runs from the first cell to the last, on a small sample and with few steps of training."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import ROOT, run

pytestmark = pytest.mark.slow(seconds=60)

PAGE = ROOT / "docs" / "notebook.py"
SMALLER = {"PICTURES": "100", "STEPS": "4", "PIECES": "200"}


def run_forked(words: Sequence[str], check: bool) -> None:
    """`subprocess.run` of a command, without the imports of a new interpreter."""
    assert (*words[:2], check) == (sys.executable, "-m", True)
    done = run(*words[2:])
    assert done.returncode == 0, done.stderr


def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    source = PAGE.read_text(encoding="utf-8")
    for name, value in (SMALLER | {"FOLDER": f"Path({str(tmp_path)!r})"}).items():
        source, changed = re.subn(rf"^{name} = [^#\n]+", f"{name} = {value}  ", source, flags=re.M)
        assert changed == 1
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(subprocess, "run", run_forked)
    names: dict[str, Any] = {}
    exec(compile(source, PAGE, "exec"), names)
    funnel, verdicts = names["funnel"], names["verdicts"]
    assert (len(verdicts), len(names["kept"])) == (funnel.raw, funnel.kept)
    first = {rule.name: rule.dropped for rule in funnel.rules if rule.dropped} | {"kept": funnel.kept}
    assert names["first_reasons"].to_dict() == first
    assert 0 < len(names["smaller"]) < funnel.kept
    assert len(names["copies"]) == first["eval_duplicate"]
    assert len(names["records"]) == len(names["vectors"]) > 3 == len(names["nearest"])
    assert str(funnel) in capfd.readouterr().out
