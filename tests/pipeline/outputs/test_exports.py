"""A small corpus in three formats: its values, its bytes, its exports and its subsets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.formats import FORMATS
from tests.support import exported
from tests.support.command import Finished, fingerprint, run, run_corpus
from tests.support.exported import ALL, ODD, PER_SHARD, SETTINGS, fields, kept, picture

pytestmark = pytest.mark.slow(seconds=40)

SHARDS = 4  # three of pictures, one of URLs


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The awkward crawl alone, in all formats, in several shards."""
    folder = tmp_path_factory.mktemp("small")
    done = run_corpus(folder / "out", exported.write_crawl(folder / "crawl"), *SETTINGS, ALL)
    assert done.process.returncode == 0, done.process.stderr
    return done


@pytest.fixture(scope="module")
def plain(small: Finished) -> Finished:
    """The corpus of `small` with TFRecords alone."""
    done = run_corpus(small.output.parent / "plain", small.output.parent / "crawl", *SETTINGS)
    assert done.process.returncode == 0, done.process.stderr
    return done


def files(output: Path, *folders: str) -> dict[str, str]:
    found = (path for folder in folders for path in (output / folder).iterdir())
    return {f"{path.parent.name}/{path.name}": fingerprint(path) for path in sorted(found)}


def test_values_that_json_lacks_have_the_documented_form(small: Finished) -> None:
    found = {json.loads(sample["json"])["key"]: fields(sample) for sample in exported.read_tars(small.output)}
    first, second, third = (found[key] for key in exported.KEYS[:3])
    assert {name: first[name] for name in ODD} == {
        "a_map": [{"key": "a", "value": 1}, {"key": "b", "value": None}],
        "a_decimal": "1.500",
        "a_time": "2026-01-31T12:30:15.123456Z",
        "plain_time": "2026-01-31T12:30:15.123456000",
        "a_date": "2026-01-31",
        "structs": [{"name": "x", "at": ["2020-05-17T00:00:00.000"]}, None],
        "a_binary": "AP8=",
        "a_null": None,
        "a_word": "en",
        "a_float": None,
        "large": 2**64 - 1,
        "input_image": "its own",
        "image_width": "wide",
    }
    assert (second["a_map"], second["structs"], second["a_binary"], second["a_float"]) == ([], [], "", None)
    assert {third[name] for name in ODD} == {None}


def test_parquet_has_the_types_and_values_of_the_verdicts(small: Finished) -> None:
    rows, schema = exported.read_parquet(small.output), pq.read_schema(next((small.output / "parquet").iterdir()))
    verdicts = pq.read_schema(next((small.output / "verdicts").iterdir()))
    assert {name: str(schema.field(name).type) for name in ODD if name != "a_map"} == {
        name: str(verdicts.field(name).type) for name in ODD if name != "a_map"
    }
    for row, verdict in zip(rows, kept(small), strict=True):
        names = [name for name in ODD if name not in ("a_map", "a_float")]
        assert [row[name] for name in names] == [verdict[name] for name in names]
        entries = [] if verdict["a_map"] is None else [{"key": key, "value": value} for key, value in verdict["a_map"]]
        assert row["a_map"] == (None if verdict["a_map"] is None else json.dumps(entries))
        assert str(row["a_float"]) == str(verdict["a_float"])
    assert small.process.stderr.count("since Hugging Face's datasets have none: a_map\n") == 1


def test_archives_behind_one_another_are_told_apart(small: Finished, tmp_path: Path) -> None:
    """Ours without a pair, a foreign one and ours, in one file."""
    import webdataset

    first, *_, empty = sorted((small.output / "webdataset").iterdir())
    with webdataset.TarWriter(str(tmp_path / "other.tar")) as writer:
        jpg = picture(exported.read_tars(small.output)[0])
        writer.write({"__key__": "other", "jpg": jpg, "txt": b"&amp;lt; is not &lt;"})
    (tmp_path / "in").mkdir()
    content = b"".join(path.read_bytes() for path in (empty, tmp_path / "other.tar", first))
    (tmp_path / "in" / "all.tar").write_bytes(content)
    done = run_corpus(tmp_path / "out", tmp_path / "in", *SETTINGS)
    assert done.process.returncode == 0, done.process.stderr
    texts = [row["text"] for row in kept(small)][:PER_SHARD]
    assert [row["text"] for row in done.verdicts()] == ["&lt; is not <", *texts]


