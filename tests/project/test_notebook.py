"""docs/notebook.py runs from the first cell to the last, on a small sample and with few steps of training."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import ROOT

pytestmark = pytest.mark.slow(seconds=60)

PAGE = ROOT / "docs" / "notebook.py"
SMALLER = {"PICTURES": 100, "STEPS": 4, "PIECES": 200}


def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    source = PAGE.read_text(encoding="utf-8")
    for name, value in SMALLER.items():
        source, changed = re.subn(rf"^{name} = \d+", f"{name} = {value}", source, flags=re.M)
        assert changed == 1
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
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
