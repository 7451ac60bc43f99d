"""A half-removed run and a marker without its file do not affect the next command."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from pipeline.files import Output
from pipeline.identity import MANIFEST, METADATA, OVERWRITTEN, OtherRun, claim
from pipeline.inputs import InputError
from pipeline.outputs.card.corpus import CARD, CROISSANT
from pipeline.storage.markers import forget_lost
from pipeline.storage.overwriting import REMOVING, make_room
from tests.conftest import Rerun, Runs
from tests.support.command import result
from tests.support.crawl import Crawl

RUN = {"config": {"name": "a"}}


class Killed(BaseException):
    """In place of a signal."""


def finished_run(folder: Path) -> Output:
    """A run as `claim` knows it: two shards, what is said of them, and work."""
    output = Output(str(folder))
    shards = [{"name": f"a-0000{number}-of-00002"} for number in range(2)]
    for shard in shards:
        output.write_bytes(f"corpus/{shard['name']}.tfrecord", b"records")
        output.write_bytes(f"verdicts/{shard['name']}.parquet", b"verdicts")
        output.write_bytes(f"work/emitted/{shard['name']}.json", b"{}")
    for name in METADATA:
        output.write_bytes(name, b"{}")
    output.write_bytes("work/run.json", json.dumps(RUN).encode())
    output.write_bytes("funnel.json", b"{}")
    output.write_bytes("manifest.json", json.dumps(RUN | {"shards": shards}).encode())
    for name in (CARD, CROISSANT, "report.html"):
        output.write_bytes(name, b"page")
    return output


def left(output: Output) -> list[str]:
    return sorted(str(path.relative_to(output.root)) for path in Path(output.root).rglob("*") if path.is_file())


def removal_killed_after(output: Output, removals: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Returns whether an --overwrite was killed after this many deleted files."""
    real, done = os.unlink, 0

    def unlink(*arguments: object, **more: object) -> None:
        nonlocal done
        if done == removals:
            raise Killed
        done += 1
        real(*arguments, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", unlink)
        patched.setattr(os, "remove", unlink)
        try:
            make_room(output, OVERWRITTEN, overwrite=True)
        except Killed:
            return True
    return False


def test_a_removal_that_was_killed_anywhere_is_finished_by_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removals = 0
    while removal_killed_after(output := finished_run(tmp_path / str(removals)), removals, monkeypatch):
        other = {"config": {"name": "b"}} if removals % 2 else RUN  # this run goes on, or another comes
        assert not claim(output, other, overwrite=False)
        assert left(output) == ["work/run.json"]
        removals += 1
    assert removals == 15  # fourteen files, and the marker
    assert left(output) == []


def test_without_a_removal_another_run_is_refused_and_a_finished_one_stays(tmp_path: Path) -> None:
    output = finished_run(tmp_path)
    before = left(output)
    assert claim(output, RUN, overwrite=False)
    with pytest.raises(OtherRun):
        claim(output, {"config": {"name": "b"}}, overwrite=False)
    assert left(output) == before


@pytest.mark.parametrize(
    "name",
    ["corpus/a-00001-of-00002.tfrecord", "verdicts/a-00000-of-00002.parquet", *METADATA, MANIFEST, CARD, CROISSANT],
)
def test_a_finished_run_that_lost_a_shard_is_not_finished(tmp_path: Path, name: str) -> None:
    output = finished_run(tmp_path)
    output.remove(output.path(name))
    assert not claim(output, RUN, overwrite=False)


@pytest.mark.parametrize("name", [CARD, CROISSANT])
def test_a_page_of_the_users_own_is_named_and_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(OtherRun, match=f"such as {name}; --overwrite replaces it"):
        claim(Output(str(tmp_path)), RUN, overwrite=False)
    assert (tmp_path / name).read_text() == "mine"


def test_work_of_a_run_that_cannot_be_told_is_not_believed(tmp_path: Path) -> None:
    output = Output(str(tmp_path))
    output.write_bytes("work/index/done", b"[]")
    assert not claim(output, RUN, overwrite=False)
    assert left(output) == ["work/run.json"]


@pytest.mark.slow
def test_a_model_that_is_half_removed_is_none(tmp_path: Path) -> None:
    from pipeline.commands.train.material import load_model

    Output(str(tmp_path)).write_bytes(REMOVING, b"")
    with pytest.raises(InputError, match="is half removed by --overwrite"):
        load_model(str(tmp_path))


def test_a_local_path_is_no_glob_when_it_is_removed(tmp_path: Path) -> None:
    """To Beam it is one, and so `--output=run*` would remove the corpora of others."""
    for name in ("run*", "run1", "a[1]", "a1"):
        (tmp_path / name / "corpus").mkdir(parents=True)
    for name in ("run*", "a[1]"):
        make_room(Output(str(tmp_path / name)), ["corpus"], overwrite=True)
    assert [(tmp_path / name / "corpus").exists() for name in ("run*", "run1", "a[1]", "a1")] == [False, True] * 2


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "mine").write_bytes(b"")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "corpus").symlink_to(tmp_path / "disk")
    (tmp_path / "out" / "verdicts").symlink_to(tmp_path / "nowhere")
    make_room(Output(str(tmp_path / "out")), ["corpus", "verdicts"], overwrite=True)
    assert os.listdir(tmp_path / "out") == ["work"]
    assert (tmp_path / "disk" / "mine").exists()


def test_markers_are_forgotten_with_one_listing_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output, listed = Output(str(tmp_path)), []
    for name in ("a/1", "a/2", "b/1", "b/2", "work/1", "work/2", "work/3"):
        output.write_bytes(name, b"")
    names = Output.names
    monkeypatch.setattr(Output, "names", lambda self, folder: listed.append(folder) or names(self, folder))
    forget_lost(output, {f"work/{n}": [f"a/{n}", f"b/{n}"] for n in range(5)})
    assert names(output, "work") == ["work/1", "work/2", "work/tmp"]
    assert sorted(listed) == ["a", "b", "work"]


@pytest.mark.slow
def test_a_finished_run_makes_what_was_lost_again(crawl: Crawl, corpus_of: Runs, again: Rerun, tmp_path: Path) -> None:
    finished = corpus_of()
    shutil.copytree(finished.output, tmp_path / "out")
    lost = ("corpus/*-00001-of-*", "verdicts/*-00002-of-*", "work/examples/*-00003-of-*", "work/emitted/*-00004-of-*")
    files = [next((tmp_path / "out").glob(name)) for name in lost]
    for file in files:
        file.unlink()
    assert result(again(crawl).output) == result(finished.output)
    assert all(file.exists() for file in files)
