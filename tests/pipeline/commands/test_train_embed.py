"""`python -m train embed` with a small model: what an index holds, how a killed run goes on, and what is refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.commands.train.embed import indexing
from pipeline.commands.train.embed import run as embed
from pipeline.commands.train.embed.index import TEXTS
from pipeline.commands.train.embed.parts import Parts
from tests.support.indexes import (
    TRAINED,
    call,
    contents,
    facts,
    of_picture,
    photos,
    rows,
)
from tests.support.training import picture, record, write_shard

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("small_models")]


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


@pytest.mark.parametrize("written", [0, 1, 2, 3])
def test_a_run_that_was_killed_goes_on_and_makes_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], written: int
):
    """Indexes twelve images in fifteen records, and two bad ones: four parts."""
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
    assert "it isn't finished: the same embed command resumes" in capsys.readouterr().err
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


def test_nothing_to_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "empty").mkdir()
    for option in (f"--images={tmp_path}/empty", f"--images={tmp_path}/*.jpg", f"--records={tmp_path}/none-*"):
        assert call("embed", option, f"--output={tmp_path}/index") == 2
        assert capsys.readouterr().err.count("\n") == 1
