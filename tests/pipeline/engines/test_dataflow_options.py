"""Options that can't work on Google Cloud are refused before anything runs, in one line that says what to do."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.commands.corpus.options import parse
from pipeline.config import Options, load_config
from pipeline.engines.dataflow import check_options
from pipeline.engines.flex_template import CommandFailed, command_words, run_command
from pipeline.inputs import InputError
from tests.support.command import ROOT

RUNNER = ("--runner=DataflowRunner",)
PLACE = ("--project=some-project", "--region=us-central1", "--temp_location=gs://data/tmp")
NO_BUCKETS = "--no_auth"  # then none is asked for


def options(*arguments: str, inputs: str = "gs://data/in", output: str = "gs://data/out") -> Options:
    return parse([f"--input={inputs}", f"--output={output}", *arguments])


def test_a_run_that_can_work_is_let_through() -> None:
    check_options(options(*RUNNER, *PLACE, NO_BUCKETS))
    check_options(options(inputs="in", output="out"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (RUNNER, "--project is missing; it takes --project=…, --region=…, --temp_location=…"),
        ((*RUNNER, PLACE[0]), "--region is missing"),
        ((*RUNNER, *PLACE[:2]), "--temp_location is missing"),
        ((*RUNNER, *PLACE, "--dry_run=True"), "a run is several jobs"),
        ((*RUNNER, *PLACE, "--template_location=gs://data/t"), "a run is several jobs"),
        ((*RUNNER, *PLACE, "--eval_images=coco"), "coco is a local path, which its workers can't see; give gs://…"),
        (("--runner=dataflow",), "--project is missing"),
    ],
)
def test_options_that_dataflow_would_fail_at(given: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError) as raised:
        check_options(options(*given, NO_BUCKETS))
    assert str(raised.value).startswith(f"--runner=DataflowRunner: {message}")


@pytest.mark.parametrize(("inputs", "output"), [("in", "gs://data/out"), ("gs://data/in", "out")])
def test_places_that_workers_cannot_see(inputs: str, output: str) -> None:
    with pytest.raises(InputError, match=r"(in|out) is a local path"):
        check_options(options(*RUNNER, *PLACE, NO_BUCKETS, inputs=inputs, output=output))


@pytest.mark.parametrize("given", [(), (*RUNNER, *PLACE)])
def test_without_the_packages_of_google_cloud(monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...]) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud.storage", None)
    with pytest.raises(InputError, match=r"needs Google Cloud's packages: pip install 'align-corpus\[dataflow\]'$"):
        check_options(options(*given))


def test_without_a_checkout_workers_need_another_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.engines.dataflow.PACKAGE", Path("none"))
    with pytest.raises(InputError, match="workers need this package: --setup_file="):
        check_options(options(*RUNNER, *PLACE, NO_BUCKETS))
    check_options(options(*RUNNER, *PLACE, NO_BUCKETS, "--sdk_container_image=image"))


def test_the_template_launches_the_command_with_its_parameters() -> None:
    launched = ["--input=gs://data/in", "--output=gs://data/out", "--project=p", "--job_name=crawl"]
    own = ["--template_location=gs://t", "--runner=DataflowRunner", "--settings=filters.porn.enabled=false name=crawl"]
    expected = [*launched, "--runner=DataflowRunner", "--filters.porn.enabled=false", "--name=crawl"]
    assert command_words([*launched, *own]) == expected


@pytest.mark.slow
def test_a_command_that_fails_says_its_last_line() -> None:
    with pytest.raises(CommandFailed, match="input: no file matches 'none'"):
        run_command(["--input=none", "--output=out"])


def test_parameters_of_the_template_are_options_of_the_command() -> None:
    described = json.loads((ROOT / "configs/dataflow/metadata.json").read_text())["parameters"]
    values = {parameter["name"]: "gs://data/x" for parameter in described} | {"config": "configs/align.yaml"}
    for parameter in described:
        for pattern in parameter.get("regexes", []):
            assert re.fullmatch(pattern, values[parameter["name"]])
    words = command_words([f"--{name}={value}" for name, value in values.items() if name != "settings"])
    assert (parsed := parse(words)).inputs == ("gs://data/x",) and parsed.config == load_config("", [])


def test_the_image_holds_every_package() -> None:
    copied = re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert {*copied} - {"configs"} == {name.removesuffix("*") for name in packages["find"]["include"]}


def test_the_image_has_the_beam_that_jobs_are_made_with() -> None:
    assert f"apache/beam_python3.11_sdk:{version('apache-beam')} " in (ROOT / "Dockerfile").read_text()
