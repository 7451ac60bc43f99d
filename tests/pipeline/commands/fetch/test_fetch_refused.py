"""Refusals of a fetch: one line each, before anything is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.commands.fetch import outlook
from tests.support.command import ROOT
from tests.support.fetch_runs import arguments, fetch, statuses, table
from tests.support.scripted_server import Servers, Site, reply
from tests.support.two_runs import QUIET, call, corpus

pytestmark = pytest.mark.slow(seconds=40)

CAPTION = "a red kite over the hill"
WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from pipeline.commands.corpus.cli import PIPELINE
PIPELINE.main(sys.argv[1:])
"""


@pytest.fixture
def site(servers: Servers) -> Site:
    return servers.site({"/a.jpg": reply()})


@pytest.fixture
def source(site: Site, tmp_path: Path) -> Path:
    return table(tmp_path / "urls.csv", [(site.url("/a.jpg"), CAPTION)])


def refused(capsys: pytest.CaptureFixture[str], code: int, *words: str | Path) -> str:
    """The only line of the command, which ends with this code."""
    capsys.readouterr()
    assert call(*words, "--workers=1") == code
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("pipeline: ")]
    assert len(lines) == 1
    return lines[0]


def test_hosts_of_others_need_a_contact(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(site.url("/a.jpg"), CAPTION), ("http://pictures.invalid/a.jpg", CAPTION)]
    source, store = table(tmp_path / "urls.csv", rows), tmp_path / "store"
    line = refused(capsys, 2, *arguments(source, store))
    assert line.startswith("pipeline: fetch.contact: empty; hosts such as pictures.invalid need a URL or an address")
    assert site.asked == [] and not (store / "work" / "asked").exists() and not (store / "status").exists()


def test_loopback_hosts_need_none(servers: Servers, tmp_path: Path) -> None:
    assert outlook.is_loopback("127.3.4.5") and outlook.is_loopback("localhost") and outlook.is_loopback("[::1]")
    for host in ("127.0.0.1.example.org", "10.0.0.1", "localhost.example.org", "[::2]", "example.org"):
        assert not outlook.is_loopback(host)


def test_the_contact_is_sent(site: Site, source: Path, tmp_path: Path) -> None:
    fetch(source, tmp_path / "store", "--fetch.contact=https://example.org/crawl")
    assert {asked.headers["user-agent"].partition("/")[0] for asked in site.asked} == {"align-corpus"}
    assert all(asked.headers["user-agent"].endswith(" (+https://example.org/crawl)") for asked in site.asked)


@pytest.mark.parametrize("package", ["pycurl", "ada_url", "protego"])
@pytest.mark.parametrize("way", ["output", "list"])
def test_a_missing_package_is_one_line(package: str, way: str, source: Path, tmp_path: Path) -> None:
    words = ["fetch", str(source), f"--{way}={tmp_path / 'out'}", "--workers=1", "--fetch.allow_private=true"]
    command = [sys.executable, "-c", WITHOUT, package, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    if way == "list" and not done.returncode:
        return  # a list needs no downloader
    assert done.returncode == 2
    assert done.stderr == f"pipeline: fetch: needs the package {package}: pip install 'align-corpus[crawl]'\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (None, 2, "no file matches"),
        ("text,lang\na kite,en\n", 1, "url"),
        ("url,text\n", 2, "no row to fetch"),
        ("", 1, "urls.csv"),
        ("url,text\nhttp://127.0.0.1/a,a,b,c,d\n", 1, "urls.csv"),
    ],
)
def test_tables_that_give_no_rows(
    content: str | None, code: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "urls.csv").write_text(content)
    assert says in refused(capsys, code, *arguments(tmp_path / "urls.csv", tmp_path / "store"))
    assert not (tmp_path / "store" / "report.html").exists()


