"""The passes and what they left: a marker is believed only where all its files are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from filters import RareNgram
from pipeline.commands.train.embed.parts import Parts
from pipeline.config import Embedding
from pipeline.counting import SUMMARY, Counting, forget_lost_runs, is_counted
from pipeline.emit import needed_by_notes
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.finish import check_close_calls
from pipeline.formats import FORMATS
from pipeline.measure.eval_index import is_evaluated
from pipeline.storage.evaluation import EVAL_CLUSTERS, EVAL_INDEX, EVAL_NOTE, EVAL_VECTORS
from pipeline.storage.markers import forget_lost, read_json_files
from pipeline.storage.plan import INDEXED, is_indexed, note_indexed, shard_name

TASK = {"file": 0, "shards": [[0, 5], [5, 2]]}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(str(tmp_path))


def write(output: Output, *names: str) -> None:
    for name in names:
        output.write_bytes(name, b"{}")


def indexed(output: Output) -> list[str]:
    """A first pass over two files, of which the second is bad."""
    write(output, shard_name(0, 0), shard_name(0, 5), "work/index/000001.bad")
    output.write_bytes("work/index/000000-000000000000.json", json.dumps(TASK).encode())
    note_indexed(output)
    return output.names("work/index")


def test_a_first_pass_is_done_where_all_its_files_are_there(output: Output) -> None:
    assert not is_indexed(output)
    names = indexed(output)
    assert is_indexed(output)
    assert output.names("work/index") == names


@pytest.mark.parametrize("number", range(4))
def test_a_first_pass_that_lost_a_file_is_not_done(output: Output, number: int) -> None:
    lost = [name for name in indexed(output) if name != INDEXED][number]
    output.remove(output.path(lost))
    assert not is_indexed(output)
    left = output.names("work/index")
    assert INDEXED not in left
    assert ("work/index/000000-000000000000.json" in left) == lost.endswith(".bad")  # its task comes again
    assert not is_indexed(output)


def test_the_counts_are_believed_where_all_are_there(output: Output) -> None:
    files = ["work/counts/images", "work/counts/frequent"]
    write(output, *files)
    output.write_bytes(SUMMARY, json.dumps({"files": files}).encode())
    assert is_counted(output)
    output.remove(output.path("work/counts/frequent"))  # which would mean that every n-gram is frequent
    assert not is_counted(output)
    assert not output.has(SUMMARY)


@pytest.mark.parametrize(
    ("lost", "forgotten"),
    [
        (None, None),
        ("work/runs/ngrams-00000", "work/runs/keys-00000"),
        ("work/runs/pairs-00001", "work/runs/keys-00001"),
        ("work/parts/texts-of-00000", "work/parts/00000.json"),
        ("work/parts/ngrams-00000", "work/parts/00000.json"),
    ],
)
def test_a_group_or_range_that_lost_a_file_is_counted_again(
    output: Output, lost: str | None, forgotten: str | None
) -> None:
    write(output, *(f"work/runs/{kind}-0000{number}" for number in range(2) for kind in ("keys", "ngrams", "pairs")))
    files = [f"work/parts/{kind}-00000" for kind in ("ngrams", "images-of", "texts-of")]
    write(output, *files)
    output.write_bytes("work/parts/00000.json", json.dumps({"files": files}).encode())
    before = [*output.names("work/runs"), *output.names("work/parts")]
    if lost:
        output.remove(output.path(lost))
    forget_lost_runs(Counting(output, "uncased", RareNgram(), keys=True, runs=2, parts=1, meter=Meter(None)))
    left = [*output.names("work/runs"), *output.names("work/parts")]
    assert left == [name for name in before if name not in (lost, forgotten)]


@pytest.mark.parametrize("folder", ["corpus", "webdataset", "parquet", "verdicts", "work/examples"])
def test_a_shard_that_lost_a_file_is_judged_again(output: Output, folder: str) -> None:
    needed = needed_by_notes(["a-00000-of-00002", "a-00001-of-00002"], list(FORMATS))
    write(output, *needed, *(name for names in needed.values() for name in names))
    forget_lost(output, needed)
    assert output.names("work/emitted") == sorted(needed)
    output.remove(output.path(next(name for name in needed["work/emitted/a-00001-of-00002.json"] if folder in name)))
    forget_lost(output, needed)
    assert output.names("work/emitted") == ["work/emitted/a-00000-of-00002.json"]


def test_matches_that_are_gone_are_named_and_found_again(output: Output) -> None:
    notes = [{"audit": True}, {"audit": False}]
    write(output, "work/emitted/a.json", "work/emitted/b.json", "work/audit/a.parquet")
    check_close_calls(output, ["a", "b"], notes)
    output.remove(output.path("work/audit/a.parquet"))
    write(output, "work/audit.parquet")  # all of a finished run
    check_close_calls(output, ["a", "b"], notes)
    output.remove(output.path("work/audit.parquet"))
    with pytest.raises(FileNotFoundError, match=r"work/audit/a\.parquet"):
        check_close_calls(output, ["a", "b"], notes)
    assert output.names("work/emitted") == ["work/emitted/b.json"]


@pytest.mark.parametrize(
    ("embedding", "files"),
    [
        (Embedding(), [EVAL_INDEX, EVAL_NOTE]),
        (Embedding(model="m.onnx"), [EVAL_INDEX, EVAL_NOTE, EVAL_VECTORS]),
        (Embedding(model="m.onnx", search="clusters"), [EVAL_INDEX, EVAL_NOTE, EVAL_VECTORS, EVAL_CLUSTERS]),
    ],
)
def test_an_index_of_evaluation_sets_needs_all_its_files(
    output: Output, embedding: Embedding, files: list[str]
) -> None:
    write(output, *files)
    assert is_evaluated(output, embedding)
    for name in files:
        output.remove(output.path(name))
        assert not is_evaluated(output, embedding)
        write(output, name)


@pytest.mark.parametrize("ending", ["json", "vectors", "parquet"])
def test_parts_of_an_index_count_as_far_as_they_are_whole(output: Output, ending: str) -> None:
    for number in range(3):
        write(output, f"work/parts/{number:06d}.vectors", f"work/parts/{number:06d}.parquet")
        note = {"after": [0, number], "good": 1, "bad": 0, "named": []}
        output.write_bytes(f"work/parts/{number:06d}.json", json.dumps(note).encode())
    assert len(Parts(output).notes()) == 3
    output.remove(output.path(f"work/parts/000001.{ending}"))
    assert len(Parts(output).notes()) == 1


@pytest.mark.parametrize("content", [b"", b'{"urls": [', b"\xff"])
def test_a_damaged_marker_is_named_with_the_way_on(content: bytes, tmp_path: Path) -> None:
    whole, damaged = tmp_path / "a.json", tmp_path / "b.json"
    whole.write_bytes(b'{"urls": 1}')
    damaged.write_bytes(content)
    assert read_json_files([str(whole)]) == [{"urls": 1}]
    with pytest.raises(OSError, match=r"b\.json is damaged \(.*\); remove it, and the same command writes it again$"):
        read_json_files([str(whole), str(damaged)])
