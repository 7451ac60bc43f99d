"""The page of `python -m train search`: pictures by any kind of input, and frames for pictures that are gone."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tarfile
from pathlib import Path

import pytest

from bench.counted_files import FILES
from pipeline.commands.train.search import page as search_page
from tests.support.indexes import call, photos, rows
from tests.support.training import picture, record, write_shard

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("small_models")]


def page(index: Path, *options: str) -> str:
    assert call("search", f"--index={index}", f"--page={index.parent}/page.html", *options) == 0
    return (index.parent / "page.html").read_text()


def test_tars_and_tables_are_read_too_and_shown_again(tmp_path: Path):
    photos(tmp_path / "photos", 4)
    with (tmp_path / "photos" / "pairs.csv").open("w") as file:
        csv.writer(file).writerows([("text", "image_path"), ("zero", "00.jpg"), ("one", "deep/01.jpg")])
    with tarfile.open(tmp_path / "two.tar", "w") as tar:
        for name, content in (("b.jpg", picture(2)), ("b.txt", b"two"), ("c.jpg", picture(3)), ("c.txt", b"three")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    images = f"--images={tmp_path}/photos/pairs.csv,{tmp_path}/two.tar,{tmp_path}/photos"
    assert call("embed", images, f"--output={tmp_path}/index") == 0
    texts = [(row["name"], row["texts"]) for row in rows(tmp_path / "index")]
    assert texts[:4] == [("00.jpg", ["zero"]), ("deep/01.jpg", ["one"]), ("b", ["two"]), ("c", ["three"])]
    assert texts[4:] == [(f"photos/{name}.jpg", []) for name in ("00", "02", "deep/01", "deep/03")]
    assert page(tmp_path / "index", "--text=a").count("data:image/jpeg") == 8


def test_a_page_shows_pictures_texts_and_names_and_is_the_same_again(tmp_path: Path):
    shard = write_shard(tmp_path / "a.tfrecord", [record(0, txt="<b>bold</b>"), record(1, txt="another")])
    call("embed", f"--records={shard}", f"--output={tmp_path}/index")
    first = page(tmp_path / "index", "--text=a cat", "--text=<i>red")
    assert re.findall(r"<h2>(.*?)</h2>", first) == ["“a cat”", "“&lt;i&gt;red”"]
    assert first.count("data:image/jpeg") == 4
    assert first.count("&lt;b&gt;bold&lt;/b&gt;") == 2
    assert page(tmp_path / "index", "--text=a cat", "--text=<i>red") == first


@pytest.mark.parametrize(("queries", "top", "shown"), [(1, 5, 5), (1, 6, 5), (2, 3, 4), (5, 3, 5), (6, 1, 5)])
def test_a_page_of_very_many_pictures_shows_the_first_of_each_query(
    index: Path, monkeypatch: pytest.MonkeyPatch, queries: int, top: int, shown: int
):
    monkeypatch.setattr(search_page, "SHOWN", 5)
    asked = page(index, *[f"--text=cat {number}" for number in range(queries)], f"--top={top}")
    assert asked.count("data:image/jpeg") == shown
    assert ("The first 5 queries are shown." in asked) == (queries > 5)
    each = max(1, 5 // queries)
    assert (f"The first {each} of {top} pictures of a query are shown." in asked) == (top > each)


def test_a_picture_that_is_gone_is_a_frame_with_its_name(index: Path):
    gone, changed = (index.parent / "photos" / name for name in ("00.jpg", "02.jpg"))
    gone.unlink()
    changed.write_bytes(b"something else")
    image = index.parent / "photos" / "04.jpg"
    shown = page(index, f"--image={image}", "--plus=red")
    assert shown.count("data:image/jpeg") == 9 + 1
    assert shown.count("photos/00.jpg: gone, or changed") == shown.count("photos/02.jpg: gone, or changed") == 1


def test_records_that_are_gone_or_others_now_are_frames_too(tmp_path: Path):
    shard = Path(write_shard(tmp_path / "a.tfrecord", [record(number) for number in range(3)]))
    call("embed", f"--records={shard}", f"--output={tmp_path}/index")
    whole = shard.read_bytes()
    shard.write_bytes(whole[: len(whole) // 2])
    assert page(tmp_path / "index", "--text=a").count("gone, or changed") == 2
    shard.write_bytes(b"\xff" * len(whole))
    assert page(tmp_path / "index", "--text=a").count("gone, or changed") == 3
    shard.unlink()
    assert page(tmp_path / "index", "--text=a").count("gone, or changed") == 3


def test_names_and_texts_may_be_anything(tmp_path: Path):
    (tmp_path / "photos").mkdir()
    for name in (b"not UTF-8 \xff.jpg", "ü, “é”.jpg".encode(), b"<b>&.jpg"):
        (tmp_path / "photos" / os.fsdecode(name)).write_bytes(picture(0))
    assert call("embed", f"--images={tmp_path}/photos", f"--output={tmp_path}/index") == 0
    names = {row["name"] for row in rows(tmp_path / "index")}
    assert names == {"photos/not UTF-8 \ufffd.jpg", "photos/ü, “é”.jpg", "photos/<b>&.jpg"}
    options = ("--text=not UTF-8 \udcff\u202e", f"--output={tmp_path}/found.json")
    assert page(tmp_path / "index", *options).count("data:image/jpeg") == 2
    assert json.loads((tmp_path / "found.json").read_text())["queries"][0]["text"] == "not UTF-8 ?\u202e"


def test_pictures_in_a_bucket_are_read_and_shown_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for number in range(3):
        monkeypatch.setitem(FILES, f"counted://store/photos/{number}.jpg", picture(number))
    assert call("embed", "--images=counted://store/photos/", f"--output={tmp_path}/index") == 0
    assert [row["path"] for row in rows(tmp_path / "index")] == [f"counted://store/photos/{n}.jpg" for n in range(3)]
    assert page(tmp_path / "index", "--text=a").count("data:image/jpeg") == 3
