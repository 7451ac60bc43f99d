"""Evaluation sets in small files made by hand, in the formats in which the real ones are published."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from train.sets.files import BadSet, NotThere
from train.sets.folders import read_folders
from train.sets.karpathy import Captioned, read_karpathy

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


def write(path: Path, content: Any) -> str:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def tree(root: Path, *files: str) -> str:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return str(root)


# Karpathy's splits


def test_coco_of_karpathy_has_folders_and_sentence_ids(tmp_path: Path) -> None:
    file = write(tmp_path / "dataset_coco.json", {"images": COCO, "dataset": "coco"})
    path = "coco/val2014/COCO_val2014_000000391895.jpg"
    captions = ("A man with a red helmet.", "Man riding a motor bike.")
    assert read_karpathy(file, "coco/", "test") == [Captioned(path, captions, (770337, 771687))]


def test_the_rest_of_validation_is_a_split_of_its_own(tmp_path: Path) -> None:
    file = write(tmp_path / "dataset_coco.json", {"images": COCO})
    assert [each.ids for each in read_karpathy(file, "", "restval")] == [(9,)]
    with pytest.raises(BadSet, match=re.escape(f"{file}: no picture of split 'train'; its splits are restval, test")):
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
    with pytest.raises(BadSet, match="no picture in its 1 folders"):
        read_folders(str(tmp_path))
