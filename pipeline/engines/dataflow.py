"""Dataflow: checks the options of a run, and gives the job of each pass a name, labels and this package."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    SetupOptions,
    StandardOptions,
    TestOptions,
    WorkerOptions,
)

from pipeline.config import Options
from pipeline.engines.external import External
from pipeline.engines.google_cloud import SCHEME, check_buckets, check_installed
from pipeline.inputs import InputError

NEEDED = ("project", "region", "temp_location")
PACKAGE = Path(__file__).resolve().parents[2] / "pyproject.toml"  # in a checkout
MOST_LETTERS = 40  # in a name without its pass; machine names contain it and have at most 63


class Dataflow(External):
    """Workers are not checked beforehand: starting them takes minutes, and the first pass is the check."""

    def _announce(self, job: Any) -> None:
        print(job_page(job, self.options), file=sys.stderr, flush=True)


def check_options(options: Options) -> None:
    """Raises InputError where Dataflow, or gs:// on any runner, would fail only after minutes."""
    cloud = PipelineOptions(list(options.beam)).view_as(GoogleCloudOptions)
    paths = [options.output, *options.inputs, *options.eval_images]
    if on_dataflow(options.beam):
        check_installed("--runner=DataflowRunner")
        for problem in _problems(cloud, paths):
            raise InputError(f"--runner=DataflowRunner: {problem}")
        paths += [cloud.temp_location, cloud.staging_location or cloud.temp_location]
    if not cloud.no_auth:
        check_buckets(paths)


def on_dataflow(beam: Sequence[str]) -> bool:
    """Returns whether Beam's options name Dataflow's runner, in any spelling that Beam accepts."""
    runner = PipelineOptions(list(beam)).view_as(StandardOptions).runner or ""
    return runner.lower() in ("dataflow", "dataflowrunner")


def _problems(cloud: Any, paths: list[str]) -> Iterator[str]:
    for name in NEEDED:
        if not getattr(cloud, name):
            yield f"--{name} is missing; it takes " + ", ".join(f"--{name}=…" for name in NEEDED)
    for path in paths:
        if not path.startswith(SCHEME):
            yield f"{path} is a local path, which its workers can't see; give {SCHEME}…"
    if cloud.template_location or cloud.view_as(TestOptions).dry_run:
        yield "a run is several jobs, each made from what the one before it wrote; none can be left unrun"
    if not (_has_package(cloud) or PACKAGE.exists()):
        yield "its workers need this package: --setup_file=CHECKOUT/pyproject.toml, or --sdk_container_image=IMAGE"


def _has_package(options: PipelineOptions) -> bool:
    setup = options.view_as(SetupOptions)
    return bool(setup.setup_file or setup.extra_packages or options.view_as(WorkerOptions).sdk_container_image)


def job_options(beam: Sequence[str], corpus: str, step: str) -> list[str]:
    """Returns Beam's options for the pass `step`, to add to the user's; none for other runners.

    The job's name is --job_name, or else the corpus's name, and the pass, such as align-index.
    """
    if not on_dataflow(beam):
        return []
    options = PipelineOptions(list(beam))
    name = _identifier(options.view_as(GoogleCloudOptions).job_name or corpus)
    added = [f"--job_name={name}-{_identifier(step)}", f"--labels=corpus={name}", f"--labels=pass={_identifier(step)}"]
    if not _has_package(options):
        added.append(f"--setup_file={PACKAGE}")
    if options.view_as(SetupOptions).save_main_session is None:
        added.append("--no_save_main_session")
    return added


def _identifier(name: str) -> str:
    """Converts a name to lower-case letters, digits and hyphens, from a letter to a letter or digit."""
    plain = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    return (plain if plain[:1].isalpha() else f"corpus-{plain}")[:MOST_LETTERS].rstrip("-")


def job_page(job: Any, beam: Sequence[str]) -> str:
    """Returns the URL of the page that shows a submitted job and can cancel it."""
    cloud = PipelineOptions(list(beam)).view_as(GoogleCloudOptions)
    return f"https://console.cloud.google.com/dataflow/jobs/{cloud.region}/{job.job_id()}?project={cloud.project}"
