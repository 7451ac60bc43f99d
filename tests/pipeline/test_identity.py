"""Identity of runs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import pipeline.finish
from filters import Porn
from pipeline import __version__
from pipeline.commands.corpus.options import parse
from pipeline.config import Config
from pipeline.files import Output, read_bytes
from pipeline.identity import FORMAT, FUNNEL, MANIFEST, RUN, OtherRun, claim, identity
from pipeline.inputs import find_sources
from pipeline.measure.eval_sets import EvalSets, find_sets
from pipeline.rule_set import Filters
from tests.conftest import Runs, arguments
from tests.support.crawl import Crawl


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


def test_the_quick_network_counts_by_its_content() -> None:
    fast = Config(filters=Filters(porn=Porn(speed="fast")))
    assert identity(fast, [], EvalSets())["porn_model"] == "fe8b81733efa579a"


@pytest.fixture
def run(corpus_of: Runs, crawl: Crawl, tmp_path: Path) -> tuple[Output, dict[str, Any]]:
    """A copy of a finished run, and its identity as the command computes it."""
    folder = tmp_path / "out"
    shutil.copytree(corpus_of().output, folder)
    options = parse([f"--input={crawl.inputs}", f"--output={folder}", *arguments(crawl)])
    return Output(str(folder)), identity(options.config, find_sources(options.inputs), find_sets(options.eval_images))


def unfinished(output: Output) -> None:
    """Leaves what a run has before its last step."""
    manifest = json.loads(read_bytes(output.path(MANIFEST)))
    output.write_bytes(RUN, json.dumps({name: manifest[name] for name in manifest if name != "shards"}).encode())
    for name in (MANIFEST, FUNNEL, "README.md", "croissant.json", "report.html"):
        output.remove(output.path(name))


@pytest.mark.slow
def test_another_version_finds_a_finished_run(run: tuple[Output, dict[str, Any]]) -> None:
    output, this = run
    assert __version__ not in json.dumps(this)
    assert claim(output, this, overwrite=False)


@pytest.mark.slow
def test_another_version_resumes_an_unfinished_run(run: tuple[Output, dict[str, Any]]) -> None:
    output, this = run
    unfinished(output)
    assert not claim(output, this, overwrite=False)
    assert output.has(RUN)


@pytest.mark.slow
def test_another_version_in_the_process_makes_no_difference(
    run: tuple[Output, dict[str, Any]], crawl: Crawl, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, this = run
    for module in (pipeline, pipeline.finish):
        monkeypatch.setattr(module, "__version__", "99.0.0")
    options = parse([f"--input={crawl.inputs}", f"--output={output.root}", *arguments(crawl)])
    again = identity(options.config, find_sources(options.inputs), find_sets(options.eval_images))
    assert again == this and claim(output, again, overwrite=False)


@pytest.mark.slow
@pytest.mark.parametrize("finished", [True, False])
def test_another_format_is_refused(run: tuple[Output, dict[str, Any]], finished: bool) -> None:
    output, this = run
    if not finished:
        unfinished(output)
    with pytest.raises(OtherRun, match=r"holds another run, which differs in format; --overwrite replaces it$"):
        claim(output, this | {"format": FORMAT + 1}, overwrite=False)


@pytest.mark.slow
def test_a_run_from_before_formats_is_refused(run: tuple[Output, dict[str, Any]]) -> None:
    output, this = run
    manifest = json.loads(read_bytes(output.path(MANIFEST)))
    del manifest["format"]
    output.write_bytes(MANIFEST, json.dumps(manifest | {"version": "0.1.0"}).encode())
    with pytest.raises(OtherRun, match="differs in format;"):
        claim(output, this, overwrite=False)


@pytest.mark.slow
def test_a_setting_that_a_run_did_not_know_has_its_default_there(run: tuple[Output, dict[str, Any]]) -> None:
    output, this = run
    manifest = json.loads(read_bytes(output.path(MANIFEST)))
    assert manifest["config"]["filters"]["porn"].pop("model") == "open_nsfw"
    del manifest["config"]["dedup"]
    output.write_bytes(MANIFEST, json.dumps(manifest).encode())
    assert claim(output, this, overwrite=False)
    other = json.loads(json.dumps(this))
    other["config"]["dedup"]["max_distance"] = 49
    with pytest.raises(OtherRun, match=r"differs in dedup\.max_distance;"):
        claim(output, other, overwrite=False)
