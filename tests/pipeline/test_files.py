"""The stand-in for Cloud Storage keeps what Beam writes there; what the pipeline asks of remote files holds on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.engines.google_cloud import check_buckets
from pipeline.files import Output, exists, local_copy, read_bytes, read_many, read_part, write_renamed
from pipeline.inputs import InputError
from tests.support.fake_storage import Storage
from tests.support.google_cloud import empty_bucket

ROOT = "gs://data/out"


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    with empty_bucket(tmp_path, monkeypatch) as storage:
        yield storage


def test_what_is_written_comes_back(storage: Storage) -> None:
    content = bytes(range(256)) * 100 + b"\r\n--\r\n"
    Output(ROOT).write_bytes("a/b c#1.bin", content)
    assert list(storage.buckets["data"]) == ["out/a/b c#1.bin"]
    assert read_bytes(f"{ROOT}/a/b c#1.bin") == content
    assert read_many([f"{ROOT}/a/b c#1.bin"] * 3) == [content] * 3


def test_an_object_larger_than_one_request(storage: Storage) -> None:
    content = bytes(1 << 20) * 17  # Beam sends 16 at once
    with Output(ROOT).write("large") as file:
        file.write(content)
    assert read_bytes(f"{ROOT}/large") == content


def test_a_part_is_fetched_alone(storage: Storage) -> None:
    Output(ROOT).write_bytes("x", b"0123456789" * 1000)
    storage.requests.clear()
    assert read_part(f"{ROOT}/x", 5003, 5007) == b"3456"
    assert [request.headers["Range"] for request in storage.requests] == ["bytes=5003-5006"]


def test_names_are_of_one_folder(storage: Storage) -> None:
    output = Output(ROOT)
    for name in ("a/2.json", "a/1.json", "a/1.bad", "a/deep/3.json", "ab/4.json"):
        output.write_bytes(name, b"x")
    assert output.names("a", ".json") == ["a/1.json", "a/2.json"]
    assert (output.has("a/1.json"), output.has("a/3.json")) == (True, False)


@pytest.mark.parametrize("beginning", ["a[1]", "a[z-a]", "a[", "a*", "a**", "a?", "a]"])
def test_a_beginning_is_no_pattern(storage: Storage, tmp_path: Path, beginning: str) -> None:
    for output in (Output(ROOT), Output(str(tmp_path / "out"))):
        for name in (f"{beginning}-1.json", f"{beginning}-1.bad", "a1-1.json", "ab-1.json", "a-1.json"):
            output.write_bytes(f"a/{name}", b"x")
        assert output.names("a", ".json", f"{beginning}-") == [f"a/{beginning}-1.json"]


def test_a_folder_is_removed_with_all_that_is_in_it(storage: Storage) -> None:
    output = Output(ROOT)
    for name in ("a/1", "a/deep/2", "ab"):
        output.write_bytes(name, b"x")
    output.remove(output.path("a"))
    output.remove(output.path("none"))
    assert list(storage.buckets["data"]) == ["out/ab"]


def test_a_file_that_fails_leaves_nothing(storage: Storage) -> None:
    with pytest.raises(ValueError), write_renamed(f"{ROOT}/tmp/x", f"{ROOT}/x") as file:
        file.write(b"half")
        raise ValueError
    assert storage.buckets["data"] == {}


def test_a_table_is_copied_once_and_again_when_it_changed(storage: Storage, tmp_path: Path) -> None:
    """To where the copy outlasts the command that made it."""
    output = Output(ROOT)
    output.write_bytes("table", b"old")
    first = local_copy(output.path("table"))
    assert Path(first).parent == tmp_path / f"align-corpus-{os.geteuid()}" / "copies"
    storage.requests.clear()
    assert (local_copy(output.path("table")), storage.requests) == (first, [])
    output.write_bytes("table", b"new")
    assert Path(local_copy(output.path("table"))).read_bytes() == b"new"
    assert Path(first).read_bytes() == b"old"
    assert local_copy(first) == first


def test_a_bucket_that_is_there_is_found_and_another_is_not(storage: Storage) -> None:
    check_buckets([f"{ROOT}/x", "local"])
    with pytest.raises(InputError, match=r"gs://none: no such bucket.*gcloud storage buckets create gs://none"):
        check_buckets([ROOT, "gs://none/x"])
    assert not exists("gs://none/x")
