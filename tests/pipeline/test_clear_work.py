"""Files that a finished run leaves in `work`, also after a killed run, or a run of an older version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.counted_files import FILES, ROOT
from pipeline.files import Output
from pipeline.finish import clear_work
from pipeline.reuse.kept import KEPT, kept_bytes

STAYS = ("run.json", "command.json", "emitted/a.json", "examples/a.parquet", "audit.parquet", "evaluation.json")
STAYS_GATHERED = ("gathered/emitted/000000.arrow", "gathered/examples/000000.arrow")
KEEPS = ("index/done", "gathered/index/000000.arrow", "runs/a.arrow", "evaluation.idx", "evaluation.embedding")
GOES = (
    "audit/a.parquet",
    "gathered/audit/000000.arrow",
    "gathered/000000.json",  # of an older version
    "evaluation/000000.idx",  # of a run that was killed before it removed them
    "parts/a",
    "counts/a",
    "tmp/a",
)


@pytest.fixture(params=["local", "remote"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Output]:
    FILES.clear()
    found = Output(str(tmp_path) if request.param == "local" else f"{ROOT}run")
    for name in (*STAYS, *STAYS_GATHERED, *KEEPS, *GOES):
        found.write_bytes(f"work/{name}", b"content")
    yield found
    FILES.clear()


def there(output: Output) -> set[str]:
    names = (*STAYS, *STAYS_GATHERED, *KEEPS, *GOES, "kept.json")
    return {name for name in names if output.has(f"work/{name}")}


def test_what_only_an_unfinished_run_needs_goes(output: Output) -> None:
    clear_work(output)
    assert there(output) == {*STAYS, *STAYS_GATHERED}


def test_what_keep_work_keeps_stays_and_is_counted(output: Output) -> None:
    output.write_bytes(KEPT, b"{}")
    clear_work(output)
    assert there(output) == {*STAYS, *STAYS_GATHERED, *KEEPS, "kept.json"}
    assert kept_bytes(output) == len(KEEPS) * len(b"content")
