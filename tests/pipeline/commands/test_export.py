"""`python -m pipeline export`: its options, and which folders it takes, refuses, resumes and replaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.export.claim import DESCRIBED, claim, identity
from pipeline.commands.export.options import EXPORT, Options
from pipeline.commands.export.run import check
from pipeline.files import Output
from pipeline.identity import OtherRun
from pipeline.inputs import InputError
from pipeline.outputs.manifest import read_manifest

SHARD = "align-00000-of-00001"
MANIFEST: dict[str, Any] = {
    "config": {"name": "align"},
    "shards": [{"name": SHARD, "records": 1, "corpus_sha256": "1", "parquet_sha256": "2"}],
}
THIS = identity(MANIFEST, ("parquet",))


def parsed(*words: str) -> Options:
    return EXPORT.parse(["corpus", "--output=out", *words])


def test_formats_are_a_list_in_any_order() -> None:
    assert parsed("--format=parquet,webdataset") == parsed("--format=webdataset,parquet,")
    assert parsed("--format=parquet").formats == ("parquet",)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("--format=arrow", "--format: no such choice: 'arrow'; the choices are webdataset, parquet"),
        ("--format=tfrecord", "--format: no such choice: 'tfrecord'; the choices are webdataset, parquet"),
        ("--format=", "--format: empty; the choices are webdataset, parquet"),
        ("--format=parquet,parquet", "--format: parquet is named twice"),
        ("--workers=1", "--format"),
    ],
)
def test_a_wrong_format_is_refused_with_the_choices(given: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        parsed(given)
    assert line in capsys.readouterr().err


def options(corpus: Path, output: Path) -> Options:
    return Options(str(corpus), ("parquet",), str(output), 1, overwrite=False)


def test_a_corpus_that_cannot_be_exported(tmp_path: Path) -> None:
    out = tmp_path.parent / f"{tmp_path.name}-out"
    check(options(tmp_path, out), MANIFEST)
    with pytest.raises(InputError, match="is the corpus itself; give the export a folder of its own"):
        check(options(tmp_path, tmp_path / "parquet" / ".."), MANIFEST)
    with pytest.raises(InputError, match="lies in the corpus; give the export a folder of its own"):
        check(options(tmp_path, tmp_path / "parquet"), MANIFEST)
    with pytest.raises(InputError, match="has no record to export: it kept no pair with an image"):
        check(options(tmp_path, out), MANIFEST | {"shards": [{"name": SHARD, "records": 0}]})
    other = {"name": "align", "output": {"formats": ["webdataset", "parquet"]}}
    with pytest.raises(InputError, match=r"has no TFRecords.* --output\.formats=\[tfrecord,webdataset,parquet\]"):
        check(options(tmp_path, out), MANIFEST | {"config": other})


def written(folder: Path) -> Output:
    """A finished export, as `claim` knows it."""
    output = Output(str(folder))
    assert not claim(output, THIS, overwrite=False)
    for name in (f"parquet/{SHARD}.parquet", *DESCRIBED):
        output.write_bytes(name, b"content")
    output.write_bytes("manifest.json", json.dumps(THIS | {"shards": [{"name": SHARD}]}).encode())
    return output


def left(output: Output) -> set[str]:
    root = Path(output.root)
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", [f"parquet/{SHARD}.parquet", *DESCRIBED])
def test_a_finished_export_stays_and_one_that_lost_a_file_goes_on(name: str, tmp_path: Path) -> None:
    output = written(tmp_path)
    assert claim(output, THIS, overwrite=False)
    output.remove(output.path(name))
    assert not claim(output, THIS, overwrite=False)


def test_another_export_is_refused_and_replaced_with_overwrite(tmp_path: Path) -> None:
    output = written(tmp_path)
    other = identity(MANIFEST, ("webdataset", "parquet"))
    for this, path in ((other, "export.formats"), (THIS | {"parent": {"name": "b"}}, "parent.name")):
        with pytest.raises(OtherRun, match=f"holds another run, which differs in {path}; --overwrite replaces it"):
            claim(output, this, overwrite=False)
    assert not claim(output, other, overwrite=True)
    assert left(output) == {"work/run.json"}


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_folder_of_another_command_is_left_as_it_is(tmp_path: Path, overwrite: bool) -> None:
    output = Output(str(tmp_path))
    output.write_bytes("corpus/a.tfrecord", b"records")
    output.write_bytes("manifest.json", json.dumps(MANIFEST).encode())
    with pytest.raises(OtherRun, match="holds what another command wrote; give the export a folder of its own"):
        claim(output, THIS, overwrite)
    assert left(output) == {"corpus/a.tfrecord", "manifest.json"}


def test_files_of_nobody_are_not_replaced_unasked(tmp_path: Path) -> None:
    output = Output(str(tmp_path))
    output.write_bytes("parquet/mine.parquet", b"mine")
    with pytest.raises(OtherRun, match="holds files of an unknown run"):
        claim(output, THIS, overwrite=False)


def test_an_export_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is an export, the corpus 'align' as parquet"):
        read_manifest(written(tmp_path))
