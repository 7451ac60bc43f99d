"""The whole pipeline on engines of their own: the bytes of the local run, and one line where something is missing."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from apache_beam.version import __version__ as BEAM

from pipeline import __version__
from pipeline.commands.arguments import check_beam
from pipeline.config import ConfigError
from pipeline.engines.engine_errors import EngineError, explain
from pipeline.engines.portable import CheckWorker
from tests.conftest import Runs, arguments
from tests.support.command import ROOT, command, result, run
from tests.support.crawl import Crawl
from tests.support.engines import bare_environment, cluster, free_port, wheel_environment
from tests.support.prism import prism

pytestmark = pytest.mark.slow(seconds=230)

CACHED = f".apache_beam/cache/prism/bin/apache_beam-v{BEAM}-prism-linux-amd64.zip"
NO_NETWORK = {"https_proxy": "http://localhost:9", "HTTPS_PROXY": "http://localhost:9"}
PASSES = ["evaluation sets", "index", "count", "emit"]


@dataclass(frozen=True)
class Command:
    """The command on the crawl of the tests, with a home of its own."""

    crawl: Crawl
    folder: Path

    @property
    def output(self) -> Path:
        return self.folder / "out"

    @property
    def words(self) -> list[str]:
        return ["pipeline", f"--input={self.crawl.inputs}", f"--output={self.output}", *arguments(self.crawl)]

    def start(self, *options: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command(*self.words), *options],
            cwd=ROOT,
            env=os.environ | {"HOME": str(self.folder)} | environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *options: str, **environment: str) -> list[str]:
        """The lines of an attempt that ends well."""
        done = self._finish(options, environment)
        assert done.returncode == 0, done.stderr
        return done.stderr.splitlines()

    def fail(self, *options: str, **environment: str) -> str:
        """The one line of an attempt that fails, after those of finished passes."""
        done = self._finish(options, environment)
        assert (done.returncode, done.stdout) == (1, ""), done.stderr
        (line,) = [line for line in done.stderr.splitlines() if line.partition(":")[0] not in PASSES]
        return line

    def _finish(self, options: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """A forked attempt takes less; one in another environment starts anew, for Beam reads HOME when imported."""
        if not environment:
            return run(*self.words, *options, timeout=600)
        process = self.start(*options, **environment)
        shown, said = process.communicate(timeout=600)
        return subprocess.CompletedProcess(process.args, process.returncode, shown, said)


@pytest.fixture
def pipeline(crawl: Crawl, tmp_path: Path) -> Command:
    return Command(crawl, tmp_path)


@pytest.fixture(scope="module")
def local(corpus_of: Runs) -> dict[str, str]:
    return result(corpus_of().output)


@pytest.fixture(scope="module")
def wheel(local: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel_environment(tmp_path_factory.mktemp("wheel") / "venv")


def engines(mark: Path) -> list[psutil.Process]:
    """The processes that have this path among their words."""
    return [process for process in psutil.process_iter(["cmdline"]) if str(mark) in (process.info["cmdline"] or ())]


def test_prism_with_workers_in_the_command(pipeline: Command, local: dict[str, str]) -> None:
    location = pipeline.folder / "prism"
    location.symlink_to(prism())
    said = pipeline.run("--runner=PrismRunner", f"--prism_location={location}")
    assert [line.partition(":")[0] for line in said] == PASSES
    assert result(pipeline.output) == local
    assert not engines(location)


def test_the_workers_of_the_cluster_know_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    script = "import pipeline, sys; print(pipeline.__file__); print(*sys.modules)"
    words = [wheel / "python", "-c", script]
    file, modules = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path).stdout.splitlines()
    assert Path(file).is_relative_to(wheel.parent)
    assert "__editable__" not in modules


def test_engine_workers_and_command_as_three_processes_and_a_worker_that_is_killed(
    pipeline: Command, wheel: Path, local: dict[str, str]
) -> None:
    """All passes run on the cluster, the third in two attempts, and leave the bytes of the local run."""
    with cluster(pipeline.folder / "cluster", wheel) as running:
        process = pipeline.start(*running.options)
        while not list(pipeline.output.glob("verdicts/*")):
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        for worker in running.workers():
            worker.kill()
        _, said = process.communicate(timeout=300)
        *passes, line = said.splitlines()
        assert process.returncode == 1
        assert [one.partition(":")[0] for one in passes] == PASSES[:3]
        assert line.startswith("pipeline: EngineError: a worker process ended: ")
        assert "; the same command resumes (traceback: " in line
        assert result(pipeline.output).items() < local.items()
        assert [one.partition(":")[0] for one in pipeline.run(*running.options)] == PASSES[3:]
    assert result(pipeline.output) == local


def test_the_direct_runner_that_becomes_prism(pipeline: Command, local: dict[str, str]) -> None:
    """Beam finds a Prism in its cache, where it puts what it downloads."""
    cached, used = pipeline.folder / CACHED, pipeline.folder / "used"
    cached.parent.mkdir(parents=True)
    mine = pipeline.folder / "prism"
    mine.symlink_to(prism())
    cached.write_text(f"#!/bin/sh\ntouch '{used}'\nexec '{mine}' \"$@\"\n")
    said = pipeline.run("--runner=DirectRunner", **NO_NETWORK)
    assert used.exists()
    assert [line.partition(":")[0] for line in said] == PASSES
    assert result(pipeline.output) == local
    assert not engines(mine)


def test_an_engine_that_is_not_running(pipeline: Command) -> None:
    nobody = f"--job_endpoint=localhost:{free_port()}"
    line = pipeline.fail("--runner=PortableRunner", nobody, "--environment_type=LOOPBACK")
    assert line.startswith(f"pipeline: EngineError: no engine answers at {nobody}: start it first; ")


@pytest.mark.parametrize(
    ("runner", "jar"),
    [("FlinkRunner", "beam-runners-flink-2.2-job-server"), ("SparkRunner", "beam-runners-spark-3-job-server")],
)
def test_a_job_server_without_its_jar(pipeline: Command, runner: str, jar: str) -> None:
    line = pipeline.fail(f"--runner={runner}", **NO_NETWORK)
    place = pipeline.folder / ".apache_beam" / "cache" / "jars" / f"{jar}-{BEAM}.jar"
    assert line.startswith(f"pipeline: EngineError: Beam's job server is missing: put its jar at {place}, ")


def test_a_prism_that_cannot_be_downloaded(pipeline: Command) -> None:
    line = pipeline.fail("--runner=PrismRunner", **NO_NETWORK)
    assert (
        f"`go install github.com/apache/beam/sdks/v2/go/cmd/prism@v{BEAM}`, and name it with --prism_location" in line
    )


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("FlickRunner", "the nearest is FlinkRunner"),
        ("Flink Runner", "the nearest is FlinkRunner"),
        ("cluster", "choose from .*FlinkRunner, .*"),
    ],
)
def test_a_runner_that_does_not_exist(name: str, way: str) -> None:
    with pytest.raises(ConfigError, match=rf"--runner={name}: no such runner; {way}$"):
        check_beam([f"--runner={name}"], [])


@pytest.mark.parametrize("name", ["FlinkRunner", "flink", "PRISMRUNNER", "apache_beam.runners.direct.DirectRunner"])
def test_runners_as_beam_takes_them(name: str) -> None:
    assert check_beam([f"--runner={name}"], []) == [f"--runner={name}"]


def test_workers_with_another_beam(pipeline: Command, wheel: Path) -> None:
    other = pipeline.folder / "apache_beam-2.76.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: apache-beam\nVersion: 2.76.0\n")
    with cluster(pipeline.folder / "cluster", wheel, {"PYTHONPATH": str(pipeline.folder)}) as workers:
        line = pipeline.fail(*workers.options)
    assert f"the workers have apache-beam 2.76.0, this command {BEAM}: install the same" in line


def test_workers_without_the_package(pipeline: Command) -> None:
    with cluster(pipeline.folder / "cluster", bare_environment(pipeline.folder / "venv")) as workers:
        line = pipeline.fail(*workers.options)
    wanted = f"the workers have no pipeline: install align-corpus {__version__} there; "
    assert line.startswith(f"pipeline: EngineError: {wanted}")


def test_workers_with_another_python(monkeypatch: pytest.MonkeyPatch) -> None:
    check = CheckWorker("")
    assert list(check.process(b"")) == []
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "9", "2"))
    with pytest.raises(EngineError, match=r"the workers have Python 3\.9, this command 3\.\d+: install the same"):
        list(check.process(b""))


def test_workers_that_do_not_see_the_output(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"the workers don't see .*/run\.json"):
        list(CheckWorker(str(tmp_path / "run.json")).process(b""))


def test_what_is_not_an_engine_stays_as_it_is() -> None:
    explain(OSError("No space left on device"))
