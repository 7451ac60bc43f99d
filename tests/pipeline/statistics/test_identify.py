"""`report.identify` without its package: one line, before anything runs."""

from __future__ import annotations

import sys

import pytest

from pipeline.config import Config, Report
from pipeline.inputs import InputError
from pipeline.measure.eval_sets import EvalSets
from pipeline.preflight import check_run


def test_a_missing_package_is_refused_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py3langid", None)
    check_run(Config(), [], EvalSets())
    with pytest.raises(
        InputError, match=r"^report.identify: needs the package py3langid: pip install .*\[languages\]'$"
    ):
        check_run(Config(report=Report(identify=True)), [], EvalSets())


def test_with_the_package_it_is_taken() -> None:
    check_run(Config(report=Report(identify=True)), [], EvalSets())
