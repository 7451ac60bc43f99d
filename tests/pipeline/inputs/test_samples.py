"""Grouping of a tar's members in pairs: dots in names, members apart, concatenated archives, hidden members."""

from __future__ import annotations

import io
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from filters.picture import header
from pipeline.inputs import BadFile, Input
from pipeline.inputs.archives.samples import NOWHERE, ByteRange, Sample, Samples
from tests.support.inputs import again, read
from tests.support.pictures import encoded, noise

Member = tuple[str, bytes]


def tar(*members: Member) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def pair(key: str, text: str = "t") -> list[Member]:
    return [(f"{key}.jpg", f"image {key}".encode()), (f"{key}.txt", text.encode())]


def pairs(path: Path, content: bytes) -> list[tuple[str, bytes | None, bytes | None]]:
    """Key, image and text of each pair of a tar, whose images are read again too."""
    path.write_bytes(content)
    table = read(path)
    assert again(path, table, range(len(table))) == table["image"].to_pylist()
    return list(zip(*(table[name].to_pylist() for name in ("key", "image", "text")), strict=True))


def grouped(*names: str) -> dict[str, str]:
    """The kinds of members of each sample, by its key, of members with these names."""
    samples = Samples()
    for number, name in enumerate(names):
        samples.add(name, ByteRange(number, 1))
    samples.finish()
    kinds = {
        sample.key: [kind for kind in ("image", "txt", "json") if getattr(sample, kind) != NOWHERE]
        for sample in samples
    }
    assert len(kinds) == len(samples)
    return {key: " ".join(found) for key, found in kinds.items()}


@pytest.mark.parametrize(
    "key", ["a.b", "22.05", "./235342 Track 2.0 (Clean)", "img.v2.0", "a.", "a.jpg", "d.x/e.f", "a..b"]
)
def test_a_dot_in_a_base_name_belongs_to_the_key(tmp_path: Path, key: str) -> None:
    both = [*pair("0"), *pair(key), *pair("1")]
    expected = [("0", b"image 0", b"t"), (key, f"image {key}".encode(), b"t"), ("1", b"image 1", b"t")]
    assert pairs(tmp_path / "t.tar", tar(*both)) == expected
    assert pairs(tmp_path / "t.tar", tar(*pair(key))) == expected[1:2]


def test_further_parts_of_a_sample_are_no_samples() -> None:
    assert grouped("0.jpg", "0.seg.png", "0.txt", "0.left.jpg", "0.en.txt") == {"0": "image txt"}
    assert grouped("0.seg.png", "0.jpg", "0.txt") == {"0": "image txt"}, "in any order"
    assert grouped("d/0.a.jpg", "d/0.a.txt", "d/0.a.seg.png") == {"d/0.a": "image txt"}
    assert grouped("0.jpg", "0.txt", "0.b.jpg", "0.b.json") == {"0": "image txt", "0.b": "image json"}, "whole pairs"
    assert grouped("0.a.jpg", "1.jpg") == {"0.a": "image", "1": "image"}, "there is no sample 0"
    assert grouped("x/0.jpg", "y/0.seg.png") == {"x/0": "image", "y/0.seg": "image"}, "nor in another folder"


def test_other_and_hidden_members_are_passed_over() -> None:
    assert grouped("0.cls", "0.jpg.gz", "noend", "0.jpg ", "0.mp3", ".jpg", "d/.txt") == {}
    assert grouped("._0.jpg", ".0.txt", "__MACOSX/0.jpg", "d/__MACOSX/0.txt", ".cache/0.jpg", "d/._0.jpg") == {}
    assert grouped("./0.jpg", "../0.txt", "../../0.jpg", "a__MACOSX/0.jpg", "_0.jpg") == {
        "./0": "image",
        "../0": "txt",
        "../../0": "image",
        "a__MACOSX/0": "image",
        "_0": "image",
    }


def test_members_of_a_sample_may_stand_apart(tmp_path: Path) -> None:
    names = [("0.jpg", b"0"), ("1.jpg", b"1"), ("1.txt", b"t1"), ("0.json", b'{"url": "u"}'), ("0.txt", b"t0")]
    assert pairs(tmp_path / "t.tar", tar(*names)) == [("0", b"0", b"t0"), ("1", b"1", b"t1")]


def test_a_sample_that_comes_again_is_another_pair(tmp_path: Path) -> None:
    again_later = [*pair("0", "first"), *pair("1"), *pair("0", "second")]
    assert [text for _, _, text in pairs(tmp_path / "t.tar", tar(*again_later))] == [b"first", b"t", b"second"]
    at_once = [("0.jpg", b"1"), ("0.jpg", b"2"), ("0.png", b"3"), ("0.txt", b"t"), ("0.txt", b"u")]
    assert pairs(tmp_path / "t.tar", tar(*at_once)) == [("0", b"1", b"t")], "the first of each kind"


@pytest.mark.parametrize("padding", [0, 512, 10_240, (1 << 20) + 512])
def test_archives_behind_one_another_are_all_read(tmp_path: Path, padding: int) -> None:
    one, two = tar(*pair("0"), ("1.jpg", b"1")), tar(("1.txt", b"of another"), *pair("0", "u"))
    found = pairs(tmp_path / "t.tar", one + bytes(padding) + two + bytes(100) + bytes(padding))
    half = [("1", b"1", None), ("1", None, b"of another")]
    assert found == [("0", b"image 0", b"t"), *half, ("0", b"image 0", b"u")], "each as if it were alone"


