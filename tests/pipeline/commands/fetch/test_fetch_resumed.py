"""The same bytes for any number of workers, and after kills; what a finished part holds is never asked for again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.commands.fetch import run as fetch_run
from pipeline.files import Output
from tests.support.command import ROOT
from tests.support.fetch_runs import arguments, fetch, left, read_json, statuses, table
from tests.support.scripted_server import Script, Servers, Site, Wire, reply, slowly
from tests.support.two_runs import call

pytestmark = pytest.mark.slow(seconds=60)

PATIENCE = 300  # seconds; a guard against a test that hangs, far above what any takes
PROGRAM = """
import sys
from pipeline.commands.fetch import parts
parts.SECONDS = float(sys.argv.pop(1))
from pipeline.commands.corpus.cli import PIPELINE
PIPELINE.main(sys.argv[1:])
"""


def held_back(event: threading.Event) -> Script:
    """A picture that does not come before an event."""

    async def script(wire: Wire) -> bool:
        while not event.is_set():
            await asyncio.sleep(0.05)
        return await reply()(wire)

    return script


def until(is_so: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    """Waits for a state of a process that still runs."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def started(seconds: float, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a process group of its own, which is killed as a whole."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(seconds), *words],
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


def sites(servers: Servers, number: int, script: Script) -> list[Site]:
    """Hosts whose addresses, and so whose shards, are always the same."""
    scripts = {f"/{page}.jpg": script for page in range(100)}
    return [servers.site(scripts, host=f"127.79.0.{host}") for host in range(1, number + 1)]


def finished_urls(store: Path, urls: list[str]) -> set[str]:
    """The URLs whose answers are in finished parts of the only shard."""
    found: set[str] = set()
    for file in (store / "work" / "fetched" / "00000-0").glob("*.arrow"):
        found |= {urls[index] for index in pa.ipc.open_file(file.read_bytes()).read_all()["index"].to_pylist()}
    return found


def test_a_killed_fetch_goes_on_and_asks_for_no_finished_url_again(servers: Servers, tmp_path: Path) -> None:
    event = threading.Event()
    hosts = sites(servers, 3, slowly(reply(), 0.1))
    hosts[0].scripts["/last.jpg"] = held_back(event)
    urls = [host.url(f"/{number}.jpg") for number in range(25) for host in hosts] + [hosts[0].url("/last.jpg")]
    source, store = table(tmp_path / "urls.csv", [(url, "a kite") for url in urls]), tmp_path / "store"
    finished: set[str] = set()
    for most in (15, 40):  # two kills
        with started(0.0, *arguments(source, store, "--workers=1", "--fetch.per_host=1")) as process:
            until(lambda: len(finished_urls(store, urls)) >= most, process)  # noqa: B023 - called at once
        finished = finished_urls(store, urls)
        assert len(finished) < len(urls) and not (store / "funnel.json").exists()
        for host in hosts:
            host.asked.clear()
    event.set()
    fetch(source, store)
    again = {host.url(asked.path) for host in hosts for asked in host.asked}
    assert not again & finished and hosts[0].url("/last.jpg") in again
    assert read_json(store, "funnel.json")["asked"] == len(urls) - len(finished)
    assert left(store) == left(fetch(source, tmp_path / "undisturbed"))
    assert [row["status"] for row in statuses(store)] == ["ok"] * len(urls)


@pytest.fixture(scope="module")
def many(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Site]]:
    """600 rows of 12 hosts, which are two shards."""
    hosts = sites(servers, 12, reply())
    rows = [(host.url(f"/{number}.jpg"), f"kite {number}") for number in range(50) for host in hosts]
    return table(tmp_path_factory.mktemp("many") / "urls.csv", rows), hosts