def test_records_and_verdicts_are_those_of_a_run_without_other_formats(small: Finished, plain: Finished) -> None:
    assert files(small.output, "corpus", "verdicts") == files(plain.output, "corpus", "verdicts")
    shards = plain.json("manifest.json")["shards"]
    assert [shard["webdataset_sha256"] for shard in shards] == [None] * SHARDS


def test_the_manifest_has_the_digest_of_every_file(small: Finished) -> None:
    shards = small.json("manifest.json")["shards"]
    for one in FORMATS.values():
        assert [shard[one.digest] for shard in shards] == [*files(small.output, one.folder).values()][:SHARDS]


def test_the_same_bytes_for_two_workers(small: Finished, tmp_path: Path) -> None:
    crawl = small.output.parent / "crawl"
    done = run_corpus(tmp_path / "out", crawl, *SETTINGS, "--workers=2", ALL.replace("tfrecord,", ""))
    assert done.process.returncode == 0, done.process.stderr
    folders = ("webdataset", "parquet")
    assert files(done.output, *folders) == files(small.output, *folders)
    assert not (done.output / "corpus").exists()


def export(corpus: Path, output: Path, *options: str) -> Any:
    return run("pipeline", "export", corpus, "--format=parquet,webdataset", f"--output={output}", *options)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_export_has_the_bytes_of_the_formats(small: Finished, plain: Finished, tmp_path: Path, workers: int) -> None:
    done = export(plain.output, tmp_path / "out", f"--workers={workers}")
    assert done.returncode == 0, done.stderr
    folders = ("webdataset", "parquet")
    assert files(tmp_path / "out", *folders) == files(small.output, *folders)
    sizes = {folder: sum(p.stat().st_size for p in (tmp_path / "out" / folder).iterdir()) for folder in folders}
    assert done.stdout.splitlines() == [
        f"{tmp_path}/out/{folder}: {SHARDS} shards, 10 pairs, {sizes[folder] / 1e6:,.1f} MB" for folder in folders
    ]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["records"] == 10
    assert [shard["records"] for shard in manifest["shards"]] == [5, 4, 1, 0]
    assert [shard["bytes"]["parquet"] for shard in manifest["shards"]] == [
        path.stat().st_size for path in sorted((tmp_path / "out" / "parquet").iterdir())
    ]


def test_shards_that_were_lost_are_made_again(small: Finished, plain: Finished, tmp_path: Path) -> None:
    assert export(plain.output, tmp_path / "out", "--workers=1").returncode == 0
    before = files(tmp_path / "out", "webdataset", "parquet")
    (tmp_path / "out" / next(iter(before))).unlink()
    again = export(plain.output, tmp_path / "out", "--workers=1")
    assert again.returncode == 0 and files(tmp_path / "out", "webdataset", "parquet") == before
    assert export(plain.output, tmp_path / "out", "--workers=1").stdout == again.stdout


@pytest.fixture
def earlier(plain: Finished, tmp_path: Path) -> Path:
    """The corpus as release 0.1 left it: verdicts without `kept`, a manifest of format 1 without later settings."""
    for folder in ("corpus", "verdicts"):
        (tmp_path / "earlier" / folder).mkdir(parents=True)
        for path in (plain.output / folder).iterdir():
            target = tmp_path / "earlier" / folder / path.name
            if folder == "corpus":
                target.write_bytes(path.read_bytes())
            else:
                pq.write_table(pq.read_table(path).drop_columns("kept"), target, store_schema=False)
    manifest = plain.json("manifest.json") | {"format": 1}
    del manifest["config"]["output"]
    for shard in manifest["shards"]:
        del shard["webdataset_sha256"], shard["parquet_sha256"]
    (tmp_path / "earlier" / "manifest.json").write_text(json.dumps(manifest))
    newer = ("statistics", "offenders", "only_reason")
    funnel = {name: value for name, value in plain.json("funnel.json").items() if name not in newer}
    (tmp_path / "earlier" / "funnel.json").write_text(json.dumps(funnel))
    (tmp_path / "earlier" / "report.html").write_text("")
    return tmp_path / "earlier"


