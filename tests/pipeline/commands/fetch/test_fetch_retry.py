"""--retry: URLs are asked again by their status, images that are there stay, and other shards are left alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.commands.fetch import run as fetch_run
from pipeline.commands.fetch import shard
from tests.support.fetch_runs import arguments, fetch, images, left, read_json, statuses, table, tars
from tests.support.scripted_server import Script, Servers, Site, reply
from tests.support.two_runs import call

pytestmark = [pytest.mark.slow(seconds=40), pytest.mark.usefixtures("quick", "eight_shards")]

DOWN, GONE = reply(b"", 503), reply(b"", 404)
PICTURES = [b"GIF89a" + bytes([number]) * 900 for number in range(10)]


@pytest.fixture
def eight_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_run, "shards_for", lambda _: 8)


@pytest.fixture
def hosts(servers: Servers) -> list[Site]:
    """Ten hosts, always in the same shards: each has a picture that is down, one that is there, one that is gone."""
    scripts: Mapping[str, Script] = {"/down.gif": DOWN, "/gone.gif": GONE}
    return [
        servers.site({**scripts, "/there.gif": reply(content)}, host=f"127.78.0.{number}")
        for number, content in enumerate(PICTURES, 1)
    ]


@pytest.fixture
def source(hosts: list[Site], tmp_path: Path) -> Path:
    paths = ("/down.gif", "/there.gif", "/gone.gif", "/down.gif")
    return table(tmp_path / "urls.csv", [(host.url(path), f"a kite {path}") for path in paths for host in hosts])


@pytest.fixture
def store(source: Path, tmp_path: Path) -> Path:
    return fetch(source, tmp_path / "store")


def recover(*hosts: Site) -> None:
    for host in hosts:
        host.scripts["/down.gif"] = reply(b"GIF87a" + host.origin.encode())


def forget(hosts: list[Site]) -> None:
    for host in hosts:
        host.asked.clear()


def shard_of(store: Path, host: Site) -> str:
    """The name of the tar that has the pictures of a host."""
    for file in tars(store):
        if host.origin.encode() + b"/" in file.read_bytes():
            return file.name
    raise AssertionError


def states(store: Path) -> dict[str, tuple[int, int]]:
    """Marks of a file that change when it is written again."""
    return {file.name: (file.stat().st_mtime_ns, file.stat().st_ino) for file in tars(store)}


def test_the_statuses_before(store: Path) -> None:
    assert {row["status"] for row in statuses(store) if "down" in row["url"]} == {"http_5xx"}
    assert len(images(store)) == len(PICTURES) and len(tars(store)) == 8


def test_a_retry_gets_what_is_there_now_and_writes_only_its_shard(hosts: list[Site], source: Path, store: Path) -> None:
    before, old = states(store), images(store)
    recover(hosts[3])
    forget(hosts)
    fetch(source, store, "--retry=failed")
    changed = {name for name, state in states(store).items() if state != before[name]}
    assert changed == {shard_of(store, hosts[3])}
    found = images(store)
    assert {key: found[key] for key in old} == old
    new = [sample for key, sample in found.items() if key not in old]
    assert len(new) == 2 and {sample["fields"]["url"] for sample in new} == {hosts[3].url("/down.gif")}
    assert {asked.path for host in hosts for asked in host.pictures()} == {"/down.gif"}
    assert read_json(store, "manifest.json")["turn"] == 1


def test_in_the_end_the_tars_are_those_of_servers_that_never_failed(
    hosts: list[Site], source: Path, store: Path, tmp_path: Path
) -> None:
    for part in (hosts[:4], hosts[4:]):
        recover(*part)
        fetch(source, store, "--retry=http_5xx,timeout")
    at_once = fetch(source, tmp_path / "at once")
    assert [file.read_bytes() for file in tars(store)] == [file.read_bytes() for file in tars(at_once)]
    told = ({row["key"]: row for row in statuses(place)} for place in (store, at_once))
    assert next(told) == next(told)
    manifest, funnel = read_json(store, "manifest.json"), read_json(store, "funnel.json")
    assert manifest["turn"] == 2 and [shard["tar_sha256"] for shard in manifest["shards"]] == [
        left(store)[file.name] for file in tars(store)
    ]
    again = read_json(at_once, "funnel.json")
    assert {name: funnel[name] for name in funnel if name not in ("seconds", "asked")} == {
        name: again[name] for name in again if name not in ("seconds", "asked")
    }


def test_statuses_that_were_not_named_are_not_asked_for(hosts: list[Site], source: Path, store: Path) -> None:
    recover(*hosts)
    forget(hosts)
    before, held = states(store), left(store)
    fetch(source, store, "--retry=timeout,dns")
    assert states(store) == before and left(store) == held
    assert not [asked for host in hosts for asked in host.asked]
    assert read_json(store, "funnel.json")["asked"] == 0
    fetch(source, store, "--retry=gone")
    assert {asked.path for host in hosts for asked in host.pictures()} == {"/gone.gif"}


def test_a_retry_that_was_stopped_goes_on(
    hosts: list[Site], source: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recover(*hosts)
    whole = fetch(source, tmp_path / "whole")
    calls, summary = iter(range(100)), shard.summary

    def stops(*given: object) -> object:
        if next(calls) == 3:
            raise RuntimeError("stopped")
        return summary(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(shard, "summary", stops)  # after images and statuses of a shard, before its marker
        assert call(*arguments(source, store, "--workers=1", "--retry=failed")) == 1
    answered = {row["url"] for row in statuses(store) if row["status"] == "ok" and "down" in row["url"]}
    assert 0 < len(answered) < len(hosts)
    forget(hosts)
    fetch(source, store, "--retry=failed")
    assert not answered & {host.url(asked.path) for host in hosts for asked in host.asked}
    assert [file.read_bytes() for file in tars(store)] == [file.read_bytes() for file in tars(whole)]
    assert {row["key"]: row for row in statuses(store)} == {row["key"]: row for row in statuses(whole)}


def test_another_command_before_an_unfinished_retry_is_refused(
    source: Path, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(fetch_run, "finish", lambda *_: 1 / 0)
        assert call(*arguments(source, store, "--workers=1", "--retry=http_5xx")) == 1
    capsys.readouterr()
    assert call(*arguments(source, store, "--workers=1")) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith("finish it with --retry=http_5xx first")
    assert call(*arguments(source, store, "--workers=1", "--retry=http_5xx")) == 0
    assert call(*arguments(source, store, "--workers=1")) == 0


def test_a_retry_may_be_more_patient(hosts: list[Site], source: Path, store: Path) -> None:
    """Settings of pace are no part of a fetch, and a retry may change the others too."""
    recover(*hosts)
    fetch(source, store, "--retry=failed", "--fetch.tries=3", "--fetch.robots=false")
    assert read_json(store, "manifest.json")["settings"]["tries"] == 3
    assert {row["status"] for row in statuses(store)} == {"ok", "gone"}
