"""The short form of `python -m tests.support.kill_sweep`: commands are killed a few times, and changes fail."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import ROOT
from tests.support.faults import KINDS, compiled

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("cases", "kills", "faults"), [("urls,index", 6, 4)])
def test_commands_that_are_killed_or_whose_disk_fails_end_with_the_same_bytes(
    tmp_path: Path, cases: str, kills: int, faults: int
) -> None:
    words = ["tests.support.kill_sweep", cases, f"--kills={kills}", f"--faults={faults}", f"--root={tmp_path}"]
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, timeout=600)
    if compiled(tmp_path) is None:
        assert "no C compiler" in done.stderr
        return
    assert done.returncode == 0, done.stdout + done.stderr
    for case in cases.split(","):
        (line,) = re.findall(rf"^{case}: \d+ changes, (.*)$", done.stdout, re.MULTILINE)
        found = dict(zip(("kills", "faults"), map(int, re.findall(r"(\d+) (?:kills|faults)", line)), strict=True))
        assert found["kills"] >= kills and found["faults"] >= faults
        assert sum(kind in line for kind in KINDS) >= 4
        assert line.endswith("wrong: 0")
