"""Small files of many tasks in few files: the same contents, in the same order, from fewer requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from bench.counted_files import FILES, REQUESTS, ROOT
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.index import IndexInputs
from pipeline.inputs import Input, InputError, Source, find_sources
from pipeline.storage import gathered
from pipeline.storage.for_report import EXAMPLES, NOTES, small_files
from pipeline.storage.gathered import SmallFiles, batches, blocks, gather, read_markers, read_small_files
from pipeline.storage.plan import INDEX_FOLDER, MARKERS, make_plan

CORPUS = small_files("my-0001-of-2")[NOTES]  # a name that looks like a number of a shard


@pytest.fixture(autouse=True)
def empty_store() -> Iterator[None]:
    FILES.clear()
    yield
    FILES.clear()


def written(files: SmallFiles, names: list[str]) -> Output:
    """A store with these files, each with its name as content, and others beside them."""
    output = Output(f"{ROOT}run")
    for name in names:
        output.write_bytes(f"{files.folder}/{name}", name.encode())
        output.write_bytes(f"{files.folder}/{name}.other", b"")
    return output


def of_index(numbers: list[int]) -> list[str]:
    return [f"{number:06d}-{first:012d}.json" for number in numbers for first in (0, 500)]


def of_corpus(numbers: list[int]) -> list[str]:
    return [f"my-0001-of-2-{number:05d}-of-1000001.json" for number in numbers]


def test_more_tasks_than_a_block_are_gathered() -> None:
    assert [len(blocks(tasks)) for tasks in (0, 1000, 1001, 2000, 2001)] == [0, 0, 2, 2, 3]


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (MARKERS, of_index([998, 1000, 2001])),
        (MARKERS, of_index([100_000, 999_999, 1_000_000])),
        (CORPUS, of_corpus([0, 999, 1000, 2001])),
        (CORPUS, of_corpus([9_999, 99_999, 100_000, 1_000_000])),
    ],
)
def test_contents_are_those_of_the_folder_in_the_order_of_tasks(files: SmallFiles, names: list[str]) -> None:
    output = written(files, names)
    assert files.listed(output) == [f"{files.folder}/{name}" for name in names]
    every = {gathered._block(name) for name in names}
    for block in every:
        gather(block, files, output)
    first = gathered._block(names[0])
    output.remove(output.path(f"{files.gathered}/{first:06d}.arrow"))  # its files are read by themselves
    REQUESTS.clear()
    assert list(read_small_files(output, files.listed(output))) == [name.encode() for name in names]
    alone = sum(gathered._block(name) == first for name in names)
    assert REQUESTS["open"] == alone + len(every) - 1


def test_a_file_that_came_later_is_read_by_itself() -> None:
    output = written(CORPUS, of_corpus([0, 2]))
    gather(0, CORPUS, output)
    output = written(CORPUS, of_corpus([1]))
    names = CORPUS.listed(output)
    assert list(read_small_files(output, names)) == [name.encode() for name in of_corpus([0, 1, 2])]
    assert list(read_small_files(output, names[:1])) == [of_corpus([0])[0].encode()]


def test_files_of_another_name_are_left_out() -> None:
    output = written(CORPUS, [*of_corpus([7]), "other-00007-of-00008.json", "my-00007-of-00008.json"])
    gather(0, CORPUS, output)
    assert gather(1, CORPUS, output) == "work/gathered/emitted/000001.arrow"
    assert CORPUS.listed(output) == [f"{NOTES}/{of_corpus([7])[0]}"]
    assert len(small_files()[NOTES].listed(output)) == 3
    assert small_files()[EXAMPLES].listed(output) == []


def _other_names(content: bytes) -> bytes:
    return content.replace(b"name", b"mane")


@pytest.mark.parametrize("damage", [lambda _: b"", lambda _: b"junk" * 99, lambda good: good[:-1], _other_names])
def test_a_damaged_file_is_named_and_can_be_removed(damage: Callable[[bytes], bytes]) -> None:
    output = written(CORPUS, of_corpus([1]))
    path, names = output.path(gather(0, CORPUS, output)), CORPUS.listed(output)
    FILES[path] = damage(FILES[path])
    with pytest.raises(InputError, match=f"^{re.escape(path)} is damaged; remove it"):
        list(read_small_files(output, names))
    output.remove(path)
    assert list(read_small_files(output, names)) == [of_corpus([1])[0].encode()]


def test_a_missing_file_is_an_error() -> None:
    with pytest.raises(OSError, match="my-0001"):
        list(read_small_files(written(CORPUS, []), [f"{NOTES}/{of_corpus([1])[0]}"]))


def test_batches_hold_all_items_in_order() -> None:
    assert [list(batches(range(count), 3)) for count in (0, 2, 3, 4)] == [[], [[0, 1]], [[0, 1, 2]], [[0, 1, 2], [3]]]


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.csv").write_text(f"url,text\na{number},one\nb{number},two\n")
    return find_sources([f"{tmp_path}/in/*.csv"])


def test_the_first_pass_gathers_its_markers_anew(
    tmp_path: Path, sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "BLOCK_DIGITS", 0)
    plans = []
    for name, files in (("one", 0), ("three", len(sources))):
        output = Output(str(tmp_path / name))
        output.write_bytes(f"{MARKERS.gathered}/000009.arrow", b"of an earlier run")
        with beam.Pipeline(runner=FnApiRunner()) as root:
            root | "Sources" >> beam.Create(sources) | IndexInputs(output, Input(), Meter(None), files=files)
        if files:
            assert output.names(MARKERS.gathered) == [f"{MARKERS.gathered}/{block:06d}.arrow" for block in range(3)]
        plans.append(make_plan(output, sources, skip_bad=False))
    assert plans[0] == plans[1]
    assert plans[0].pairs == 6
    assert len(Output(str(tmp_path / "one")).names(INDEX_FOLDER, ".json")) == 3


@pytest.mark.parametrize("gathers", [False, True])
@pytest.mark.parametrize("content", [b"", b'{"rows": 1', b"\xff"])
def test_a_damaged_marker_is_named_gathered_or_not(content: bytes, gathers: bool) -> None:
    output = written(CORPUS, [])
    name = f"{NOTES}/{of_corpus([1])[0]}"
    output.write_bytes(name, content)
    if gathers:
        gather(0, CORPUS, output)
    with pytest.raises(InputError) as error:
        list(read_markers(output, [name]))
    assert str(error.value).startswith(f"{output.path(name)} is damaged (")
    assert str(error.value).endswith("; --overwrite makes the run again")
