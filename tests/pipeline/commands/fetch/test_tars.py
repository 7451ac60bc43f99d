"""Tars of images: equal bytes for equal rows, read by our reader, by `tarfile`, and by WebDataset's rules."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from pipeline.commands.fetch.tars import OldImages, Sample, write_tar
from pipeline.inputs import Input, Source, open_source
from tests.support.pictures import encoded, noise

JPEG, PNG = encoded(noise(1), "JPEG"), encoded(noise(2), "PNG")
SAMPLES = [
    Sample("000000000000", "jpg", JPEG, "a red kite", {"key": "a#1", "url": "http://a.org/1?a=b", "lang": "en"}),
    Sample("000000000003", "png", PNG, "ein Drachen, grün\n& mehr", {"url": "http://a.org/2", "key": "b#2"}),
    Sample("000000000004", "webp", b"\0" * 512, None, {"key": "c", "url": "http://a.org/3", "when": b"bytes"}),
    Sample("000010000000", "gif", b"GIF89a", "\ud800", {"key": "d", "url": "http://a.org/\ud800"}),
]


def tar_of(samples: list[Sample]) -> bytes:
    file = io.BytesIO()
    write_tar(file, samples)
    return file.getvalue()


def test_equal_samples_give_equal_bytes() -> None:
    turned = [sample._replace(fields=dict(reversed(sample.fields.items()))) for sample in SAMPLES]
    assert tar_of(SAMPLES) == tar_of(turned)


def test_digest_and_number() -> None:
    file = io.BytesIO()
    assert write_tar(file, SAMPLES) == (hashlib.sha256(file.getvalue()).hexdigest(), len(SAMPLES))


def test_no_sample_is_a_whole_tar() -> None:
    assert tar_of([]) == bytes(1024)
    with tarfile.open(fileobj=io.BytesIO(tar_of([]))) as archive:
        assert archive.getmembers() == []


def test_tarfile_reads_it_and_finds_no_time_and_no_owner() -> None:
    with tarfile.open(fileobj=io.BytesIO(tar_of(SAMPLES))) as archive:
        members = archive.getmembers()
        names = [f"{sample.name}.{ending}" for sample in SAMPLES for ending in (sample.suffix, "txt", "json")]
        assert [member.name for member in members] == names
        assert {(member.mtime, member.uid, member.uname, member.mode) for member in members} == {(0, 0, "", 0o644)}
        for sample in SAMPLES:
            content = archive.extractfile(f"{sample.name}.{sample.suffix}")
            assert content is not None and content.read() == sample.image


def test_webdataset_reads_it() -> None:
    """Rules of WebDataset: members of one key follow each other; the key ends at the first dot of the file's name."""
    groups: list[tuple[str, dict[str, bytes]]] = []
    with tarfile.open(fileobj=io.BytesIO(tar_of(SAMPLES)), mode="r|") as stream:
        for member in stream:
            key, _, ending = member.name.partition(".")
            content = stream.extractfile(member)
            assert content is not None
            if not groups or groups[-1][0] != key:
                groups.append((key, {}))
            groups[-1][1][ending] = content.read()
    assert [key for key, _ in groups] == [sample.name for sample in SAMPLES]
    for sample, (_, parts) in zip(SAMPLES, groups, strict=True):
        assert parts[sample.suffix] == sample.image
        assert parts["txt"].decode() == (sample.text or "").replace("\ud800", "?")
        assert json.loads(parts["json"])["key"] == sample.fields["key"]


def test_our_reader_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "images-00000-of-00001.tar"
    file.write_bytes(tar_of(SAMPLES[:2]))
    reader = open_source(Source(0, str(file), file.name, file.stat().st_size, 0), Input())
    (batch,) = reader.batches()
    rows = batch.to_pylist()
    assert [row["key"] for row in rows] == ["a#1", "b#2"]
    assert [row["url"] for row in rows] == [sample.fields["url"] for sample in SAMPLES[:2]]
    assert [row["text"].decode() for row in rows] == [sample.text for sample in SAMPLES[:2]]
    assert [row["lang"] for row in rows] == ["en", None]
    assert [*reader.images(batch)] == [JPEG, PNG]


def test_fields_are_json_everywhere() -> None:
    """NaN and infinity are null, and bytes base64."""
    fields = {"key": "k", "n": float("nan"), "in": [{"x": float("inf"), "y": 0.5}], "b": b"\xff\0"}
    with tarfile.open(fileobj=io.BytesIO(tar_of([SAMPLES[0]._replace(fields=fields)]))) as archive:
        content = archive.extractfile("000000000000.json")
        assert content is not None
        found = json.loads(content.read(), parse_constant=pytest.fail)
    assert found == {"key": "k", "n": None, "in": [{"x": None, "y": 0.5}], "b": "/wA="}


def test_a_text_that_begins_with_a_mark_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "images-00000-of-00001.tar"
    file.write_bytes(tar_of([SAMPLES[0]._replace(text="\ufeffa kite")]))
    (batch,) = open_source(Source(0, str(file), file.name, file.stat().st_size, 0), Input()).batches()
    assert batch["text"].to_pylist() == ["\ufeffa kite".encode()]


def test_images_of_an_old_tar_in_order() -> None:
    old = OldImages(io.BytesIO(tar_of(SAMPLES)))
    assert old.image("000000000000") == ("jpg", JPEG)
    assert old.image("000000000004") == ("webp", b"\0" * 512)
    assert old.image("000010000000") == ("gif", b"GIF89a")
    with pytest.raises(ValueError, match="000010000001: not in the tar"):
        old.image("000010000001")
