"""Evaluation sets in small files made by hand, in the formats in which the real ones are published."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.evaluation import tree, write
from train.sets.crossed import Rating, read_captions_rated, read_pairs_rated, read_pictures_rated
from train.sets.files import BadSet, NotThere, find_files
from train.sets.folders import read_folders
from train.sets.karpathy import Captioned, read_karpathy
from train.sets.lists import read_lists

# Two entries as dataset_coco.json and one as dataset_flickr30k.json has them
COCO = [
    {
        "filepath": "val2014", "sentids": [770337, 771687], "filename": "COCO_val2014_000000391895.jpg", "imgid": 0,
        "split": "test", "cocoid": 391895,
        "sentences": [
            {"tokens": ["a", "man"], "raw": "A man with a red helmet.", "imgid": 0, "sentid": 770337},
            {"tokens": ["man"], "raw": "Man riding a motor bike.", "imgid": 0, "sentid": 771687},
        ],
    },
    {
        "filepath": "train2014", "sentids": [9], "filename": "COCO_train2014_000000000009.jpg", "imgid": 1,
        "split": "restval", "cocoid": 9, "sentences": [{"tokens": ["a"], "raw": "A meal.", "imgid": 1, "sentid": 9}],
    },
]  # fmt: skip
FLICKR = {
    "sentids": [0], "imgid": 0, "split": "train", "filename": "1000092795.jpg",
    "sentences": [{"tokens": ["two"], "raw": "Two young guys.", "imgid": 0, "sentid": 0}],
}  # fmt: skip


# Karpathy's splits


def test_coco_of_karpathy_has_folders_and_sentence_ids(tmp_path: Path) -> None:
    file = write(tmp_path / "dataset_coco.json", {"images": COCO, "dataset": "coco"})
    path = "coco/val2014/COCO_val2014_000000391895.jpg"
    captions = ("A man with a red helmet.", "Man riding a motor bike.")
    assert read_karpathy(file, "coco/", "test") == [Captioned(path, captions, (770337, 771687))]


def test_the_rest_of_validation_is_a_split_of_its_own(tmp_path: Path) -> None:
    file = write(tmp_path / "dataset_coco.json", {"images": COCO})
    assert [each.ids for each in read_karpathy(file, "", "restval")] == [(9,)]
    with pytest.raises(BadSet, match=re.escape(f"{file}: no image of split 'train'; its splits are restval, test")):
        read_karpathy(file, "", "train")


def test_flickr_of_karpathy_has_no_folders(tmp_path: Path) -> None:
    file = write(tmp_path / "dataset_flickr30k.json", {"images": [FLICKR]})
    assert read_karpathy(file, "flickr", "train") == [Captioned("flickr/1000092795.jpg", ("Two young guys.",), (0,))]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not JSON"),
        ([1], "no list of images"),
        ({"images": {"a": 1}}, "no list of images"),
        ({"images": [{"split": "test", "filename": "a.jpg"}]}, "a.jpg: no filename and sentences"),
        ({"images": [{"split": "test", "filename": "a.jpg", "sentences": ["a cat"]}]}, "a.jpg: no filename"),
        ({"images": [{"split": "test", "sentences": []}]}, "no filename and sentences with raw"),
    ],
)
def test_what_is_not_karpathys_is_refused(tmp_path: Path, content: Any, says: str) -> None:
    with pytest.raises(BadSet, match=says):
        read_karpathy(write(tmp_path / "dataset.json", content), "", "test")


def test_a_file_that_is_not_there_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match=r"none\.json: no such file"):
        read_karpathy(f"{tmp_path}/none.json", "", "test")


# Folders of classes


def test_each_folder_is_a_class(tmp_path: Path) -> None:
    root = tree(tmp_path, "n02/b.JPEG", "n02/a.png", "n01/z.jpg", "n01/.DS_Store", ".git/config", "README.txt")
    found = read_folders(root)
    assert found.classes == ("n01", "n02")
    assert [Path(path).relative_to(root).as_posix() for path in found.paths] == ["n01/z.jpg", "n02/a.png", "n02/b.JPEG"]
    assert found.labels.tolist() == [0, 1, 1]


def test_folders_of_numbers_are_in_the_order_of_the_numbers(tmp_path: Path) -> None:
    found = read_folders(tree(tmp_path, "0/a.jpeg", "10/a.jpeg", "9/a.jpeg"))
    assert found.classes == ("0", "9", "10")
    assert [path.split("/")[-2] for path in found.paths] == ["0", "9", "10"]


def test_an_empty_folder_is_a_class_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    found = read_folders(tree(tmp_path, "a/1.jpg", "c/1.jpg"))
    assert (found.classes, found.labels.tolist()) == (("a", "b", "c"), [0, 2])


def test_folders_without_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="no such folder"):
        read_folders(f"{tmp_path}/none")
    with pytest.raises(BadSet, match="no folder in it"):
        read_folders(tree(tmp_path, "a.jpg"))
    (tmp_path / "cat").mkdir()
    with pytest.raises(BadSet, match="no image in its 1 folders"):
        read_folders(str(tmp_path))


def test_pictures_below_a_class_are_not_passed_over(tmp_path: Path) -> None:
    root = tree(tmp_path, "train/cat/1.jpg", "train/2.jpg", "val/.cache/3.jpg", "val/4.jpg")
    with pytest.raises(BadSet, match=r"train/cat: a folder in the folder of a class; give the folder that holds"):
        read_folders(root)
    assert read_folders(tree(tmp_path / "other", "a/.cache/3.jpg", "a/4.jpg", "b/5.jpg")).labels.tolist() == [0, 1]


# Multi30k


def multi30k(folder: Path, names: str, **files: str) -> tuple[str, list[str]]:
    for name, content in files.items():
        (folder / f"test_2016.{name[1:]}.de.gz").write_bytes(gzip.compress(content.encode()))
    return write(folder / "test_2016_images.txt", names), find_files(f"{folder}/test_2016.*.de.gz")


def test_each_file_has_a_caption_of_each_picture(tmp_path: Path) -> None:
    names, files = multi30k(tmp_path, "a.jpg\nb.jpg\n", n1="Ein Hund.\nZwei Männer.\n", n2="Hund\n\n")
    expected = [Captioned("images/a.jpg", ("Ein Hund.", "Hund")), Captioned("images/b.jpg", ("Zwei Männer.", ""))]
    assert read_lists(names, files, "images/") == expected


def test_a_file_of_other_length_is_refused(tmp_path: Path) -> None:
    names, files = multi30k(tmp_path, "a.jpg\nb.jpg\n", n1="Ein Hund.\n")
    with pytest.raises(BadSet, match=r"test_2016\.1\.de\.gz: 1 captions for the 2 images of .*test_2016_images\.txt"):
        read_lists(names, files, "images")


def test_what_is_not_packed_or_not_text_is_refused(tmp_path: Path) -> None:
    names = write(tmp_path / "names.txt", "a.jpg\n")
    (tmp_path / "bad.gz").write_bytes(b"Ein Hund.\n")
    (tmp_path / "latin.txt").write_bytes("Männer\n".encode("latin-1"))
    with pytest.raises(BadSet, match=r"bad\.gz: Not a gzipped file"):
        read_lists(names, [f"{tmp_path}/bad.gz"], "images")
    with pytest.raises(BadSet, match=r"latin\.txt: not UTF-8 at byte 1"):
        read_lists(names, [f"{tmp_path}/latin.txt"], "images")
    with pytest.raises(NotThere, match=r"none\.\*: no such file"):
        find_files(f"{tmp_path}/none.*")


# Crisscrossed Captions: rows as its files have them


def test_ratings_of_captions_pictures_and_both(tmp_path: Path) -> None:
    ends = "agg_score,sampling_method\n"
    sts = "COCO_val2014:sentid:190268,COCO_val2014:sentid:315773,1.24,c2c_isim\n"
    sis = "COCO_val2014_000000154711.jpg,COCO_val2014_000000168458.jpg,0.53,i2i_csim\n"
    sits = "COCO_val2014:sentid:648388,COCO_val2014_000000431431.jpg,1.8,c2i_intrasim\n"
    found = (
        read_captions_rated(write(tmp_path / "sts_test.csv", f"caption1,caption2,{ends}{sts}")),
        read_pictures_rated(write(tmp_path / "sis_test.csv", f"image1,image2,{ends}{sis}")),
        read_pairs_rated(write(tmp_path / "sits_test.csv", f"caption,image,{ends}{sits}")),
    )
    assert found == (
        [Rating(190268, 315773, 1.24)],
        [Rating("COCO_val2014_000000154711.jpg", "COCO_val2014_000000168458.jpg", 0.53)],
        [Rating(648388, "COCO_val2014_000000431431.jpg", 1.8)],
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no column caption1, caption2, agg_score"),
        ("caption1,caption2,score\n", "no column agg_score; its columns are caption1, caption2, score"),
        ("caption1,caption2,agg_score\n1,2,3\n1,2\n", "line 3 has 2 fields; the header has 3"),
        ("caption1,caption2,agg_score\na,b,3\n", "invalid literal"),
        ("caption1,caption2,agg_score\n1,2,high\n", "could not convert string to float: 'high'"),
    ],
)
def test_ratings_that_are_none_are_refused(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(BadSet, match=says):
        read_captions_rated(write(tmp_path / "sts_test.csv", content))
