"""`python -m train embed` and `search` with a small model: what an index holds, what is found, and what is refused."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import re
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.training.cli import _run
from pipeline.training.embed import indexing
from pipeline.training.embed import run as embed
from pipeline.training.embed.index import TEXTS
from pipeline.training.embed.parts import Parts
from pipeline.training.options import parse
from pipeline.training.search import page as search_page
from pipeline.training.search import run as search
from tests.bucket import OBJECTS
from tests.command import fingerprint
from tests.training import picture, record, small_trained, tokenizer, write_shard
from train import embedding
from train.vectors import normalised

TRAINED = small_trained()
OTHER = dataclasses.replace(TRAINED, weights="cd" * 32)


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder `other` holds another model; two pictures are embedded at once, four are a part of an index."""
    for module in (embed, search):
        monkeypatch.setattr(module, "load_model", lambda folder: OTHER if folder == "other" else TRAINED)
    monkeypatch.setattr(embedding, "AT_ONCE", 2)
    monkeypatch.setattr(indexing, "PER_PART", 4)


def call(command: str, *options: str | Path, model: str = "model") -> int:
    """The exit code of a command, in this process."""
    return _run(*parse([command, f"--model={model}", *map(str, options)]), folder=os.devnull)


def photos(folder: Path, count: int) -> Path:
    """So many pictures, in two folders."""
    (folder / "deep").mkdir(parents=True)
    for number in range(count):
        (folder / ("deep" if number % 2 else "") / f"{number:02}.jpg").write_bytes(picture(number))
    return folder


def rows(index: Path) -> list[dict]:
    return pq.read_table(index / "pictures.parquet").to_pylist()


def facts(index: Path) -> dict:
    return json.loads((index / "index.json").read_text())


def contents(index: Path) -> dict[str, str]:
    return {path.name: fingerprint(path) for path in index.iterdir()}


def of_picture(number: int) -> np.ndarray:
    """Its embedding, by the tower itself."""
    pixels = TRAINED.square.middle(picture(number))
    return normalised(TRAINED.model.images(pixels[None], training=False).numpy()[0])


def of_text(text: str) -> np.ndarray:
    return normalised(TRAINED.model.texts(tokenizer().encode([text], 8), training=False).numpy()[0])


def ranked(query: np.ndarray) -> list[int]:
    """The numbers of eleven pictures, the most similar first."""
    return sorted(range(11), key=lambda number: -float(of_picture(number) @ query))


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Of eleven pictures in folders."""
    photos(tmp_path / "photos", 11)
    assert call("embed", f"--images={tmp_path}/photos", f"--output={tmp_path}/index") == 0
    return tmp_path / "index"


def found(index: Path, *options: str) -> list[list[int]]:
    """The numbers of the pictures that are found for each query."""
    output = index.parent / "found.json"
    assert call("search", f"--index={index}", f"--output={output}", *options) == 0
    queries = json.loads(output.read_text())["queries"]
    return [[int(hit["name"][-6:-4]) for hit in query["pictures"]] for query in queries]


def test_an_index_holds_each_picture_and_its_vector(index: Path, tmp_path: Path):
    assert sorted(contents(index)) == ["index.json", "pictures.parquet", "vectors.npy"]
    assert facts(index)["pictures"] == 11
    assert facts(index)["model"] == TRAINED.weights
    names = [row["name"] for row in rows(index)]
    assert names == sorted(f"photos/{'deep/' if number % 2 else ''}{number:02}.jpg" for number in range(11))
    for row, vector in zip(rows(index), np.load(index / "vectors.npy"), strict=True):
        assert row["path"] == str(tmp_path / row["name"])
        assert (row["width"], row["height"], row["row"], row["texts"]) == (60, 40, None, [])
        np.testing.assert_allclose(vector, of_picture(int(row["name"][-6:-4])), atol=1e-6)


def test_a_text_finds_what_its_embedding_is_nearest_to(index: Path):
    assert found(index, "--text=a cat", "--text=the old town", "--top=11") == [
        ranked(of_text("a cat")),
        ranked(of_text("the old town")),
    ]


def test_a_picture_finds_itself_and_texts_are_added_and_subtracted(index: Path):
    image = f"--image={index.parent}/photos/deep/03.jpg"
    assert found(index, image, "--top=4") == [ranked(of_picture(3))[:4]]
    assert found(index, image, "--top=1") == [[3]]
    both = of_picture(3) + 2 * of_text("red") - 2 * of_text("blue")
    assert found(index, image, "--plus=red", "--minus=blue") == [ranked(both)]
    assert found(index, image, "--plus=red", "--scale=0.5") == [ranked(of_picture(3) + 0.5 * of_text("red"))]


def test_queries_may_be_the_lines_of_a_file(index: Path, tmp_path: Path):
    (tmp_path / "queries.txt").write_text("a cat\n\n  the old town \n")
    assert found(index, f"--queries={tmp_path}/queries.txt") == found(index, "--text=a cat", "--text=the old town")


def test_what_is_found_is_told_by_rank_similarity_name_and_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    shard = write_shard(tmp_path / "a.tfrecord", [record(0, txt="one\n\x1b[31mline"), record(1, txt="another")])
    call("embed", f"--records={shard}", f"--output={tmp_path}/index")
    capsys.readouterr()
    assert call("search", f"--index={tmp_path}/index", "--text=a cat", "--top=9") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    best, other = sorted((0, 1), key=lambda number: -float(of_picture(number) @ of_text("a cat")))
    says = ["one [U+001B][31mline", "another"]
    assert lines[0] == f"    1 {of_picture(best) @ of_text('a cat'):8.4f}  k{best}  {says[best]}"
    assert lines[1].startswith("    2 ") and lines[1].endswith(f"  k{other}  {says[other]}")


def test_a_picture_of_several_records_is_there_once_with_its_first_texts(tmp_path: Path):
    """Over parts and files; also one that can't be decoded, which counts once."""
    pictures = [0, 1, 0, 2, 3, 4, 0, 1, *range(5, 9), *[0] * TEXTS, 8]
    records = [record(number, txt=f"{place}") for place, number in enumerate(pictures)]
    bad = record(90, jpg=b"no picture", key="bad")
    first = write_shard(tmp_path / "a-00000-of-00002", [*records[:6], bad])
    second = write_shard(tmp_path / "a-00001-of-00002", [bad, *records[6:]])
    assert call("embed", f"--records={first},{second}", f"--output={tmp_path}/index") == 0
    expected = [[str(place) for place, other in enumerate(pictures) if other == number][:TEXTS] for number in range(9)]
    assert [row["texts"] for row in rows(tmp_path / "index")] == expected
    assert [row["name"] for row in rows(tmp_path / "index")] == [f"k{number}" for number in range(9)]
    assert (facts(tmp_path / "index")["bad"], facts(tmp_path / "index")["named"]) == (1, ["bad: no image format"])
    vectors = np.load(tmp_path / "index" / "vectors.npy")
    np.testing.assert_allclose(vectors, [of_picture(number) for number in range(9)], atol=1e-6)


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


