"""WebDataset tars made with `tarfile`: samples, fields, awkward members, and every kind of damage."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from pipeline.inputs import BadFile, Columns, Input, Span
from pipeline.inputs.archives.tar import _Header
from pipeline.inputs.reader import IMAGE_BATCH_BYTES, IMAGE_BATCH_ROWS
from tests.support.inputs import again, carried, open_path, read

Member = tuple[str, bytes]


def write_tar(path: Path, members: Iterable[Member], kind: int = tarfile.GNU_FORMAT) -> Path:
    with tarfile.open(path, "w", format=kind) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def fields(**values: Any) -> bytes:
    return json.dumps(values).encode()


def sample(key: str, text: str, values: dict[str, Any] | None = None) -> list[Member]:
    members = [(f"{key}.jpg", f"image {key}".encode()), (f"{key}.txt", text.encode())]
    return members if values is None else [*members, (f"{key}.json", fields(**values))]


def test_samples_as_img2dataset_writes_them(tmp_path: Path) -> None:
    keys = [f"{row:09d}" for row in range(5)]
    more = {"url": "http://u", "sha256": "AB" * 32, "width": 3, "error_message": None}
    members = [member for key in keys for member in sample(key, f"text {key}", {"key": key, **more})]
    path = write_tar(tmp_path / "00000.tar", members)
    table, reader = read(path), open_path(path)
    assert reader.one_shard and reader.has_images and reader.spans(10) == [Span(0, None)]
    assert table["key"].to_pylist() == keys and table["url"].to_pylist() == ["http://u"] * 5
    assert table["text"].to_pylist() == [f"text {key}".encode() for key in keys]
    assert table["image"].to_pylist() == [f"image {key}".encode() for key in keys]
    assert set(table["sha256"].to_pylist()) == {"ab" * 32} and table["width"].null_count == 5
    assert carried(table) == {"input_width": [3] * 5, "error_message": [None] * 5}
    content = path.read_bytes()
    places = zip(table["offset"].to_pylist(), table["length"].to_pylist(), strict=True)
    assert [content[offset : offset + length] for offset, length in places] == table["image"].to_pylist()
    assert again(path, table, [0, 2, 3]) == [table["image"][row].as_py() for row in (0, 2, 3)]


def test_members_of_a_sample_in_any_order(tmp_path: Path) -> None:
    members = [
        ("b.txt", b"tb"),
        ("b.jpg", b"ib"),
        ("a.json", fields(url="u")),
        ("a.txt", b"ta"),
        ("a.PNG", b"ia"),
        ("c.webp", b"ic"),
    ]
    table = read(write_tar(tmp_path / "t.tar", members))
    assert table["key"].to_pylist() == ["b", "a", "c"] and table["image"].to_pylist() == [b"ib", b"ia", b"ic"]
    assert table["text"].to_pylist() == [b"tb", b"ta", None] and table["url"].to_pylist() == [None, "u", None]


def test_the_key_is_the_path_up_to_the_first_dot(tmp_path: Path) -> None:
    names = [
        "./a.jpg",
        "dir.x/b.txt",
        "dir.x/b.jpg",
        "/abs/c.jpg",
        "../../d.jpg",
        "ü/日本.jpg",
        ".hidden.jpg",
        "e.f.jpg",
        "e.jpg",
        "noend",
    ]
    table = read(write_tar(tmp_path / "t.tar", [(name, name.encode()) for name in names]))
    assert table["key"].to_pylist() == ["./a", "dir.x/b", "/abs/c", "../../d", "ü/日本", "e"]
    assert table["image"].to_pylist()[-1] == b"e.jpg", "the ending is all after the first dot: e.f.jpg is no image"
    assert sorted(tmp_path.parent.rglob("d.jpg")) == []


def test_the_json_s_key_wins(tmp_path: Path) -> None:
    members = [*sample("0", "t", {"key": "k0", "id": "i0"}), *sample("1", "t", {"key": None, "id": "i1"})]
    path = write_tar(tmp_path / "t.tar", members)
    assert read(path)["key"].to_pylist() == ["k0", None]
    assert read(path, Input(columns=Columns(key="id")))["key"].to_pylist() == ["i0", "i1"]


def test_the_caption_is_the_text_of_samples_without_one(tmp_path: Path) -> None:
    both = sample("0", "", {"caption": "c0"})
    only = [("1.jpg", b"i"), ("1.json", fields(caption="c1"))]
    mixed = read(write_tar(tmp_path / "t.tar", [*both, *only]))
    assert mixed["text"].to_pylist() == [b"", b"c1"] and carried(mixed) == {"caption": ["c0", "c1"]}
    alone = read(write_tar(tmp_path / "t.tar", only))
    assert alone["text"].to_pylist() == [b"c1"] and carried(alone) == {}
    chosen = read(write_tar(tmp_path / "t.tar", both), Input(columns=Columns(text="caption")))
    assert chosen["text"].to_pylist() == [b"c0"] and carried(chosen) == {}


def test_a_bad_row_is_not_a_bad_file(tmp_path: Path) -> None:
    members = [
        ("0.jpg", b""),
        ("0.txt", b"\xff not UTF-8"),
        ("1.txt", b"no image"),
        ("2.json", b"{ not JSON"),
        ("2.jpg", b"2"),
        ("3.json", b"[1]"),
        ("3.jpg", b"3"),
        ("4.json", fields(url=5, text=None, deep={"a": [1]})),
        ("5.json", b"[" * 100_000),
    ]
    path = write_tar(tmp_path / "t.tar", members)
    table = read(path)
    assert table["image"].to_pylist() == again(path, table, range(6)) == [b"", None, b"2", b"3", None, None]
    assert table["text"].to_pylist() == [b"\xff not UTF-8", b"no image", None, None, None, None]
    assert table["url"].to_pylist() == [None] * 4 + ["5", None]
    assert carried(table)["deep"] == [None] * 4 + ['{"a": [1]}', None]


def test_the_first_member_of_a_kind_counts(tmp_path: Path) -> None:
    table = read(write_tar(tmp_path / "t.tar", [("a.jpg", b"1"), ("a.png", b"2"), ("a.txt", b"x"), ("a.txt", b"y")]))
    assert table["image"].to_pylist() == [b"1"] and table["text"].to_pylist() == [b"x"]


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        for name, kind in [
            ("0.jpg", tarfile.SYMTYPE),
            ("1.jpg", tarfile.LNKTYPE),
            ("2.jpg", tarfile.CHRTYPE),
            ("3", tarfile.DIRTYPE),
        ]:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, str(tmp_path / "secret")
            archive.addfile(member)
        for name, content in sample("4", "t"):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    assert read(tmp_path / "t.tar")["key"].to_pylist() == ["4"]


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names(tmp_path: Path, kind: int) -> None:
    key = "d" * 90 + "/" + "k" * 90 if kind == tarfile.USTAR_FORMAT else "é" * 300
    table = read(write_tar(tmp_path / "t.tar", sample(key, "t"), kind))
    assert table["key"].to_pylist() == [key] and table["text"].to_pylist() == [b"t"]


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["a.jpg", "b" * 100, "é" * 50, "d/" * 60 + "e.jpg", "f" * 99 + "\udcff"])
@pytest.mark.parametrize("size", [0, 1, 8**11 - 1, 8**11, 2**62])
def test_headers_read_as_tarfile_reads_them(kind: Any, name: str, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size = 0 if kind == tarfile.USTAR_FORMAT and size >= 8**11 else size
    blocks = member.tobuf(kind, "utf-8", "surrogateescape")
    for header in (blocks[place : place + 512] for place in (0, len(blocks) - 512)):
        ours, theirs = (each.frombuf(header, "utf-8", "surrogateescape") for each in (_Header, tarfile.TarInfo))
        assert (ours.name, ours.size, ours.type) == (theirs.name, theirs.size, theirs.type)


def test_batches_stay_small(tmp_path: Path) -> None:
    large = [
        member for row in range(6) for member in ((f"l{row}.jpg", bytes(IMAGE_BATCH_BYTES // 2)), (f"l{row}.txt", b"t"))
    ]
    small = [(f"s{row}.txt", b"t") for row in range(IMAGE_BATCH_ROWS + 1)]
    batches = list(open_path(write_tar(tmp_path / "t.tar", [*large, *small])).batches())
    assert [len(batch) for batch in batches] == [2, 2, 2, IMAGE_BATCH_ROWS, 1]


def test_text_only_reads_no_image(tmp_path: Path) -> None:
    table = read(write_tar(tmp_path / "t.tar", sample("0", "t")), text_only=True)
    assert table["image"].to_pylist() == [None] and table["text"].to_pylist() == [b"t"]


def test_an_empty_tar_is_an_empty_batch(tmp_path: Path) -> None:
    assert len(read(write_tar(tmp_path / "t.tar", []))) == 0
    assert len(read(tmp_path / "t.tar", Input(columns=Columns(text="caption")))) == 0
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("folder"))
    with pytest.raises(BadFile, match="no pair"):
        read(tmp_path / "t.tar")


def test_a_tar_without_any_text_or_pair(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"no text \(\.txt, txt, .*; the fields are url \(string\)"):
        read(write_tar(tmp_path / "t.tar", [("0.jpg", b"i"), ("0.json", fields(url="u"))]))
    with pytest.raises(BadFile, match=r"no pair: no member ends with jpg.*; the last is 'b\.c'"):
        read(write_tar(tmp_path / "t.tar", [("a.py", b""), ("b.c", b"")]))


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return write_tar(tmp_path / "whole.tar", [m for row in range(3) for m in sample(str(row), "t")]).read_bytes()


def reason(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(BadFile) as error:
        read(path)
    assert error.value.path == str(path) and "\n" not in str(error.value)
    return error.value.reason


def test_a_tar_cut_anywhere_is_bad(tmp_path: Path, content: bytes) -> None:
    end = (
        len(content.rstrip(b"\0")) // 512 * 512 + 1024
    )  # where the zeros of the end have begun, and one block is whole
    for length in [*range(0, end - 512, 100), *range(0, end - 512, 512)]:
        assert reason(tmp_path / "cut.tar", content[:length])
    assert "no end of the archive" in reason(tmp_path / "cut.tar", content[: end - 512])
    (tmp_path / "cut.tar").write_bytes(content[:end])
    assert len(read(tmp_path / "cut.tar")) == 3


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path: Path, content: bytes) -> None:
    for header in range(0, 6 * 1024, 1024):
        damaged = bytearray(content)
        damaged[header + 10] ^= 1
        assert "header" in reason(tmp_path / "t.tar", bytes(damaged))


def test_sizes_that_lead_nowhere(tmp_path: Path, content: bytes) -> None:
    for size in (-512, -(2**40), 2**62, 9_000):
        header = tarfile.TarInfo("0.jpg")
        header.size = size
        damaged = header.tobuf(tarfile.GNU_FORMAT) + content[512:]
        assert reason(tmp_path / "t.tar", damaged)


@pytest.mark.parametrize("other", [b"", b"PAR1", bytes(100), b"\x1f\x8b" + bytes(600), b"x" * 5_000])
def test_no_tar(tmp_path: Path, other: bytes) -> None:
    assert reason(tmp_path / "t.tar", other)
