"""Real libraries load what a finished corpus describes: datasets by its card, mlcroissant by its metadata."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.files import Output
from pipeline.outputs.card.corpus import Corpus
from pipeline.outputs.card.write import write_card
from tests.conftest import Runs
from tests.support.command import Finished, fingerprint, run, run_corpus
from tests.support.described_corpora import load
from tests.support.two_runs import records

pytestmark = pytest.mark.slow(seconds=60)

NAME = "a b|#%é [1] <script>"


@pytest.fixture(scope="module")
def finished(corpus_of: Runs) -> Finished:
    return corpus_of()


def pairs(finished: Finished) -> list[dict[str, Any]]:
    """The kept pairs with an image, as `parquet/` has them."""
    texts = ("key", "url", "sha256")
    return [
        {"image": {"bytes": one["jpg"][0], "path": f"{number}.jpg"}, "text": one["txt"][0].decode(), "lang": "en"}
        | {name: one[name][0].decode() for name in texts}
        | {name: one[name][0] for name in ("width", "height")}
        for number, one in enumerate(records(finished.output).values())
    ]


def with_formats(finished: Finished, folder: Path, *formats: str) -> Path:
    """A copy of a run that has these formats too: an empty shard, then one with every pair."""
    shutil.copytree(finished.output, folder)
    found, names = pairs(finished), [f"align-0000{number}-of-00002" for number in range(2)]
    manifest = finished.json("manifest.json")
    for name, rows in zip(names, ([], found), strict=True):
        for form in formats:
            file = folder / form / f"{name}.{'tar' if form == 'webdataset' else 'parquet'}"
            file.parent.mkdir(exist_ok=True)
            WRITERS[form](file, rows)
            manifest["shards"].append({"name": name, f"{form}_sha256": fingerprint(file)})
    write_card(Output(str(folder)), manifest, finished.json("funnel.json"), pa.schema([("lang", pa.string())]))
    return folder


def write_parquet(file: Path, rows: list[dict[str, Any]]) -> None:
    schema = Corpus({}, {}, pa.schema([("lang", pa.string())]), ()).columns("parquet")
    features = {field.name: {"dtype": str(field.type), "_type": "Value"} for field in schema}
    about = {"info": {"features": features | {"image": {"_type": "Image"}}}}
    table = pa.Table.from_pylist(rows, schema.with_metadata({"huggingface": json.dumps(about)}))
    pq.write_table(table, file)


def write_tar(file: Path, rows: list[dict[str, Any]]) -> None:
    with tarfile.open(file, "w") as archive:
        for number, row in enumerate(rows):
            ending = "png" if row["image"]["bytes"].startswith(b"\x89PNG") else "jpg"
            about = json.dumps({name: row[name] for name in row if name not in ("image", "text")}).encode()
            for part, content in {ending: row["image"]["bytes"], "txt": row["text"].encode(), "json": about}.items():
                member = tarfile.TarInfo(f"{number:09d}.{part}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


WRITERS = {"parquet": write_parquet, "webdataset": write_tar}


def croissant(folder: Path) -> mlcroissant.Dataset:
    """Reads the metadata; it must have no error, and no warning but those of what the run doesn't know."""
    found = mlcroissant.Dataset(str(folder / "croissant.json"))
    issues = found.metadata.issues
    assert not issues.errors and len(issues.warnings) == 2
    assert all("datePublished" in issue or "schema.org/license" in issue for issue in map(str, issues.warnings))
    return found


def digests(found: mlcroissant.Dataset) -> Mapping[str, str]:
    return {one.content_url: one.sha256 for one in found.metadata.distribution if getattr(one, "sha256", None)}


def test_verdicts_load_where_there_is_nothing_else(finished: Finished, tmp_path: Path) -> None:
    assert load(finished.output, tmp_path).to_list() == finished.verdicts()


def test_croissant_has_every_file_and_loads_every_verdict(finished: Finished) -> None:
    found, verdicts = croissant(finished.output), finished.verdicts()
    assert digests(found) == {
        path.relative_to(finished.output).as_posix(): fingerprint(path)
        for folder in ("corpus", "verdicts")
        for path in (finished.output / folder).glob("*-of-*")
    }
    rows = [*found.records("verdicts")]
    assert {name.removeprefix("verdicts/") for name in rows[0]} == {*verdicts[0]}
    for name in ("width", "kept", "porn_score", "eval_distance"):
        assert [row[f"verdicts/{name}"] for row in rows] == [row[name] for row in verdicts]
    texts = [[text.decode() for text in row["verdicts/reasons"]] for row in rows]
    assert texts == [row["reasons"] for row in verdicts]


