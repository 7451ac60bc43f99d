"""A stand-in for Dataflow: its REST API on this machine. A job is done only when its staged graph has been executed.

It is executed in an environment that has third-party packages, and of this repository the staged package alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from apache_beam.portability.api import beam_runner_api_pb2

from tests.support.command import ROOT
from tests.support.fake_http import Reply, Request, Route, answer_json, not_found
from tests.support.fake_storage import Storage

JOBS = "/v1b3/projects/([^/]+)/locations/([^/]+)/jobs"
PACKAGE = "workflow.tar.gz"  # what Beam calls the package of --setup_file
ACTIVE = "JOB_STATE_RUNNING"
AT_ONCE = 20  # seconds; for a job that takes longer Beam asks again and again, every five seconds


@dataclass
class Dataflow:
    """Jobs in the order of their submission. Those whose names are in `failing` fail, unexecuted, once each."""

    storage: Storage
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)  # for the workers
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)  # name of a job: what it says
    messages: dict[str, str] = field(default_factory=dict)

    @property
    def routes(self) -> list[Route]:
        return [
            ("POST", JOBS, self.create),
            ("GET", JOBS + "/([^/]+)", self.get),
            ("GET", JOBS + "/([^/]+)/messages", self.list_messages),
        ]

    def names(self) -> list[str]:
        return [job["name"] for job in self.jobs.values()]

    def create(self, request: Request, project: str, region: str) -> Reply:
        key = f"job-{len(self.jobs)}"
        job = json.loads(request.body) | {"id": key, "projectId": project, "location": region}
        self.jobs[key] = job | {"currentState": ACTIVE}
        begun = answer_json(self.jobs[key])
        work = threading.Thread(target=self._execute, args=(self.jobs[key],), daemon=True)
        work.start()
        work.join(AT_ONCE)
        return begun if key in self.messages else answer_json(self.jobs[key])

    def get(self, _: Request, project: str, region: str, key: str) -> Reply:
        return answer_json(self.jobs[key]) if key in self.jobs else not_found(key)

    def list_messages(self, _: Request, project: str, region: str, key: str) -> Reply:
        said = {"id": "1", "time": "2026-01-01T00:00:00Z", "messageImportance": "JOB_MESSAGE_ERROR"}
        text = self.messages.get(key)
        return answer_json({"jobMessages": [said | {"messageText": text}]} if text else {})

    def graph_of(self, job: dict[str, Any]) -> beam_runner_api_pb2.Pipeline:
        """The graph that was staged for a job."""
        return beam_runner_api_pb2.Pipeline.FromString(self._staged(_options(job)["pipelineUrl"]))

    def _execute(self, job: dict[str, Any]) -> None:
        error = self.failing.pop(job["name"], None) or self._replay(job)
        if error:
            self.messages[job["id"]] = error
        job["currentState"] = "JOB_STATE_FAILED" if error else "JOB_STATE_DONE"

    def _replay(self, job: dict[str, Any]) -> str:
        """Executes a job; returns what it says if it fails."""
        file = self.folder / f"{job['id']}.pb"
        file.write_bytes(self.graph_of(job).SerializeToString())
        script = Path(__file__).with_name("replay_job.py")
        words = [self.python_with(self._package(job)), "-I", script, file]
        done = subprocess.run(words, capture_output=True, text=True, cwd=self.folder, env=self._worker_environment())
        return done.stderr if done.returncode else ""

    def _worker_environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return kept | {"TMPDIR": str(self.folder)} | dict(self.environment)

    def _package(self, job: dict[str, Any]) -> bytes:
        (url,) = [url for url in staged_urls(self.graph_of(job)) if url.endswith(PACKAGE)]
        return self._staged(url)

    def _staged(self, url: str) -> bytes:
        bucket, name = url.removeprefix("gs://").removeprefix("https://storage.googleapis.com/").split("/", 1)
        return self.storage.buckets[bucket][name].content

    def python_with(self, package: bytes) -> str:
        """The interpreter of the clean environment with the staged package; the first one serves all jobs."""
        target = self._clean_environment / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
        if not (target / "pipeline").exists():
            (self.folder / PACKAGE).write_bytes(package)
            words = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
            subprocess.run([sys.executable, *words, f"--target={target}", self.folder / PACKAGE], check=True)
            lend_kernels(target)
        return str(self._clean_environment / "bin" / "python")

    @cached_property
    def _clean_environment(self) -> Path:
        """An environment that sees the third-party packages of this one, but no checkout that is installed in it."""
        folder = self.folder / "environment"
        venv.create(folder)
        (site,) = folder.glob("lib/python*/site-packages")
        (site / "packages.pth").write_text(sysconfig.get_path("purelib"))  # .pth files there are not followed
        return folder


def lend_kernels(target: Path) -> None:
    """Gives packages in `target` the machine code of the same modules here, which numba needs ten seconds to make.

    It is taken for that of a source with the same size and time of change.
    """
    for compiled in ROOT.glob("[!.o]*/**/__pycache__/*.nb?"):
        source = compiled.parents[1] / (compiled.name.split(".")[0] + ".py")
        place = target / compiled.parent.relative_to(ROOT)
        if (same := target / source.relative_to(ROOT)).exists():
            place.mkdir(exist_ok=True)
            shutil.copy(compiled, place)
            os.utime(same, ns=(source.stat().st_atime_ns, source.stat().st_mtime_ns))


def _options(job: dict[str, Any]) -> dict[str, Any]:
    return job["environment"]["sdkPipelineOptions"]["options"]


def staged_urls(graph: beam_runner_api_pb2.Pipeline) -> Iterator[str]:
    """Returns the paths of the files that the workers of a graph install."""
    for environment in graph.components.environments.values():
        for artifact in environment.dependencies:
            yield beam_runner_api_pb2.ArtifactUrlPayload.FromString(artifact.type_payload).url
