"""The settings of requests to storage: their limits, what is in force, and how many requests are under way."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, BinaryIO, cast

import pytest
from apache_beam.options.value_provider import RuntimeValueProvider
from apache_beam.portability.api import endpoints_pb2
from apache_beam.runners.worker import sdk_worker_main

from bench.counted_files import FILES, CountedFiles
from pipeline import remote
from pipeline.config import Config, Options, load_config
from pipeline.engines.choice import make_engine
from pipeline.engines.forked import ForkedWorker
from pipeline.engines.worker_options import for_forked_workers, for_workers
from pipeline.files import exists, read_bytes, read_many
from pipeline.identity import identity
from pipeline.inputs.folder import Folder
from pipeline.inputs.passed_over import find_passed_over
from pipeline.measure.eval_sets import EvalSets
from pipeline.remote import OPTION, Storage, in_force, request_pool, turn, use
from pipeline.settings import ConfigError
from tests.support.command import ROOT

GUARD = 60.0  # seconds; only a hang lasts as long
PATHS = [f"counted://data/{number}.json" for number in range(12)]


@pytest.fixture(autouse=True)
def defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_given", None)


@pytest.fixture
def objects() -> Iterator[None]:
    FILES.update(dict.fromkeys(PATHS, b"{}"))
    yield
    FILES.clear()


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("requests", ("1", "1000"), ("0", "-1", "1001", "1e9")),
        ("timeout", ("0.1", "3600"), ("0", "-1", "0.09", "3601")),
        ("retries", ("0", "100"), ("-1", "101")),
    ],
)
def test_settings_have_limits(name: str, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    for value in right:
        assert getattr(load_config("", [(f"storage.{name}", value)]).storage, name) == float(value)
    for value in wrong:
        with pytest.raises(ConfigError, match=rf"^storage.{name}: \S+ is not from [0-9.]+ to [0-9,]+$"):
            load_config("", [(f"storage.{name}", value)])


@pytest.mark.parametrize(("name", "value"), [("requests", "1.5"), ("timeout", "long"), ("retries", "inf")])
def test_settings_are_numbers(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^storage.{name}: .* is not a (whole )?number$"):
        load_config("", [(f"storage.{name}", value)])


def test_no_run_is_another_by_them() -> None:
    other = replace(Config(), storage=Storage(3, 5, 1))
    sets = EvalSets()
    assert identity(other, [], sets) == identity(Config(), [], sets)


def test_what_a_command_gives_is_in_force() -> None:
    assert in_force() == Storage()
    use(Options(Config(storage=Storage(3)), (), "", (), 1, False, ()).storage)
    assert in_force() == Storage(3)


def test_a_worker_has_the_settings_of_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the options that every engine gets for its jobs."""
    assert for_workers() == []
    use(Storage(3, 0.5, 0))
    options = make_engine(1, "").pipeline().options.get_all_options(drop_default=True)
    use(Storage())
    monkeypatch.setattr(remote, "_given", None)  # as in a process of a worker
    monkeypatch.setattr(RuntimeValueProvider, "runtime_options", json.loads(json.dumps(options)))
    assert in_force() == Storage(3, 0.5, 0)


def test_a_forked_worker_has_them() -> None:
    """A forked worker gets the settings by its environment alone, which Beam's worker reads."""
    use(Storage(3, 0.5, 0))
    found = SimpleNamespace(worker_id="1", control_api_service_descriptor=endpoints_pb2.ApiServiceDescriptor)
    given = ForkedWorker._environment(cast(ForkedWorker, found))["PIPELINE_OPTIONS"]
    assert Storage(**json.loads(sdk_worker_main._load_pipeline_options(given)[OPTION])) == Storage(3, 0.5, 0)
    use(Storage())
    assert for_forked_workers() == "{}"


@pytest.mark.parametrize("requests", [1, 4])
def test_a_pool_has_as_many_threads_as_requests(requests: int) -> None:
    """It starts a thread for a task where all others have one, up to its number."""
    use(Storage(requests))
    before, gate = threading.active_count(), threading.Event()
    with request_pool() as pool:
        for _ in range(9):
            pool.submit(gate.wait, GUARD)
        started = threading.active_count() - before
        gate.set()
    assert started == requests


def test_a_read_has_a_turn_where_a_request_is_free(objects: None, monkeypatch: pytest.MonkeyPatch) -> None:
    use(Storage(requests=2))
    asked = []

    def full(bucket: CountedFiles, path: str, **how: str) -> BinaryIO:
        asked.append([turns.acquire(blocking=False) for _ in range(2)])
        return io.BytesIO(b"")

    turns = cast(threading.BoundedSemaphore, turn())
    monkeypatch.setattr(CountedFiles, "open", full)
    read_bytes(PATHS[0])
    assert asked == [[True, False]]  # the read itself holds the other
    turns.release()


def test_no_other_pool_reads_storage() -> None:
    """Every pool of `pipeline/` is a `request_pool`, but for one thread that asks for buckets, at the start."""
    makers = {
        file.relative_to(ROOT / "pipeline").as_posix()
        for file in (ROOT / "pipeline").rglob("*.py")
        if "ThreadPoolExecutor(" in file.read_text()
    }
    assert makers == {"remote.py", "engines/google_cloud.py"}


class Busy:
    """Opens files of the bucket when `wanted` of them are being opened; `most` is how many ever were."""

    def __init__(self, wanted: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.most, self._lock = 0, 0, threading.Lock()
        self._together, self._open = threading.Barrier(wanted), CountedFiles.open
        monkeypatch.setattr(CountedFiles, "open", lambda bucket, path, **how: self.open(bucket, path))

    def open(self, bucket: CountedFiles, path: str) -> BinaryIO:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self._together.wait(GUARD)
        with self._lock:
            self.now -= 1
        return self._open(bucket, path)


def read_in_many_threads(paths: list[str]) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(read_bytes, paths))


def read_listed(paths: list[str]) -> None:
    list(Folder("counted://data").read([path.rpartition("/")[2] for path in paths]))


@pytest.mark.parametrize("reads", [read_many, find_passed_over, read_listed, read_in_many_threads])
@pytest.mark.parametrize("requests", [1, 4])
def test_as_many_requests_as_set_are_under_way(
    objects: None, monkeypatch: pytest.MonkeyPatch, reads: Callable[[list[str]], Any], requests: int
) -> None:
    """No fewer either: with fewer, the bucket would never answer."""
    use(Storage(requests))
    busy = Busy(requests, monkeypatch)
    reads(PATHS)
    assert busy.most == requests


@pytest.mark.parametrize("given", [{"timeout": 5}, {"retries": 1}])
def test_what_cant_be_told_to_a_filesystem_is_refused(objects: None, given: dict[str, int]) -> None:
    use(Storage(**given))
    ((name, value),) = given.items()
    with pytest.raises(ConfigError, match=rf"^storage.{name}: {value} can't be told to counted://, only to gs://"):
        exists(PATHS[0])
    use(Storage(requests=3))
    assert exists(PATHS[0])
