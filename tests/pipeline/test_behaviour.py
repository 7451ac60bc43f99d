"""Behaviour of commands: fast help, a bar on a terminal and plain lines elsewhere, silence of Beam, no traces."""

from __future__ import annotations

import os
import pty
import re
import socket
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.conftest import Runs, arguments
from tests.support.command import ROOT, Finished, command, run
from tests.support.crawl import Crawl

pytestmark = pytest.mark.slow

COMMANDS = (("pipeline",), ("pipeline", "report"), ("pipeline.sample",))
HEAVY = ("apache_beam", "tensorflow", "numba", "onnxruntime", "pandas", "scipy", "google.protobuf")


@pytest.fixture(scope="module")
def finished(corpus_of: Runs) -> Finished:
    return corpus_of(workers=2)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_is_fast_because_it_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", *words, "--help"], capture_output=True, text=True, cwd=ROOT
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert done.returncode == 0
    assert done.stdout.startswith("usage: python -m " + " ".join(words))
    assert not [name for name in imported if name.startswith(HEAVY)]


def test_plain_lines_without_a_terminal(finished: Finished) -> None:
    said = finished.process.stdout + finished.process.stderr
    assert not re.search(r"[\r\x1b\x08]", said)
    for name in ("index", "count", "emit"):
        assert any(line.startswith(name) for line in said.splitlines())


def test_nothing_of_beam_or_of_workers_is_printed(finished: Finished) -> None:
    said = finished.process.stdout + finished.process.stderr
    assert not re.search(r"beam|apitools|INFO|WARNING|Traceback|tensorflow", said, re.IGNORECASE)


def test_the_funnel_is_on_standard_output(finished: Finished) -> None:
    funnel = finished.json("funnel.json")
    lines = finished.process.stdout.splitlines()
    for reason, count in [("raw", funnel["raw"]), *funnel["first_reason"].items(), ("kept", funnel["kept"])]:
        assert any(reason in line and f"{count:,}" in line for line in lines), reason


def on_a_terminal(*words: str | Path, **environment: str) -> tuple[int, str]:
    """The exit code of a command, and all that a terminal of 100 columns shows of it."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (30, 100))
    process = subprocess.Popen(command(*words), cwd=ROOT, stdout=theirs, stderr=theirs, env=os.environ | environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other end is closed
            return process.wait(), shown.decode()


def test_a_bar_on_a_terminal_and_nothing_left_behind(crawl: Crawl, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    words = ("pipeline", f"--input={crawl.inputs}", f"--output={tmp_path / 'out'}", *arguments(crawl), "--workers=2")
    code, shown = on_a_terminal(*words, TMPDIR=str(temporary))
    assert code == 0
    bars = [part for part in shown.split("\r") if "%" in part]
    for name in ("index", "count", "emit"):
        assert any(name in bar and re.search(r"\d+%", bar) for bar in bars)
    assert re.search(r"\d+:\d\d<", shown)  # time left
    assert re.search(r"pairs?/s", shown)
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("name", ["features.json", "dataset_info.json"])
def test_the_corpus_tells_nothing_of_where_and_when(crawl: Crawl, finished: Finished, name: str) -> None:
    text = (finished.output / "corpus" / name).read_text()
    assert str(crawl.folder.parent) not in text
    assert str(finished.output.parent) not in text
    assert str(ROOT) not in text
    assert socket.gethostname() not in text
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b|\b1[789]\d{8}\b", text)


WRONG = {
    "a setting of no section": (
        ["--filters.short_side.min_pixel=100"],
        "filters.short_side.min_pixel: no such setting; filters.short_side has min_pixels, enabled",
    ),
    "a section": (
        ["--filter.porn.enabled=false"],
        "filter: no such setting; the config has "
        "name, measure, text, input, filters, dedup, output, report, storage, fetch, vocab, train, transfer",
    ),
    "a value": (
        ["--filters.short_side.min_pixels=many"],
        "filters.short_side.min_pixels: 'many' is not a whole number",
    ),
    "infinity": (
        ["--filters.aspect_ratio.max_ratio=.inf"],
        "filters.aspect_ratio.max_ratio: inf is not a number",
    ),
    "no shard": (["--input.rows_per_shard=0"], "input.rows_per_shard: must be 1 or more: 0"),
    "no input": (["--input="], "--input is empty"),
    "no output": (["--output="], "--output is empty"),
    "a choice": (["--measure=most"], "measure: 'most'; the choices are needed, all"),
    "an option": (["--runer=DirectRunner"], "--runer: no such option; the nearest is --runner"),
    "an abbreviation": (["--over"], "--over: no such option; the nearest is --overwrite"),
    "workers": (["--workers=0"], "--workers: '0' is not a whole number from 1"),
    "threads": (
        ["--direct_running_mode=multi_threading"],
        "--direct_running_mode=multi_threading: not taken (Beam 2.77 corrupts data in threads); use --workers=N",
    ),
    "undecodable": (
        ["--filters.undecodable.enabled=false"],
        "filters.undecodable.enabled: no such setting; filters.undecodable has max_pixels",
    ),
    "a config": (["--config=nowhere.yaml"], "--config=nowhere.yaml: No such file or directory"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    options, said = WRONG[name]
    done = run("pipeline", "--input=nowhere.csv", f"--output={tmp_path / 'out'}", *options)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(said)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
