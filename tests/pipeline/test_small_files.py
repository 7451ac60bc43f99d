"""Small files of shards on remote storage: workers gather them, and the command makes few requests after the last pass.

Blocks are of ten shards here, not of a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import pictures
from bench.counted_files import FILES, ROOT
from pipeline.files import Output
from pipeline.report import write_report
from pipeline.storage.for_report import CLOSE_CALLS, EXAMPLES, EXAMPLES_SHOWN, NOTES, SHARDS_CLOSE_CALLS
from pipeline.storage.plan import INDEX_FOLDER
from tests.support.counted_runs import OUT, alone, blocks_of_ten, result, run, write_rows
from tests.support.two_runs import QUIET, call, write

GATHERED = "work/gathered/emitted"
GROUPS = 2  # of examples: kept pairs, and those of the one rule that drops some


@pytest.fixture(autouse=True)
def store() -> Iterator[None]:
    FILES.clear()
    with blocks_of_ten():
        yield
    FILES.clear()


def test_the_command_reads_a_file_for_each_block_after_the_last_pass(tmp_path: Path) -> None:
    others = set()
    for shards in (20, 40, 80):
        after = run(write_rows(tmp_path / f"{shards}", shards))[-1]
        assert after.read[GATHERED] == after.read["work/gathered/examples"] == shards // 10
        assert after.read[NOTES] == 0
        assert 0 < after.read[EXAMPLES] <= GROUPS * EXAMPLES_SHOWN
        del after.requests["delete"]  # parts of few requests
        others.add(after.requests.total() - 2 * shards // 10 - after.read[EXAMPLES])
        FILES.clear()
    assert len(others) == 1


def test_the_plan_and_the_result_are_the_same_without_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = write_rows(tmp_path / "in", 2, files=21)
    by_blocks = run(inputs)
    with_blocks = result()
    assert by_blocks[1].read["work/gathered/index"] == 3 and by_blocks[1].read[INDEX_FOLDER] < 5
    FILES.clear()
    monkeypatch.setattr("pipeline.storage.gathered.BLOCK_DIGITS", 3)
    by_themselves = run(inputs)
    assert not any("/gathered/" in path for path in FILES) and by_themselves[-1].read[NOTES] == 42
    assert result() == with_blocks


def test_a_run_that_goes_on_gathers_anew(tmp_path: Path) -> None:
    """The gathered files of a run that was killed are of other contents, as if the run had changed a shard after."""
    inputs = write_rows(tmp_path / "in", 20)
    run(inputs)
    whole = result()
    names = [path for path in FILES if f"/{GATHERED}/" in path]
    gathered = {name: FILES[name] for name in names}
    FILES.update(dict.fromkeys(names, b"stale"))
    for path in (f"{OUT}/manifest.json", f"{OUT}/funnel.json", next(path for path in FILES if f"/{NOTES}/" in path)):
        del FILES[path]
    run(inputs)
    assert result() == whole
    assert {name: FILES[name] for name in names} == gathered


def test_the_page_of_a_finished_run_reads_blocks(tmp_path: Path) -> None:
    run(write_rows(tmp_path / "in", 30))
    page = FILES[f"{OUT}/report.html"]
    with alone() as found:
        write_report(Output(OUT))
    assert FILES[f"{OUT}/report.html"] == page
    assert found[-1].read[GATHERED] == 3 and found[-1].read[NOTES] == 0


def test_pictures_with_copies_of_an_evaluation_set_and_a_subset_of_them(tmp_path: Path) -> None:
    photos = pictures.write_files(tmp_path / "photos", 40)
    rows = [{"text": f"photo number {row}", "image": photo.read_bytes()} for row, photo in enumerate(photos)]
    write(tmp_path / "in" / "a.parquet", rows)
    (tmp_path / "copies").mkdir()
    for row in (0, 1, 30):  # of shards in two blocks
        (tmp_path / "copies" / f"{row}.jpg").write_bytes(photos[row].read_bytes())
    after = run(tmp_path / "in", f"--eval_images={tmp_path}/copies", ending="parquet")[-1]
    assert after.read["work/gathered/audit"] == 2 and after.read[SHARDS_CLOSE_CALLS] == 0
    assert len(pq.read_table(pa.BufferReader(FILES[f"{OUT}/{CLOSE_CALLS}"]))) == 3
    assert not any("/gathered/audit/" in path or f"/{SHARDS_CLOSE_CALLS}/" in path for path in FILES)
    with alone(f"{ROOT}subset") as found:
        assert call("subset", OUT, f"--output={ROOT}subset", "--size=50%", QUIET[0]) == 0
    assert found[-1].read[GATHERED] == 2 and found[-1].read[NOTES] == 0
    assert b"report" in FILES[f"{ROOT}subset/report.html"]


def test_a_page_without_the_notes_of_a_shard_is_an_error_and_not_a_smaller_page(tmp_path: Path) -> None:
    run(write_rows(tmp_path / "in", 3))
    lost = next(path for path in FILES if f"/{NOTES}/" in path)
    del FILES[lost]
    with pytest.raises(OSError, match=lost):
        write_report(Output(OUT))