def test_a_corpus_of_the_earlier_format_is_exported(small: Finished, earlier: Path, tmp_path: Path) -> None:
    done = export(earlier, tmp_path / "out", "--workers=1")
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "out", "webdataset", "parquet") == files(small.output, "webdataset", "parquet")


def test_records_and_verdicts_that_disagree_are_named(earlier: Path, tmp_path: Path) -> None:
    first, second, *_ = sorted((earlier / "corpus").glob("*.tfrecord"))
    for path, content, line in (
        (first, second.read_bytes(), "4 records for the 5 kept pairs of its verdicts"),
        (second, first.read_bytes() * 2, "more records for the 4 kept pairs of its verdicts"),
        (second, first.read_bytes()[:-1], "no records of a corpus: cut off in the record at byte"),
    ):
        good = path.read_bytes()
        path.write_bytes(content)
        done = export(earlier, tmp_path / "out", "--workers=1")
        path.write_bytes(good)
        assert done.returncode == 1
        assert f"pipeline: {path}: {line}" in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not list((tmp_path / "out").glob("*/*.tar")) or not (tmp_path / "out" / "manifest.json").exists()


def test_a_subset_has_the_formats_of_its_corpus(small: Finished, tmp_path: Path) -> None:
    done = run("pipeline", "subset", small.output, "--size=6", f"--output={tmp_path / 'out'}", "--workers=1")
    assert done.returncode == 0, done.stderr
    texts = [row["text"].encode() for row in kept(Finished(tmp_path / "out", done))]
    assert [record["txt"] for record in exported.records(tmp_path / "out")] == texts != []
    assert [sample["txt"] for sample in exported.read_tars(tmp_path / "out")] == texts
    assert [row["text"].encode() for row in exported.read_parquet(tmp_path / "out", ["text"])] == texts


@pytest.fixture(scope="module")
def without_records(small: Finished) -> Path:
    output = small.output.parent / "without"
    done = run_corpus(output, small.output.parent / "crawl", *SETTINGS, "--output.formats=[parquet]")
    assert done.process.returncode == 0, done.process.stderr
    return output


def test_a_corpus_without_records_is_one(without_records: Path, tmp_path: Path) -> None:
    again = run_corpus(without_records, without_records.parent / "crawl", *SETTINGS, "--output.formats=[parquet]")
    assert again.process.returncode == 0
    vocabulary = run("vocab", f"--corpus={without_records}", "--size=120", f"--output={tmp_path}")
    assert vocabulary.returncode == 0, vocabulary.stderr
    assert json.loads((tmp_path / "vocab.json").read_text())["corpus"]["name"] == "align"


def commands(corpus: Path, output: Path) -> Iterator[list[str]]:
    yield ["pipeline", "subset", str(corpus), f"--output={output}"]
    yield ["pipeline", "export", str(corpus), "--format=webdataset", f"--output={output}"]
    yield ["dedup", "groups", str(corpus), f"--output={output}/groups.parquet"]


def test_commands_that_read_records_name_the_setting(without_records: Path, tmp_path: Path) -> None:
    for words in commands(without_records, tmp_path / "out"):
        done = run(*words, "--workers=1")
        assert done.returncode == 2
        assert "has no TFRecords, which are read here: it was made with output.formats=[parquet]" in done.stderr


def test_other_formats_of_a_finished_run_are_another_run(plain: Finished, tmp_path: Path) -> None:
    done = run_corpus(plain.output, plain.output.parent / "crawl", *SETTINGS, ALL)
    assert done.process.returncode == 2
    assert done.process.stderr.splitlines()[-1] == (
        f"pipeline: {plain.output} holds the same run with output.formats=[tfrecord]; python -m pipeline export"
        f" {plain.output} --format=webdataset,parquet --output=DIR writes it from the records; --overwrite replaces it"
    )