def page(index: Path, *options: str) -> str:
    assert call("search", f"--index={index}", f"--page={index.parent}/page.html", *options) == 0
    return (index.parent / "page.html").read_text()


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


@pytest.mark.parametrize("written", [0, 1, 2, 3])
def test_a_run_that_was_killed_goes_on_and_makes_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], written: int
):
    """Of twelve pictures in fifteen records, and two that are bad: four parts."""
    numbers = [0, 1, 2, 0, 3, 4, 5, 6, 7, 1, 8, 9, 10, 11, 2]
    records = [record(number, txt=str(place)) for place, number in enumerate(numbers)]
    records[5:5] = records[9:9] = [record(90, jpg=b"bad", key="b")]
    shards = [write_shard(tmp_path / f"{n}.tfrecord", part) for n, part in enumerate((records[:7], records[7:]))]
    command = ("embed", f"--records={','.join(shards)}")
    assert call(*command, f"--output={tmp_path}/whole") == 0
    assert facts(tmp_path / "whole")["bad"] == 1
    write = Parts.write
    monkeypatch.setattr(Parts, "write", lambda parts, number, part: _until(written, write, parts, number, part))
    with pytest.raises(KeyboardInterrupt):
        call(*command, f"--output={tmp_path}/index")
    assert len(Parts(embed.Output(f"{tmp_path}/index")).notes()) == written
    assert call("search", f"--index={tmp_path}/index", "--text=a") == 2
    assert "it isn't finished: the same embed goes on" in capsys.readouterr().err
    monkeypatch.setattr(Parts, "write", write)
    assert call(*command, f"--output={tmp_path}/index") == 0
    assert contents(tmp_path / "index") == contents(tmp_path / "whole")


def _until(most: int, write: Callable, parts: Parts, number: int, part: list) -> object:
    if number == most:
        raise KeyboardInterrupt
    return write(parts, number, part)


def test_the_same_command_again_does_nothing(index: Path, monkeypatch: pytest.MonkeyPatch):
    before = contents(index)
    monkeypatch.setattr(indexing, "embed_pictures", None)
    assert call("embed", f"--images={index.parent}/photos", f"--output={index}") == 0
    assert contents(index) == before