def test_a_store_is_no_source_and_no_run_of_counts(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = fetch(source, tmp_path / "store")
    line = refused(capsys, 2, *arguments(store, tmp_path / "other"))
    assert f"{store} is a store of fetch: give the run" in line
    assert "is a store of fetch" in refused(capsys, 2, "fetch", store, f"--list={tmp_path / 'list.parquet'}")
    line = refused(capsys, 2, f"--input={source}", f"--output={tmp_path / 'run'}", f"--counts={store}")
    assert line == f"pipeline: counts: {store} holds no finished run of python -m pipeline"


def test_an_unfinished_run_is_no_source(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = corpus(source, tmp_path / "run")
    for name in ("report.html", "manifest.json", "funnel.json"):
        (run / name).unlink()
        (run / "work").mkdir(exist_ok=True)
        (run / "work" / "run.json").write_text("{}")
        line = refused(capsys, 2, *arguments(run, tmp_path / "store"))
        assert line.startswith(f"pipeline: {run} holds no finished run of python -m pipeline")


def test_a_run_that_kept_nothing(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = corpus(table(tmp_path / "urls.csv", [(site.url("/a.jpg"), "short")]), tmp_path / "run")
    assert refused(capsys, 2, *arguments(run, tmp_path / "store")).endswith(
        "no row to fetch; of a run these are its kept pairs"
    )


def test_the_output_of_a_run_is_no_store(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = corpus(source, tmp_path / "run")
    before = sorted(path.name for path in run.iterdir())
    for more in ((), ("--retry=failed",)):
        assert "holds another run, which differs in fetch;" in refused(capsys, 2, *arguments(source, run, *more))
    assert sorted(path.name for path in run.iterdir()) == before
    assert call(f"--input={source}", f"--output={run}", *QUIET) == 0


def test_an_unfinished_run_is_no_store(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = corpus(source, tmp_path / "run")
    held = (run / "manifest.json").read_text()
    for name in ("report.html", "manifest.json", "funnel.json"):
        (run / name).unlink()
    (run / "work").mkdir(exist_ok=True)
    (run / "work" / "run.json").write_text(held)
    assert "holds another run, which differs in fetch;" in refused(capsys, 2, *arguments(source, run))
    assert (run / "work" / "run.json").read_text() == held


def test_a_store_is_no_output_of_a_run(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = fetch(source, tmp_path / "store")
    assert "holds another run" in refused(capsys, 2, f"--input={source}", f"--output={store}")
    assert statuses(store)


@pytest.mark.parametrize(
    ("hosts", "says"),
    [
        (None, "fetch.hosts"),
        ("127.0.0.1, 0, 1\n", "line 1: '0' is no number of connections"),
        ("# fine\nexample.org\n", "line 2: 'example.org' is not HOST, CONNECTIONS, DELAY"),
    ],
)
def test_tables_of_hosts(
    hosts: str | None, says: str, site: Site, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "hosts.csv"
    if hosts is not None:
        file.write_text(hosts)
    line = refused(capsys, 2, *arguments(source, tmp_path / "store", f"--fetch.hosts={file}"))
    assert says in line and str(file) in line and site.asked == []


def test_a_store_in_use_is_held(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pipeline.storage.lock import locked

    with locked(str(tmp_path / "store")):
        refused(capsys, 1, *arguments(source, tmp_path / "store"))


def test_hosts_that_take_long_are_listed_first(
    servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts = [servers.site({}) for _ in range(2)]
    rows = [(host.url(f"/{n}"), CAPTION) for number, host in enumerate(hosts) for n in range(1 + 4 * number)]
    fetch(table(tmp_path / "urls.csv", rows), tmp_path / "store")
    lines = [line for line in capsys.readouterr().err.splitlines() if ", about " in line]
    names = [host.origin.split("/")[2].rpartition(":")[0] for host in hosts]
    assert lines == [f"  {names[1]}: 5 URLs, about 1 s", f"  {names[0]}: 1 URL, about 0 s"]


def test_a_retry_needs_a_contact_too(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(site.url("/a.jpg"), CAPTION), ("http://pictures.invalid/a.jpg", CAPTION)]
    source = table(tmp_path / "urls.csv", rows)
    store = fetch(source, tmp_path / "store", "--fetch.contact=me@example.org", "--fetch.tries=1")
    line = refused(capsys, 2, *arguments(source, store, "--retry=dns"))
    assert line.startswith("pipeline: fetch.contact: empty; hosts such as pictures.invalid need a URL or an address")
    assert call(*arguments(source, store, "--retry=dns", "--fetch.contact=me@example.org"), "--workers=1") == 0


def test_an_unfinished_retry_is_named(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = fetch(source, tmp_path / "store")
    (store / "work" / "turn.json").write_text('{"turn": 1, "retry": ["gone"]}')
    line = refused(capsys, 2, *arguments(source, store, "--fetch.max_bytes=9000"))
    assert line.endswith("holds an unfinished fetch: finish it with --retry=gone first")


@pytest.mark.parametrize("kind", ["input", "in the run", "there"])
def test_a_list_replaces_nothing(kind: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = corpus(source, tmp_path / "run")
    target = {"input": source, "in the run": run / "manifest.json", "there": tmp_path / "mine.parquet"}[kind]
    target.touch()
    before = target.read_bytes()
    given = source if kind == "input" else run
    said = refused(capsys, 2, "fetch", given, f"--list={target}")
    assert target.read_bytes() == before and ("lies in the input" in said or "--overwrite replaces it" in said)
    code = 0 if kind == "there" else 2
    assert call("fetch", given, f"--list={target}", "--overwrite", "--workers=1") == code
    assert (target.read_bytes() == before) == (kind != "there")


def test_a_package_that_cannot_be_loaded_is_one_line(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pycurl beside another libcurl."""
    (tmp_path / "pycurl.py").write_text("raise ImportError('link-time version is older than compile-time version')\n")
    monkeypatch.syspath_prepend(tmp_path)
    for module in [name for name in sys.modules if name == "pycurl" or name == "crawl.fetching.loop"]:
        monkeypatch.delitem(sys.modules, module)
    line = refused(capsys, 2, *arguments(source, tmp_path / "store"))
    assert line == "pipeline: fetch: link-time version is older than compile-time version"