@pytest.fixture(scope="module")
def undisturbed(many: tuple[Path, list[Site]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fetch(many[0], tmp_path_factory.mktemp("undisturbed") / "store")


def test_workers_and_the_order_of_answers_change_no_byte(
    many: tuple[Path, list[Site]], undisturbed: Path, tmp_path: Path
) -> None:
    source, hosts = many
    assert len(left(undisturbed)) == 4
    before = [dict(host.scripts) for host in hosts]
    for number, host in enumerate(hosts):
        paths = [*host.scripts][::7]
        host.scripts |= {path: slowly(reply(), 0.01 * (number % 5)) for path in paths}
    try:
        with started(20.0, *arguments(source, tmp_path / "store", "--workers=2")) as process:
            assert process.wait(PATIENCE) == 0
    finally:
        for host, scripts in zip(hosts, before, strict=True):
            host.scripts = scripts
    assert left(tmp_path / "store") == left(undisturbed)
    assert max(asked.busy for host in hosts for asked in host.asked) <= 2  # fetch.per_host, in whichever worker


def test_a_kill_with_two_workers_loses_no_finished_shard(
    many: tuple[Path, list[Site]], undisturbed: Path, tmp_path: Path
) -> None:
    source, hosts = many
    event, store = threading.Event(), tmp_path / "store"
    in_first = {row["url"] for row in statuses(undisturbed) if row["key"] in keys_of_first(undisturbed)}
    held = next(host for host in hosts if host.url("/7.jpg") in in_first)
    before = held.scripts["/7.jpg"]
    held.scripts["/7.jpg"] = held_back(event)
    try:
        with started(20.0, *arguments(source, store, "--workers=2")) as process:
            until(lambda: (store / "work" / "fetched" / "00001.json").exists(), process)
    finally:
        held.scripts["/7.jpg"] = before
        event.set()
    done = left(store)
    assert "images-00001-of-00002.tar" in done and "images-00000-of-00002.tar" not in done
    for host in hosts:
        host.asked.clear()
    with started(20.0, *arguments(source, store, "--workers=2")) as process:
        assert process.wait(PATIENCE) == 0
    assert {host.url(asked.path) for host in hosts for asked in host.pictures()} == in_first
    assert left(store) == left(undisturbed)


def keys_of_first(store: Path) -> set[str]:
    """The keys of the rows of a store's first shard."""
    return set(pq.read_table(min((store / "status").iterdir()))["key"].to_pylist())


class Interrupted(Exception):
    """Stands for a kill at this place."""


def interrupted(*_: object, **__: object) -> None:
    raise Interrupted


@pytest.mark.parametrize("place", ["finish", "turn_is_over"])
def test_a_kill_before_the_account_is_whole(
    place: str, many: tuple[Path, list[Site]], undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, hosts = many
    store = tmp_path / "store"
    with monkeypatch.context() as patched:
        patched.setattr(fetch_run, place, interrupted)
        assert call(*arguments(source, store, "--workers=1")) == 1
    for host in hosts:
        host.asked.clear()
    fetch(source, store)
    assert left(store) == left(undisturbed) and not [host for host in hosts if host.asked]
    assert (store / "report.html").exists() and not (store / "work" / "rows").exists()


def test_a_full_disk_is_said_and_the_same_command_goes_on(
    many: tuple[Path, list[Site]], undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, _ = many
    write = Output.write

    def full(output: Output, name: str) -> AbstractContextManager[BinaryIO]:
        if name.endswith(".tar"):
            raise OSError(28, f"No space left on device: can't write {output.path(name)}")
        return write(output, name)

    with monkeypatch.context() as patched:
        patched.setattr(Output, "write", full)
        assert call(*arguments(source, tmp_path / "store", "--workers=1")) == 1
    assert not (tmp_path / "store" / "report.html").exists()
    assert left(fetch(source, tmp_path / "store")) == left(undisturbed)


def test_parts_that_a_kill_left_are_removed(
    many: tuple[Path, list[Site]], undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill between the completion marker of a shard and the removal of its parts."""
    source, _ = many
    store, remove = tmp_path / "store", Output.remove

    def stops(output: Output, path: str) -> None:
        if "/work/fetched/0" in path:
            raise Interrupted
        remove(output, path)

    with monkeypatch.context() as patched:
        patched.setattr(Output, "remove", stops)
        assert call(*arguments(source, store, "--workers=1")) == 1
    fetch(source, store)
    assert left(store) == left(undisturbed)
    assert not [path for path in (store / "work" / "fetched").iterdir() if path.is_dir()]
