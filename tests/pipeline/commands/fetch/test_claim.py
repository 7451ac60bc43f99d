"""Which fetch a folder holds: the same resumes, another is refused, and a turn is finished before the next begins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.fetch.claim import ASKED, TURN, claim, next_turn, turn_is_over
from pipeline.files import Output, read_bytes
from pipeline.identity import FUNNEL, MANIFEST, REPORT, OtherRun
from pipeline.inputs import InputError

NONE: frozenset[str] = frozenset()
FAILED = frozenset({"timeout", "dns"})
THIS: dict[str, Any] = {"format": 1, "run": "a digest", "fetch": {"robots": True, "opt_out": ("noai",)}}
RUDE = THIS | {"fetch": {"robots": False, "opt_out": ("noai",)}}
OTHER = THIS | {"run": "another digest"}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(str(tmp_path))


def begin(output: Output, this: dict[str, Any] = THIS, retry: frozenset[str] = NONE) -> None:
    assert not claim(output, this, False, retry)
    output.write_bytes(ASKED, b"")


def finish(output: Output, this: dict[str, Any] = THIS) -> None:
    """Writes the files that the end of a turn leaves."""
    turn = next_turn(output)
    output.write_bytes(FUNNEL, b"{}")
    output.write_bytes(MANIFEST, json.dumps(this | {"turn": turn}).encode())
    output.write_bytes(REPORT, b"")
    turn_is_over(output)


def turn(output: Output) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_bytes(output.path(TURN)))
    return found


def test_an_empty_folder_is_claimed_and_the_same_fetch_resumes(output: Output) -> None:
    begin(output)
    assert turn(output) == {"turn": 0, "retry": []}
    assert not claim(output, THIS, False, NONE)


def test_a_finished_fetch_has_nothing_left_to_do(output: Output) -> None:
    begin(output)
    finish(output)
    assert claim(output, THIS, False, NONE)
    assert not output.has(TURN)


def test_another_fetch_is_refused(output: Output) -> None:
    begin(output)
    for _ in range(2):
        for retry in (NONE, FAILED):
            with pytest.raises(OtherRun, match=r"holds another run, which differs in run; --overwrite replaces it$"):
                claim(output, OTHER, False, retry)
        if not output.has(FUNNEL):
            finish(output)


def test_settings_may_change_before_anything_is_asked_for(output: Output) -> None:
    assert not claim(output, THIS, False, NONE)
    begin(output, RUDE)
    assert not claim(output, RUDE, False, NONE)
    with pytest.raises(OtherRun, match=r"differs in fetch\.robots;"):
        claim(output, THIS, False, NONE)


def test_a_finished_fetch_keeps_its_settings_but_a_retry_may_have_others(output: Output) -> None:
    begin(output)
    finish(output)
    with pytest.raises(OtherRun, match=r"differs in fetch\.robots;"):
        claim(output, RUDE, False, NONE)
    begin(output, RUDE, FAILED)
    finish(output, RUDE)
    assert claim(output, RUDE, False, NONE)


def test_a_retry_needs_a_fetch(output: Output) -> None:
    with pytest.raises(InputError, match=r"holds no fetch; the command without --retry makes one$"):
        claim(output, THIS, False, FAILED)


def test_an_unfinished_fetch_is_finished_before_a_retry(output: Output) -> None:
    begin(output)
    with pytest.raises(OtherRun, match=r"holds an unfinished fetch: finish it without --retry first$"):
        claim(output, THIS, False, FAILED)


def test_each_retry_is_a_turn_that_is_finished_first(output: Output) -> None:
    begin(output)
    finish(output)
    for number in (1, 2):
        begin(output, THIS, FAILED)
        assert turn(output) == {"turn": number, "retry": ["dns", "timeout"]}
        for other in (NONE, FAILED | {"gone"}):
            with pytest.raises(OtherRun, match=r"finish it with --retry=dns,timeout first$"):
                claim(output, THIS, False, other)
        assert not claim(output, THIS, False, FAILED)  # after a kill
        assert next_turn(output) == number
        finish(output)


def test_overwrite_begins_from_the_start(output: Output) -> None:
    begin(output)
    output.write_bytes("images-00000-of-00001.tar", b"old")
    output.write_bytes("status/00000-of-00001.parquet", b"old")
    finish(output)
    assert not claim(output, OTHER, True, NONE)
    assert turn(output)["turn"] == 0
    assert not any(map(output.has, (FUNNEL, MANIFEST, ASKED, "images-00000-of-00001.tar", "status")))


def test_overwrite_and_retry_are_one_too_many(output: Output) -> None:
    with pytest.raises(InputError, match=r"^--retry and --overwrite: give one of them$"):
        claim(output, THIS, True, FAILED)


def test_files_of_an_unknown_run_are_refused(output: Output) -> None:
    output.write_bytes(FUNNEL, b"{}")
    with pytest.raises(OtherRun, match=r"holds files of an unknown run, such as [^;]+; --overwrite replaces it$"):
        claim(output, THIS, False, NONE)


def test_a_kill_before_the_first_turn_is_written(output: Output) -> None:
    begin(output)
    output.remove(output.path(ASKED))
    turn_is_over(output)  # as if it had never begun
    assert not claim(output, THIS, False, NONE)
    assert turn(output) == {"turn": 0, "retry": []}
