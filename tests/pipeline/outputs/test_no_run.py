"""An export in place of a corpus: every command that takes a corpus says what it is, and what to give instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.commands.diff.runs import read_runs
from pipeline.commands.export.claim import identity
from pipeline.earlier.run import read_earlier
from pipeline.files import Output
from pipeline.identity import FORMAT
from pipeline.inputs import InputError
from pipeline.outputs.manifest import json_file, read_manifest
from pipeline.reuse.run import read_finished
from tests.support.compared_runs import pair, write_run

CORPUS = {"config": {"name": "toy"}, "shards": [{"corpus_sha256": "1"}]}
SAYS = (
    "is an export, the corpus 'toy' as webdataset and parquet without verdicts; give the folder of that corpus, "
    "the DIR of python -m pipeline export DIR"
)
NOTHING = "holds no finished run of python -m pipeline"


@pytest.fixture
def export(tmp_path: Path) -> str:
    manifest = identity(CORPUS, ("webdataset", "parquet")) | {"records": 0, "shards": []}
    Output(str(tmp_path / "export")).write_bytes("manifest.json", json_file(manifest))
    return str(tmp_path / "export")


def refused(export: str, tmp_path: Path) -> list[str]:
    other, output = str(write_run(tmp_path / "other", [pair()])), str(tmp_path / "output")
    said = []
    for read in (
        lambda: read_manifest(Output(export)),
        lambda: read_runs({"RUN1": other, "RUN2": export}),
        lambda: read_finished(export, output, FORMAT),
        lambda: read_earlier(export, output),
    ):
        with pytest.raises(InputError) as error:
            read()
        said.append(str(error.value))
    return said


def test_an_export_is_named(export: str, tmp_path: Path) -> None:
    names = ("corpus", "RUN2", "reuse", "counts")
    assert refused(export, tmp_path) == [f"{name}: {export} {SAYS}" for name in names]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "1", '{"export": 1}', '{"shards": []}', '{"export": {"formats": [1]}, "parent": {"name": "toy"}}'],
)
def test_what_is_no_export_is_not(content: str, export: str, tmp_path: Path) -> None:
    (Path(export) / "manifest.json").write_text(content)
    assert all(line.endswith(NOTHING) for line in refused(export, tmp_path))


def test_a_corpus_is_read_though_it_is_called_so(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [pair()], export=json.loads("{}"))
    assert read_manifest(Output(str(run)))["shards"]
