"""`pipeline.make_corpus`: the corpus of the command, as a Python call that leaves the caller's process as it was."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import psutil
import pytest

import pipeline
from pipeline import BadInputs, ConfigError, Funnel, Held, InputError, OtherRun, make_corpus
from pipeline.commands.corpus.options import parse
from pipeline.config import load_config
from pipeline.engines.own_process import ask
from pipeline.storage.lock import locked
from tests.conftest import Runs, arguments
from tests.support.command import ROOT, Finished, result
from tests.support.crawl import Crawl

pytestmark = pytest.mark.slow(seconds=140)

PATIENCE = 300  # seconds: a guard, far above what a call takes
Call = Callable[..., Funnel]


@pytest.fixture(scope="module")
def finished(corpus_of: Runs) -> Finished:
    return corpus_of()


@pytest.fixture
def call(crawl: Crawl, tmp_path: Path) -> Call:
    """A call with the inputs and settings of the fixture `finished`."""
    options = parse([f"--input={crawl.inputs}", "--output=x", *arguments(crawl)])

    def made(**changes: Any) -> Funnel:
        given = {"config": options.config, "eval_images": options.eval_images, "workers": 1} | changes
        return make_corpus(given.pop("inputs", crawl.inputs), given.pop("output", tmp_path / "out"), **given)

    return made


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A list of URLs that takes no time."""
    file = tmp_path / "few.csv"
    file.write_text("text,url\n" + "".join(f"a red kite over hill {row},http://x/{row}\n" for row in range(30)))
    return file


def state() -> dict[str, Any]:
    """State of the process that a call may not change."""
    return {
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "threads": threading.enumerate(),
        "excepthook": threading.excepthook,
        "environment": dict(os.environ),
        "level": (logging.getLogger().level, logging.getLogger("apache_beam").level),
        "descriptors": psutil.Process().num_fds(),
        "children": psutil.Process().children(),
    }


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_it_makes_the_bytes_of_the_command(call: Call, finished: Finished, tmp_path: Path, workers: int) -> None:
    before = state()
    funnel = call(workers=workers)
    assert state() == before
    assert result(tmp_path / "out") == result(finished.output)
    content = finished.json("funnel.json")
    assert (funnel.raw, funnel.kept, funnel.records) == (content["raw"], content["kept"], content["records"])
    assert {rule.name: rule.dropped for rule in funnel.rules} == content["first_reason"]
    assert {rule.name: rule.fails for rule in funnel.rules} == content["any_reason"]
    assert str(funnel) == finished.process.stdout.rpartition("\n")[0].rpartition("\n")[0]
    if workers == 1:
        assert call(workers=1) == funnel  # returned at once, since the run is finished


@pytest.mark.slow
def test_a_funnel_is_a_small_value(finished: Finished) -> None:
    funnel = Funnel.of(finished.json("funnel.json"))
    assert repr(funnel).startswith(f"Funnel(raw={funnel.raw}, kept={funnel.kept}, records=") and "content" not in repr(
        funnel
    )
    with pytest.raises(FrozenInstanceError):
        funnel.raw = 1  # type: ignore[misc]


@pytest.mark.slow
def test_it_works_in_a_thread_and_progress_goes_to_the_stderr_of_a_notebook(
    call: Call, few: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown, made = io.StringIO(), list[Funnel]()  # the stream has no descriptor, as in a notebook
    monkeypatch.setattr(sys, "stderr", shown)
    thread = threading.Thread(target=lambda: made.append(call(inputs=few, eval_images=(), workers=2)))
    thread.start()
    thread.join(PATIENCE)
    assert [funnel.raw for funnel in made] == [30]
    assert [line.partition(":")[0] for line in shown.getvalue().splitlines()] == ["index", "count", "emit"]
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"settings": {"filters.short_side.min_pixel": 3}},
            ConfigError,
            "filters.short_side.min_pixel: no such setting",
        ),
        ({"config": "nowhere.yaml"}, ConfigError, "config=nowhere.yaml: No such file or directory"),
        ({"workers": 0}, ConfigError, "workers: 0 is not a whole number from 1"),
        ({"workers": "2"}, ConfigError, "workers: '2' is not a whole number from 1"),
        ({"inputs": ""}, InputError, "inputs: empty"),
        ({"inputs": []}, InputError, "inputs: empty"),
        ({"output": ""}, InputError, "output: empty"),
        ({"inputs": "/nowhere/*.csv"}, InputError, "/nowhere/"),
        ({"eval_images": "/nowhere"}, InputError, "eval_images: "),
        ({"beam": ["--runer=x"]}, ConfigError, "--runer: no such option; the nearest is --runner"),
    ],
)
def test_it_raises_what_the_command_says(call: Call, changes: dict[str, Any], error: type, message: str) -> None:
    before = state()
    with pytest.raises(error) as raised:
        call(**changes)
    assert type(raised.value) is error and message in str(raised.value)
    assert state() == before