def test_a_file_without_pairs_behind_archives_with_some_is_good(tmp_path: Path) -> None:
    assert len(pairs(tmp_path / "t.tar", tar() + tar(("a.py", b"")) + tar(*pair("0")) + tar())) == 1


@pytest.mark.parametrize("garbage", [b"trailing garbage", b"\0" * 700 + b"x", b"x" * 2_000, b"\x1f\x8b" + bytes(600)])
def test_what_is_no_archive_behind_one_makes_a_bad_file(tmp_path: Path, garbage: bytes) -> None:
    content = tar(*pair("0"))
    with pytest.raises(BadFile, match=r"from byte \d+, is not a tar|damaged header|truncated") as error:
        pairs(tmp_path / "t.tar", content + garbage)
    assert "\n" not in str(error.value)
    with pytest.raises(BadFile):
        pairs(tmp_path / "t.tar", content + tar(*pair("1"))[:700])


@pytest.mark.parametrize("format", ["AVIF", "BMP", "TIFF", "GIF", "WEBP"])
def test_members_of_more_formats_are_images(tmp_path: Path, format: str) -> None:
    picture = encoded(noise(), format)
    for suffix in {"TIFF": ("tif", "TIFF")}.get(format, (format.lower(),)):
        [(_, image, _)] = pairs(tmp_path / "t.tar", tar((f"0.{suffix}", picture), ("0.txt", b"t")))
        assert image == picture and (header(image).width, header(image).height) == noise().size


def test_a_text_has_no_byte_order_mark(tmp_path: Path) -> None:
    texts = [
        b"\xef\xbb\xbfbom",
        "\ufeffbom \u732b".encode("utf-16-le"),
        "\ufeffbom".encode("utf-16-be"),
        b"b\xef\xbb\xbf",
    ]
    members = [(f"{number}.txt", text) for number, text in enumerate(texts)]
    found = [text for _, _, text in pairs(tmp_path / "t.tar", tar(*members, ("9.jpg", b"")))]
    assert found == [b"bom", "bom \u732b".encode(), b"bom", b"b\xef\xbb\xbf", None]


def test_fields_behind_a_byte_order_mark_and_lists_of_captions(tmp_path: Path) -> None:
    fields = [b'\xef\xbb\xbf{"caption": "bom"}', b'{"caption": ["a", "b"]}', b'{"caption": null}', b"not json"]
    members = [(f"{number}.json", content) for number, content in enumerate(fields)]
    found = pairs(tmp_path / "t.tar", tar(*(both for m in members for both in ((m[0][0] + ".jpg", b"i"), m))))
    texts = [(key, text) for key, _, text in found]
    assert texts == [("0", b"bom"), ("1#0", b"a"), ("1#1", b"b"), ("2", None), ("3", None)]
    assert {image for _, image, _ in found} == {b"i"}


@pytest.mark.parametrize(("name", "start"), [("0.txt", b"x"), ("0.json", b'{"a": "b"}')])
def test_a_member_over_the_limit_makes_a_bad_file(tmp_path: Path, name: str, start: bytes) -> None:
    limit = 100
    settings = Input(max_row_bytes=limit)
    for length in (limit, limit + 1):
        (tmp_path / "t.tar").write_bytes(tar(*pair("1"), (name, start.ljust(length))))
        if length == limit:
            assert len(read(tmp_path / "t.tar", settings)) == 2
        else:
            with pytest.raises(BadFile, match=f"{name} is over 100 bytes"):
                read(tmp_path / "t.tar", settings)


def test_an_image_over_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.inputs.archives.pairs.MOST_IMAGE_BYTES", 7)
    assert [image for _, image, _ in pairs(tmp_path / "t.tar", tar(*pair("0"), ("1.jpg", b"8 bytes.")))] == [
        b"image 0",
        None,
    ]


def test_a_header_that_describes_the_next_in_megabytes_makes_a_bad_file(tmp_path: Path) -> None:
    for kind in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
        member = tarfile.TarInfo("h")
        member.type, member.size = kind, (1 << 20) + 1
        (tmp_path / "t.tar").write_bytes(tar(*pair("0"))[:2048] + member.tobuf() + bytes(2 << 20))
        with pytest.raises(BadFile, match=r"describes the next in 1,048,577 bytes"):
            read(tmp_path / "t.tar")


@pytest.mark.slow
def test_memory_holds_keys_and_places_alone() -> None:
    tracemalloc.start()
    samples = Samples()
    for number in range(20_000):
        for place, suffix in enumerate(("jpg", "json", "txt")):
            samples.add(f"{number:09d}.{suffix}", ByteRange(number << 20, 1 << place))
    peak = tracemalloc.get_traced_memory()[1]
    samples.finish()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert next(iter(samples)) == Sample("000000000", ByteRange(0, 1), ByteRange(0, 4), ByteRange(0, 2))
    assert held < 160 * len(samples) and peak < 320 * len(samples)
