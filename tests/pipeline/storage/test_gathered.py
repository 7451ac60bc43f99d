"""Completion markers of pass 1 in few files: the same plan from fewer requests."""

from __future__ import annotations

from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from bench.counted_files import FILES, REQUESTS, ROOT
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.index import IndexInputs
from pipeline.inputs import Input, Source, find_sources
from pipeline.storage import gathered
from pipeline.storage.gathered import FOLDER, blocks, gather, read_markers
from pipeline.storage.plan import INDEX_FOLDER, make_plan


def write_notes(output: Output, files: list[int]) -> list[dict[str, int]]:
    notes = [{"file": number, "first": first} for number in files for first in (0, 500)]
    for note in notes:
        name = f"{INDEX_FOLDER}/{note['file']:06d}-{note['first']:012d}"
        output.write_bytes(f"{name}.json", str(note).replace("'", '"').encode())
        output.write_bytes(f"{name}.arrow", b"")
    return notes


def test_more_files_than_a_block_are_gathered() -> None:
    assert [len(blocks(files)) for files in (0, 1000, 1001, 2000, 2001)] == [0, 0, 2, 2, 3]


@pytest.mark.parametrize("files", [[998, 1000, 2001], [100_000, 999_999, 1_000_000]])
def test_gathered_markers_are_those_of_the_folder(files: list[int]) -> None:
    output = Output(f"{ROOT}{files[0]}")
    notes = write_notes(output, files)
    for block in {file // 1000 for file in files}:
        gather(block, output, INDEX_FOLDER)
    output.remove(output.path(f"{FOLDER}/{files[0] // 1000:06d}.json"))  # its markers are read by themselves
    REQUESTS.clear()
    found = read_markers(output, INDEX_FOLDER)
    alone = sum(note["file"] // 1000 == files[0] // 1000 for note in notes)
    assert REQUESTS["open"] == alone + len({file // 1000 for file in files}) - 1
    assert sorted(found, key=lambda note: (note["file"], note["first"])) == notes
    FILES.clear()


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.csv").write_text(f"url,text\na{number},one\nb{number},two\n")
    return find_sources([f"{tmp_path}/in/*.csv"])


def test_the_first_pass_gathers_its_markers(
    tmp_path: Path, sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "BLOCK_DIGITS", 0)
    plans = []
    for name, files in (("one", 0), ("three", len(sources))):
        output = Output(str(tmp_path / name))
        with beam.Pipeline(runner=FnApiRunner()) as root:
            root | "Sources" >> beam.Create(sources) | IndexInputs(output, Input(), Meter(None), files=files)
        plans.append(make_plan(output, sources, skip_bad=False))
        assert len(output.names(FOLDER)) == files
    assert plans[0] == plans[1]
    assert plans[0].pairs == 6