def test_another_index_in_its_place_is_refused_and_can_be_replaced(index: Path, capsys: pytest.CaptureFixture[str]):
    (index.parent / "photos" / "new.jpg").write_bytes(picture(20))
    command = ("embed", f"--images={index.parent}/photos", f"--output={index}")
    assert call(*command) == 2
    assert capsys.readouterr().err == f"train: output: {index} holds an index of other files; --overwrite replaces it\n"
    assert call(*command, model="other") == 2
    assert "holds an index by another model; --overwrite" in capsys.readouterr().err
    assert call(*command, "--overwrite") == 0
    assert facts(index)["pictures"] == 12


def test_bad_pictures_are_named_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    photos(tmp_path / "photos", 2)
    for number in range(7):
        (tmp_path / "photos" / f"bad-{number}.png").write_bytes(b"no picture")
    assert call("embed", f"--images={tmp_path}/photos", f"--output={tmp_path}/index") == 0
    said = capsys.readouterr()
    assert said.out == f"{tmp_path}/index: 2 pictures, vectors of 16\n"
    bad = "".join(f"  photos/bad-{number}.png: no image format\n" for number in range(5))
    assert f"embed: 7 pictures can't be read:\n{bad}  and 2 more\n" in said.err


def test_pictures_that_a_table_names_in_vain_are_bad_each(tmp_path: Path):
    photos(tmp_path / "photos", 1)
    with (tmp_path / "photos" / "pairs.csv").open("w") as file:
        rows = [("a", "gone.jpg"), ("b", "00.jpg"), ("c", "../outside.jpg"), ("d", "00.jpg")]
        csv.writer(file).writerows([("text", "image_path"), *rows])
    assert call("embed", f"--images={tmp_path}/photos/pairs.csv", f"--output={tmp_path}/index") == 0
    told = {name: facts(tmp_path / "index")[name] for name in ("pictures", "bad", "named")}
    assert told == {"pictures": 1, "bad": 2, "named": ["gone.jpg: no picture", "../outside.jpg: no picture"]}


def test_where_no_picture_can_be_read_there_is_no_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "bad.png").write_bytes(b"")
    assert call("embed", f"--images={tmp_path}/photos", f"--output={tmp_path}/index") == 2
    assert "none of 1 pictures can be read, such as photos/bad.png: no picture" in capsys.readouterr().err
    (tmp_path / "photos" / "good.jpg").write_bytes(picture(0))
    assert call("embed", f"--images={tmp_path}/photos", f"--output={tmp_path}/index") == 0


def test_damaged_records_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    shard = Path(write_shard(tmp_path / "a.tfrecord", [record(number) for number in range(3)]))
    shard.write_bytes(shard.read_bytes()[:-10])
    assert call("embed", f"--records={shard}", f"--output={tmp_path}/index") == 1
    assert f"{shard}: cut off in the record at byte" in capsys.readouterr().err


def test_a_model_that_makes_no_numbers_is_told(index: Path, monkeypatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(indexing, "embed_pictures", lambda *_: iter(np.full((11, 16), np.nan, np.float32)))
    assert call("embed", f"--images={index.parent}/photos", f"--output={index}", "--overwrite") == 1
    assert "photos/00.jpg: the model makes no numbers of it" in capsys.readouterr().err


def test_an_index_of_another_model_is_refused(index: Path, capsys: pytest.CaptureFixture[str]):
    assert call("search", f"--index={index}", "--text=a cat", model="other") == 2
    assert f"{index} was made with the weights abababababab…, other has cdcdcdcdcdcd…" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "size", "says"),
    [
        ("vectors.npy", 300, "is damaged"),
        ("vectors.npy", 0, "is damaged"),
        ("pictures.parquet", 300, "is damaged"),
        ("index.json", 50, "is damaged"),
        ("index.json", None, "holds no index of python -m train embed"),
        ("vectors.npy", None, "is damaged"),
    ],
)
def test_an_index_that_is_cut_off_is_told(
    index: Path, capsys: pytest.CaptureFixture[str], name: str, size: int | None, says: str
):
    file = index / name
    content = file.read_bytes()
    file.unlink()
    if size is not None:
        file.write_bytes(content[:size])
    assert call("search", f"--index={index}", "--text=a cat") == 2
    assert f"train: index: {index} {says}" in capsys.readouterr().err


