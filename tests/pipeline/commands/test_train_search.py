"""`python -m train search` with a small model: what is found, how it is told, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.commands.train.cli import TRAIN
from pipeline.commands.train.embed import indexing
from pipeline.commands.train.search import run as search
from tests.support.indexes import call, contents, found, of_picture, of_text, photos, ranked
from tests.support.training import record, write_shard

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("small_models")]


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
    says = [r"one \x1b[31mline", "another"]
    assert lines[0] == f"    1 {of_picture(best) @ of_text('a cat'):8.4f}  k{best}  {says[best]}"
    assert lines[1].startswith("    2 ") and lines[1].endswith(f"  k{other}  {says[other]}")


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
    assert call("search", f"--index={index}", "--text=a cat", "--probes=3") == 2
    says = f"train: --probes: {index} has no lists for faiss; embed --faiss adds them\n"
    assert capsys.readouterr().err.endswith(says)
    assert call("embed", f"--images={index.parent}/photos", f"--output={index}", "--faiss") == 0
    assert {**before, "vectors.faiss": contents(index)["vectors.faiss"]} == contents(index)
    monkeypatch.setattr(search, "nearest", None)
    assert found(index, "--text=a cat") == found(index, "--text=a cat", "--probes=64") == plain
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
        ("search", ["--index=x", "--image=a", "--plus=b", "--scale=1000001"], "--scale: 1,000,001 is over 1,000,000"),
        ("search", ["--index=x", "--image=a", "--plus=b", "--scale=inf"], "--scale: inf is over 1,000,000, where"),
        ("search", ["--index=x", "--image=a", "--plus=b", "--scale=nan"], "--scale: nan is not over 0"),
        ("search", ["--index=x", "--image=a", "--scale=2"], "--scale: there is no --plus or --minus to scale"),
        ("search", ["--index=x", "--text=a", "--scale=2"], "--scale: there is no --plus or --minus to scale"),
        ("search", ["--index=x", "--text=a", "--exact", "--probes=4"], "--probes isn't taken with --exact"),
        ("search", ["--index=x", "--text=a", "--storage.request=4"], "the nearest is --storage.requests"),
        ("embed", ["--output=x", "--images=x", "--storage.retry=4"], "the nearest is --storage.retries"),
        ("search", ["--index=x", "--text=a", "--train.seed=4"], "--train.seed: an index is searched with the settings"),
        ("search", ["--index=x", "--queries=nowhere.txt"], "--queries=nowhere.txt: No such file or directory"),
        ("search", ["--index=x", "--queries=/dev/null"], "--queries=/dev/null: no text in it"),
    ],
)
def test_wrong_usage_is_told(command: str, options: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="2"):
        TRAIN.parse([command, "--model=x", *options])
    assert message in capsys.readouterr().err
