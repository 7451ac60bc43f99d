"""What makes two runs the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from filters import Porn
from pipeline.config import Config, Filters
from pipeline.identity import identity
from pipeline.measure.eval_sets import EvalSets


def test_a_model_of_ones_own_counts_by_its_content(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    config = replace(Config(), filters=Filters(porn=Porn(model=str(model))))
    model.write_bytes(b"first")
    first = identity(config, [], EvalSets())
    model.write_bytes(b"second")
    assert identity(config, [], EvalSets()) != first
    model.write_bytes(b"first")
    assert identity(config, [], EvalSets()) == first


def test_a_model_that_is_not_used_does_not_count() -> None:
    off = Config(filters=Filters(porn=Porn(enabled=False, model="/nowhere.onnx")))
    assert identity(off, [], EvalSets())["porn_model"] is identity(Config(), [], EvalSets())["porn_model"] is None