def test_files_of_two_indexes_do_not_fit(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    call("embed", f"--images={photos(tmp_path / 'few', 3)}", f"--output={tmp_path}/small")
    for name in ("vectors.npy", "pictures.parquet"):
        before = (index / name).read_bytes()
        (index / name).write_bytes((tmp_path / "small" / name).read_bytes())
        assert call("search", f"--index={index}", "--text=a cat") == 2
        assert f"is damaged: {name}" in capsys.readouterr().err
        (index / name).write_bytes(before)


def test_a_long_text_is_used_as_far_as_the_tower_takes_it(index: Path, capsys: pytest.CaptureFixture[str]):
    assert found(index, "--text=" + "photo " * 10_000) == found(index, "--text=" + "photo " * 6)
    assert "of 10,000 words the first 6 are used: the text tower takes 6 pieces" in capsys.readouterr().err
    found(index, "--text=" + "photo " * 5 + "cat")  # a piece for each letter
    assert "of 6 words the first 6 are used" in capsys.readouterr().err
    found(index, "--text=" + "photo " * 6)
    assert capsys.readouterr().err == ""


def test_a_text_of_unknown_words_is_told(index: Path, capsys: pytest.CaptureFixture[str]):
    found(index, "--text=ответ")
    assert "no word of it is in the vocabulary" in capsys.readouterr().err


def test_a_picture_that_is_none_is_told(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "text.jpg").write_text("no picture")
    for name, says in (("text.jpg", "no image format"), ("gone.jpg", "no such file")):
        assert call("search", f"--index={index}", f"--image={tmp_path}/{name}") == 2
        assert capsys.readouterr().err == f"train: image: {tmp_path}/{name}: {says}\n"


def test_lists_for_faiss_are_added_to_an_index_and_used(index: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    plain, before = found(index, "--text=a cat"), contents(index)
    assert call("embed", f"--images={index.parent}/photos", f"--output={index}", "--faiss") == 0
    assert {**before, "vectors.faiss": contents(index)["vectors.faiss"]} == contents(index)
    monkeypatch.setattr(search, "nearest", None)
    assert found(index, "--text=a cat") == plain
    (index / "vectors.faiss").write_bytes(b"damaged")
    assert call("search", f"--index={index}", "--text=a cat") == 2
    assert "vectors.faiss: no index of faiss, or a damaged one; --exact does without" in capsys.readouterr().err
    monkeypatch.undo()


def test_without_faiss_its_extra_is_named(index: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    command = ("embed", f"--images={index.parent}/photos", f"--output={index}", "--faiss")
    assert call(*command) == 0
    monkeypatch.setitem(sys.modules, "faiss", None)
    capsys.readouterr()
    assert call(*command) == 2
    install = "needs the package faiss: pip install 'align-corpus[faiss]'"
    assert capsys.readouterr().err == f"train: --faiss: {install}\n"
    assert call("search", f"--index={index}", "--text=a cat") == 2
    assert capsys.readouterr().err == f"train: search without --exact: {install}\n"
    assert call("search", f"--index={index}", "--text=a cat", "--exact") == 0


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
        monkeypatch.setitem(OBJECTS, f"bucket://store/photos/{number}.jpg", picture(number))
    assert call("embed", "--images=bucket://store/photos/", f"--output={tmp_path}/index") == 0
    assert [row["path"] for row in rows(tmp_path / "index")] == [f"bucket://store/photos/{n}.jpg" for n in range(3)]
    assert page(tmp_path / "index", "--text=a").count("data:image/jpeg") == 3


@pytest.mark.parametrize(
    ("command", "options", "message"),
    [
        ("embed", ["--output=x"], "give --images, --corpus or --records, one of them"),
        ("embed", ["--output=x", "--images=x", "--corpus=x"], "give --images, --corpus or --records, one of them"),
        ("embed", ["--images=x"], "the following arguments are required: --output"),
        ("embed", ["--output=x", "--images=x", "--train.batch=3"], "--train.batch: an index is made with the settings"),
        ("search", ["--index=x"], "give --text, --queries or --image, one of them"),
        ("search", ["--index=x", "--text=a", "--image=b"], "beside a picture, a text is --plus or --minus"),
        ("search", ["--index=x", "--text=a", "--plus=b"], "--plus: only beside a picture, --image"),
        ("search", ["--index=x", "--minus=b"], "give --text, --queries or --image, one of them"),
        ("search", ["--index=x", "--text= "], "a text is empty"),
        ("search", ["--index=x", "--image=a", "--minus="], "a text is empty"),
        ("search", ["--index=x", "--text=a", "--top=0"], "argument --top: '0' is not a whole number from 1"),
        ("search", ["--index=x", "--image=a", "--scale=0"], "--scale: 0 is not over 0"),
        ("search", ["--index=x", "--queries=nowhere.txt"], "--queries=nowhere.txt: No such file or directory"),
        ("search", ["--index=x", "--queries=/dev/null"], "--queries=/dev/null: no text in it"),
    ],
)
def test_wrong_usage_is_told(command: str, options: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="2"):
        parse([command, "--model=x", *options])
    assert message in capsys.readouterr().err


def test_nothing_to_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "empty").mkdir()
    for option in (f"--images={tmp_path}/empty", f"--images={tmp_path}/*.jpg", f"--records={tmp_path}/none-*"):
        assert call("embed", option, f"--output={tmp_path}/index") == 2
        assert capsys.readouterr().err.count("\n") == 1
