"""Checkpoints: what is in a finished part is never lost, and what is in none is asked for again."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawl.fetching.answers import Answer
from pipeline.commands.fetch import parts
from pipeline.commands.fetch.parts import Parts, PartWriter, part_names
from pipeline.files import Output

FOLDER = "work/fetched/00000-0"
GONE = Answer("gone", 404, "http://a.org/b", 1)


def picture(content: bytes) -> Answer:
    return Answer("ok", 200, None, 2, len(content), f"sha256 of {len(content)}", "jpg")


class Killed(BaseException):
    """Stands for the end of the process: nothing is closed."""


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(str(tmp_path))


def test_answers_and_bodies_of_several_parts(output: Output) -> None:
    bodies = {index: bytes([index]) * (index + 1) for index in range(0, 40, 3)}
    with PartWriter(output, FOLDER) as writer:
        for index in range(40):
            body = bodies.get(index)
            writer.add(index, GONE if body is None else picture(body), body)
            if index % 7 == 6:
                writer.close()
    assert len(part_names(output, FOLDER)) == 6
    with Parts(output, FOLDER) as found:
        assert all(index in found for index in range(40)) and 40 not in found
        for index in range(40):
            body = bodies.get(index)
            assert found.answer(index) == (GONE if body is None else picture(body))
            assert body is None or found.body(index) == body


@given(bodies=st.lists(st.none() | st.binary(min_size=1, max_size=9), max_size=12), every=st.integers(1, 5))
def test_any_sizes_of_parts_hold_the_same(
    bodies: list[bytes | None], every: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    output = Output(str(tmp_path_factory.mktemp("out")))
    with PartWriter(output, FOLDER) as writer:
        for index, body in enumerate(bodies):
            writer.add(index, picture(body) if body else GONE, body)
            if index % every == 0:
                writer.close()
    with Parts(output, FOLDER) as found:
        assert [found.body(index) if body else None for index, body in enumerate(bodies)] == bodies


def test_a_part_without_answers_leaves_no_file(output: Output) -> None:
    with PartWriter(output, FOLDER) as writer:
        writer.close()
    assert part_names(output, FOLDER) == []
    with Parts(output, FOLDER) as found:
        assert 0 not in found


def test_an_error_closes_the_part(output: Output) -> None:
    with pytest.raises(KeyboardInterrupt), PartWriter(output, FOLDER) as writer:
        writer.add(3, picture(b"body"), b"body")
        raise KeyboardInterrupt
    with Parts(output, FOLDER) as found:
        assert found.body(3) == b"body"


def test_a_kill_between_bodies_and_table_loses_this_part_alone(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = PartWriter(output, FOLDER)
    writer.add(0, picture(b"first"), b"first")
    writer.close()
    writer.add(1, picture(b"second"), b"second")
    with monkeypatch.context() as patched:
        patched.setattr(parts.pa.ipc, "new_file", killed)
        with pytest.raises(Killed):
            writer.close()
    assert (Path(output.root) / FOLDER / "000001.bodies").read_bytes() == b"second"
    with Parts(output, FOLDER) as found:
        assert 0 in found and 1 not in found
    with PartWriter(output, FOLDER) as resumed:  # and writes over what is left of the lost one
        resumed.add(1, picture(b"again"), b"again")
    with Parts(output, FOLDER) as found:
        assert (found.body(0), found.body(1)) == (b"first", b"again")


def killed(*_: object) -> None:
    raise Killed


def test_a_kill_before_the_first_part_ends(output: Output) -> None:
    writer = PartWriter(output, FOLDER)
    writer.add(0, picture(b"lost"), b"lost")
    del writer
    with Parts(output, FOLDER) as found:
        assert 0 not in found


def test_a_part_ends_with_its_time(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 19.0, 20.5, 20.5, 30.0, 41.0, 41.0])
    monkeypatch.setattr(parts, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    writer = PartWriter(output, FOLDER)
    writer.add(0, GONE, None)
    writer.tick()
    assert part_names(output, FOLDER) == []
    writer.tick()
    assert len(part_names(output, FOLDER)) == 1
    writer.tick()  # nothing new: no clock is read, and no part written
    writer.add(1, GONE, None)
    writer.tick()
    assert len(part_names(output, FOLDER)) == 1
    writer.tick()
    assert len(part_names(output, FOLDER)) == 2


def test_a_part_ends_with_its_size(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MOST_BYTES", 10)
    with PartWriter(output, FOLDER) as writer:
        for index in range(6):
            writer.add(index, picture(b"12345"), b"12345")
        assert len(part_names(output, FOLDER)) == 2


def test_the_later_part_counts_for_a_url_in_two(output: Output) -> None:
    for content in (b"before", b"after"):
        with PartWriter(output, FOLDER) as writer:
            writer.add(7, picture(content), content)
    with Parts(output, FOLDER) as found:
        assert found.body(7) == b"after"