def test_parquet_loads_as_pictures_and_verdicts_beside_it(finished: Finished, tmp_path: Path) -> None:
    folder, expected = with_formats(finished, tmp_path / "copy", "parquet", "webdataset"), pairs(finished)
    rows = load(folder, tmp_path / "cache")
    assert [row["text"] for row in rows] == [row["text"] for row in expected] != []
    sizes = [sorted((row["width"], row["height"])) for row in expected]  # datasets turns a picture by its EXIF
    assert [sorted(row["image"].size) for row in rows] == sizes
    assert len(load(folder, tmp_path / "cache", "verdicts")) == len(finished.verdicts())
    found = [*croissant(folder).records("pairs")]
    assert [row["pairs/text"].decode() for row in found] == [row["text"] for row in expected]
    assert found[0]["pairs/image"].size == (expected[0]["width"], expected[0]["height"])


def test_tars_load_with_pictures_of_both_formats(finished: Finished, tmp_path: Path) -> None:
    expected = pairs(finished)
    rows = load(with_formats(finished, tmp_path / "copy", "webdataset"), tmp_path / "cache")
    assert [row["txt"] for row in rows] == [row["text"] for row in expected]
    about = {name: [row["json"][name] for row in rows] for name in ("key", "url", "width", "lang")}
    assert about == {name: [row[name] for row in expected] for name in about}
    endings = ["png" if row["image"]["bytes"].startswith(b"\x89PNG") else "jpg" for row in expected]
    assert {*endings} == {"jpg", "png"}
    for row, ending in zip(rows, endings, strict=True):
        assert row[ending] is not None and row["png" if ending == "jpg" else "jpg"] is None


def test_columns_of_odd_types_and_names(tmp_path: Path) -> None:
    values = {
        "tags": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())),
        "nested": pa.array([[[("a", 1)]]], pa.list_(pa.map_(pa.string(), pa.int8()))),
        "price": pa.array([Decimal("1.50")], pa.decimal128(10, 2)),
        "at": pa.array([10**15], pa.timestamp("us")),
        "data": pa.array([b"\xff"]),
        "about": pa.array([{"a": 1, "b": [1.5]}]),
        "odd | `<b>\n---": ["x"],
        "none": pa.nulls(1),
    }
    urls = {"url": ["http://a.org/1"], "text": ["some words of it"]}
    pq.write_table(pa.table(urls | values), tmp_path / "odd.parquet")
    done = run_corpus(tmp_path / "out", tmp_path / "odd.parquet", "--workers=1", f"--name={NAME}")
    assert done.process.returncode == 0, done.process.stderr
    (row,) = load(tmp_path / "out", tmp_path / "cache")
    (verdict,) = done.verdicts()
    assert row == {name: value for name, value in verdict.items() if name not in ("tags", "nested")}
    (record,) = croissant(tmp_path / "out").records("verdicts")
    assert record["verdicts/odd%20%7C%20%60%3Cb%3E%0A---"] == b"x"
    assert {"verdicts/tags", "verdicts/data", "verdicts/about"}.isdisjoint(record)


def test_an_empty_corpus_says_that_there_is_no_file(tmp_path: Path) -> None:
    pq.write_table(pa.table({name: pa.array([], pa.string()) for name in ("url", "text")}), tmp_path / "none.parquet")
    run_corpus(tmp_path / "out", tmp_path / "none.parquet", "--workers=1")
    with pytest.raises(FileNotFoundError, match=r"[Nn]o .*data files"):
        load(tmp_path / "out", tmp_path / "cache")
    assert not [*croissant(tmp_path / "out").metadata.record_sets]


def test_a_corpus_without_records_loads_its_verdicts(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a b c", "d e"], "url": ["http://a/1", "http://a/2"]}), tmp_path / "urls.parquet")
    options = ("--output.formats=webdataset,parquet", "--workers=1")
    done = run_corpus(tmp_path / "out", tmp_path / "urls.parquet", *options)
    assert load(done.output, tmp_path).to_list() == done.verdicts()
    assert len([*croissant(done.output).records("verdicts")]) == 2
    assert "there is no record" in (done.output / "README.md").read_text()


def test_no_folder_of_the_machine_is_in_them(finished: Finished) -> None:
    for name in ("README.md", "croissant.json"):
        assert str(finished.output.parent).encode() not in (finished.output / name).read_bytes()


def test_a_subset_names_its_corpus_and_loads(finished: Finished, tmp_path: Path) -> None:
    done = run("pipeline", "subset", finished.output, "--size=5", f"--output={tmp_path / 'part'}")
    assert done.returncode == 0, done.stderr
    assert "Made from the corpus `align`" in (tmp_path / "part/README.md").read_text()
    assert len(load(tmp_path / "part", tmp_path / "cache")) == 5
    assert len([*croissant(tmp_path / "part").records("verdicts")]) == 5
