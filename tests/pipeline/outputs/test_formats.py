"""A corpus in three formats, read by the libraries that others read it with, and by our own input."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from filters.signals import SHOWN
from tests.support import exported
from tests.support.command import Finished, run_corpus
from tests.support.exported import ALL, SETTINGS, fields, kept, picture
from tests.support.real_pairs import ALT_TEXTS, IMAGES, write_alt_texts

pytestmark = pytest.mark.slow(seconds=20)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The awkward crawl, and the real sample where it is there, in all formats."""
    folder = tmp_path_factory.mktemp("formats")
    inputs = [exported.write_crawl(folder / "crawl"), *([write_alt_texts(folder)] if ALT_TEXTS.exists() else [])]
    options = (*SETTINGS, ALL, "--input.rows_per_shard=600", IMAGES)
    done = run_corpus(folder / "out", ",".join(map(str, inputs)), *options)
    assert done.process.returncode == 0, done.process.stderr
    return done


def test_webdatasets_library_finds_every_pair(corpus: Finished) -> None:
    samples, records = exported.read_tars(corpus.output), list(exported.records(corpus.output))
    assert len(samples) == len(records) == corpus.json("funnel.json")["records"] > 0
    assert [picture(sample) for sample in samples] == [record["jpg"] for record in records]
    assert [sample["txt"] for sample in samples] == [record["txt"] for record in records]
    names = [sample["__key__"] for sample in samples]
    assert len(set(names)) == len(names) and names == sorted(names)
    assert all(re.fullmatch(r"\d{13}", name) for name in names)
    assert {Image.open(io.BytesIO(picture(sample))).format for sample in samples} == {"JPEG", "PNG"}
    assert all(("png" in sample) == (Image.open(io.BytesIO(picture(sample))).format == "PNG") for sample in samples)


def test_json_has_the_fields_of_the_record_and_the_passthrough_columns(corpus: Finished) -> None:
    samples, records = exported.read_tars(corpus.output), list(exported.records(corpus.output))
    carried = [name for name in corpus.verdicts()[0] if name not in SHOWN]
    for sample, record, row in zip(samples, records, kept(corpus), strict=True):
        found = fields(sample)
        assert list(found)[:5] == ["key", "url", "width", "height", "sha256"]
        assert list(found)[5:] == carried
        assert (found["key"].encode(), found["sha256"].encode()) == (record["key"], record["sha256"])
        assert (found["width"], found["height"], found["url"]) == (record["width"], record["height"], row["url"])


def test_hugging_faces_library_has_an_image_feature_and_every_row(corpus: Finished, tmp_path: Path) -> None:
    import datasets

    loaded, records = exported.load(corpus.output, tmp_path), list(exported.records(corpus.output))
    assert list(loaded.features)[:7] == ["image", "text", "key", "url", "width", "height", "sha256"]
    assert isinstance(loaded.features["image"], datasets.Image)
    assert len(loaded) == len(records)
    for row, record in zip(loaded, records, strict=True):
        assert row["image"].size == (record["width"], record["height"])
        assert (row["text"].encode(), row["sha256"].encode()) == (record["txt"], record["sha256"])
    raw = loaded.cast_column("image", datasets.Image(decode=False))
    assert [row["image"]["bytes"] for row in raw] == [record["jpg"] for record in records]


@pytest.mark.parametrize("format", ["webdataset", "parquet"])
def test_our_own_input_reads_the_same_pairs(corpus: Finished, tmp_path: Path, format: str) -> None:
    off = [f"--filters.{rule}.enabled=false" for rule in ("short_side", "aspect_ratio", "word_count")]
    done = run_corpus(tmp_path / "out", corpus.output / format, *SETTINGS, *off)
    assert done.process.returncode == 0, done.process.stderr
    wanted, found = kept(corpus), [row for row in done.verdicts() if row["kept"]]
    for name in ("key", "text", "url", "image_id", "image_width", "a_word", "input_image"):
        assert [row[name] for row in found] == [row[name] for row in wanted], name
    assert any("&amp;" in row["text"] for row in found) and any(row["text"].startswith("\ufeff") for row in found)
    again, before = list(exported.records(done.output)), list(exported.records(corpus.output))
    assert [record["jpg"] for record in again] == [record["jpg"] for record in before]


def test_a_text_of_another_tar_is_decoded_as_ever(corpus: Finished, tmp_path: Path) -> None:
    """Written anew by webdataset's library, nothing says any more that texts are canonical."""
    import webdataset

    with webdataset.TarWriter(str(tmp_path / "0.tar")) as writer:
        writer.write({"__key__": "0", "jpg": picture(exported.read_tars(corpus.output)[0]), "txt": b"one &amp; two"})
    done = run_corpus(tmp_path / "out", tmp_path / "0.tar", *SETTINGS)
    assert [row["text"] for row in done.verdicts()] == ["one & two"]
