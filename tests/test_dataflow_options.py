"""What can't work on Google Cloud is refused before anything runs, in one line that says what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.dataflow import check_options
from pipeline.inputs import InputError
from pipeline.options import Options, parse

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
    monkeypatch.setattr("pipeline.dataflow.PACKAGE", Path("none"))
    with pytest.raises(InputError, match="workers need this package: --setup_file="):
        check_options(options(*RUNNER, *PLACE, NO_BUCKETS))
    check_options(options(*RUNNER, *PLACE, NO_BUCKETS, "--sdk_container_image=image"))
