"""Dataflow up to its doorstep: real submissions to a stand-in, which executes what was staged; the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.engines.dataflow import job_options
from pipeline.remote import OPTION
from tests.support.command import FOLDERS, ROOT, command, result, run
from tests.support.fake_dataflow import Dataflow
from tests.support.fake_http import serving
from tests.support.fake_storage import Storage
from tests.support.google_cloud import PROJECT, write_account

pytestmark = pytest.mark.slow(seconds=50)

BUCKET = "crawl-bucket"
INPUTS = ("pictures-*.parquet", "00000.tar", "folder.jsonl")
SETTINGS = ("--filters.rare_ngram.min_count=1", "--filters.rare_ngram.top_k=650", "--input.rows_per_shard=20")
FORMATS = "--output.formats=[tfrecord,webdataset,parquet]"
OPTIONS = (
    "--runner=DataflowRunner",
    f"--project={PROJECT}",
    "--region=us-central1",
    f"--temp_location=gs://{BUCKET}/t",
)


def words(place: str, output: str) -> list[str]:
    inputs = ",".join(f"{place}/crawl/{name}" for name in INPUTS)
    return ["--config=configs/toy.yaml", f"--input={inputs}", f"--output={output}", FORMATS, *SETTINGS]


@dataclass(frozen=True)
class Doorstep:
    """A stand-in with the crawl in its bucket, and the command as a user of it types it."""

    storage: Storage
    service: Dataflow
    address: str
    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        given = command("pipeline", *arguments, f"--dataflow_endpoint={self.address}")
        environment = os.environ | self.environment
        return subprocess.run(given, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)

    def results(self, output: str = "out/") -> dict[str, str]:
        """Returns what `tests.support.command.result` returns for a local output."""
        objects = {name.removeprefix(output): stored for name, stored in self.storage.buckets[BUCKET].items()}
        named = {
            name: stored for name, stored in objects.items() if name.startswith(tuple(f"{one}/" for one in FOLDERS))
        }
        return {name: hashlib.sha256(stored.content).hexdigest() for name, stored in named.items()}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataflow") / "sample"
    made = run("pipeline.sample", f"--output={folder}", "--pictures=60")
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="module")
def doorstep(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doorstep]:
    folder, storage = tmp_path_factory.mktemp("service"), Storage({BUCKET: {}})
    for file in (sample / "crawl").rglob("*.*"):
        storage.put(BUCKET, file.relative_to(sample).as_posix(), file.read_bytes())
    service = Dataflow(storage, folder)
    with serving(storage.routes + service.routes) as address:
        service.environment = write_account(folder, address)
        yield Doorstep(storage, service, address, dict(service.environment))


@pytest.fixture(scope="module")
def local(sample: Path) -> Path:
    """The output of the same run on this machine."""
    done = run("pipeline", *words(str(sample), str(sample / "out")), "--workers=1")
    assert done.returncode == 0, done.stderr
    return sample / "out"


@pytest.fixture(scope="module")
def submitted(doorstep: Doorstep, local: Path) -> list[subprocess.CompletedProcess[str]]:
    """Runs one command twice: the second pass fails the first time."""
    doorstep.service.failing["toy-count"] = "the workers ran out of memory"
    given = words(f"gs://{BUCKET}", f"gs://{BUCKET}/out")
    more = ("--labels=team=vision", "--storage.requests=5")
    return [doorstep.run(*given, *OPTIONS, *more) for _ in range(2)]


def test_a_job_that_fails_is_told_and_the_same_command_goes_on(
    submitted: list[subprocess.CompletedProcess[str]], doorstep: Doorstep
) -> None:
    first, second = submitted
    assert first.returncode == 1
    assert "the workers ran out of memory; the same command resumes" in first.stderr
    assert second.returncode == 0, second.stderr
    assert doorstep.service.names() == ["toy-index", "toy-count", "toy-count", "toy-emit"]
    assert f"https://console.cloud.google.com/dataflow/jobs/us-central1/job-3?project={PROJECT}" in second.stderr


def test_the_bytes_are_those_of_the_local_run(
    submitted: list[subprocess.CompletedProcess[str]], doorstep: Doorstep, local: Path
) -> None:
    assert doorstep.results() == result(local)
    assert '"kept": 0' not in (local / "funnel.json").read_text()


def test_nothing_is_left_but_the_run(submitted: list[subprocess.CompletedProcess[str]], doorstep: Doorstep) -> None:
    left = {name for name in doorstep.storage.buckets[BUCKET] if name.startswith("out/")}
    kept = (
        *(f"out/{folder}/" for folder in FOLDERS),
        "out/work/emitted/",
        "out/work/examples/",
    )
    single = {"out/funnel.json", "out/manifest.json", "out/report.html", "out/work/error.log"}
    single |= {"out/README.md", "out/croissant.json", "out/work/command.json", "out/work/run.json"}
    assert {name for name in left if not name.startswith(kept)} == single


def test_an_export_from_bucket_to_bucket_has_the_same_bytes(
    submitted: list[subprocess.CompletedProcess[str]], doorstep: Doorstep, local: Path
) -> None:
    given = command("pipeline", "export", f"gs://{BUCKET}/out", "--format=parquet,webdataset", "--workers=1")
    environment = os.environ | doorstep.environment
    export = [*given, f"--output=gs://{BUCKET}/exported"]
    done = subprocess.run(export, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    wanted = {name: digest for name, digest in result(local).items() if name.startswith(("parquet/", "webdataset/"))}
    assert doorstep.results("exported/") == wanted != {}


def test_every_job_is_labelled(submitted: list[subprocess.CompletedProcess[str]], doorstep: Doorstep) -> None:
    labels = [job["labels"] for job in doorstep.service.jobs.values()]
    assert [label["pass"] for label in labels] == ["index", "count", "count", "emit"]
    assert {(label["corpus"], label["team"]) for label in labels} == {("toy", "vision")}


def test_every_job_has_the_settings_of_requests(
    submitted: list[subprocess.CompletedProcess[str]], doorstep: Doorstep
) -> None:
    environments = [job["environment"]["sdkPipelineOptions"]["options"] for job in doorstep.service.jobs.values()]
    assert len(environments) == 4
    assert {json.loads(options[OPTION])["requests"] for options in environments} == {5}


def test_workers_have_the_staged_package_alone(
    submitted: list[subprocess.CompletedProcess[str]], doorstep: Doorstep
) -> None:
    script = "import pipeline, vocab.characters; vocab.characters.load('uncased'); print(pipeline.__file__)"
    python = doorstep.service.python_with(b"")
    done = subprocess.run([python, "-I", "-c", script], capture_output=True, text=True, cwd=doorstep.service.folder)
    assert done.stdout.startswith(str(doorstep.service.folder)), done.stderr


@pytest.mark.parametrize(
    ("given", "corpus", "step", "expected"),
    [
        ((), "align", "index", "align-index"),
        (("--job_name=My_Crawl 2",), "align", "evaluation sets", "my-crawl-2-evaluation-sets"),
        ((), "2024.Лето", "emit", "corpus-2024-emit"),
        ((), "x" * 100, "count", "x" * 40 + "-count"),
    ],
)
def test_jobs_have_names_that_dataflow_takes(given: tuple[str, ...], corpus: str, step: str, expected: str) -> None:
    assert f"--job_name={expected}" in job_options([*OPTIONS, *given], corpus, step)


def test_other_runners_get_no_options_of_ours() -> None:
    assert job_options([], "align", "index") == job_options(["--runner=FlinkRunner"], "align", "index") == []


def test_a_package_or_image_of_ones_own_is_kept() -> None:
    assert any(word.startswith("--setup_file=") for word in job_options(OPTIONS, "align", "index"))
    for own in ("--setup_file=/x/setup.py", "--sdk_container_image=x", "--extra_package=x.tar.gz"):
        assert not any(word.startswith("--setup_file=") for word in job_options([*OPTIONS, own], "align", "index"))


def test_no_credentials_are_told_in_seconds(tmp_path: Path) -> None:
    """Three on an idle machine; Google's library would look for others for a minute and more."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("GOOGLE")}
    given = command("pipeline", "--input=gs://crawl-bucket/*.parquet", "--output=gs://crawl-bucket/out", *OPTIONS)
    environment = bare | {"HOME": str(tmp_path)}
    done = subprocess.run(given, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "gcloud auth application-default login" in done.stderr