@pytest.mark.slow
def test_other_runs_bad_files_and_held_outputs_are_errors_of_their_own(call: Call, few: Path, tmp_path: Path) -> None:
    call(inputs=few, eval_images=())
    with pytest.raises(OtherRun, match=r"differs in measure; --overwrite replaces it"):
        call(inputs=few, eval_images=(), settings={"measure": "all"})
    (tmp_path / "bad.parquet").write_bytes(b"none")
    (tmp_path / "worse.tar").write_bytes(b"x" * 5000)
    with pytest.raises(BadInputs) as raised:
        call(inputs=[tmp_path / "bad.parquet", tmp_path / "worse.tar"], output=tmp_path / "bad", eval_images=())
    assert [name for name in ("bad.parquet", "worse.tar") if any(name in line for line in raised.value.lines)] == [
        "bad.parquet",
        "worse.tar",
    ]
    with locked(str(tmp_path / "out")), pytest.raises(Held, match=rf"is being written by process {os.getpid()} on "):
        call(inputs=few, eval_images=())


INTERRUPTED = """
import sys
from pipeline import make_corpus
try:
    make_corpus(sys.argv[1], sys.argv[2], eval_images=sys.argv[3], config=sys.argv[4], workers=2)
except KeyboardInterrupt:
    sys.exit("interrupted")
"""


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 1), (signal.SIGKILL, -signal.SIGKILL)])
def test_an_interrupted_call_ends_its_processes_and_resumes(
    call: Call, crawl: Crawl, finished: Finished, tmp_path: Path, number: int, code: int
) -> None:
    """The signal goes to the caller alone, as from a notebook's button; a killed caller says nothing to anybody."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(json.loads((finished.output / "manifest.json").read_text())["config"]))
    words = [sys.executable, "-c", INTERRUPTED, crawl.inputs, tmp_path / "out", crawl.folder / "eval", config]
    with subprocess.Popen(
        [*map(str, words)], cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        wait_for(lambda: list((tmp_path / "out").glob("work/index/*")))
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        assert process.wait(PATIENCE) == code
    assert family and not psutil.wait_procs(family, PATIENCE)[1]
    call()
    assert result(tmp_path / "out") == result(finished.output)


def wait_for(found: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_a_process_without_an_answer_is_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"a process ended with 1 and no answer; the same call resumes"):
        ask("pipeline.no_such_module", {})


@pytest.mark.slow
def test_importing_the_package_imports_no_library_and_a_call_neither_beam_nor_the_working_directory(
    few: Path, tmp_path: Path
) -> None:
    """A notebook's folder may hold a `train.py` of the user's."""
    for name in ("train.py", "filters.py", "queue.py"):
        (tmp_path / name).write_text("raise SystemExit('imported')\n")
    code = (
        f"import sys; sys.path[0] = {str(ROOT)!r}; import pipeline;"
        "print(sorted({'numpy', 'pyarrow', 'apache_beam', 'yaml'} & sys.modules.keys()));"
        f"print(pipeline.make_corpus({str(few)!r}, 'out', workers=2).raw);"
        "print('apache_beam' in sys.modules)"
    )
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=clean, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "[]\n30\nFalse\n"), done.stderr


def test_the_public_names_are_there() -> None:
    assert all(getattr(pipeline, name) for name in pipeline.__all__)
    assert pipeline.Config is type(load_config(""))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        pipeline.nothing  # noqa: B018
