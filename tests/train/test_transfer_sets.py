"""Labelled pictures in folders and in records, as parts to train and to measure on; what is wrong is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.commands.train.transfer.labelled_sets import facts_of, load_set
from tests.support.training import picture, write_shard
from train.example import encode_example
from train.sets.files import BadSet, NotThere
from train.transfer.checked import readable
from train.transfer.config import Data
from train.transfer.labelled import Labelled
from train.transfer.parts import read_set
from train.transfer.tfds import read_tfds

pytestmark = pytest.mark.slow


def write_folders(root: Path, **classes: int) -> Path:
    """So many pictures of each class."""
    for number, (name, count) in enumerate(classes.items()):
        (root / name).mkdir(parents=True)
        for place in range(count):
            (root / name / f"{place}.jpg").write_bytes(picture(100 * number + place))
    return root


def write_tfds(root: Path, part: str, *shards: list[int], names: str = "cat\ndog\n") -> Path:
    """Shards of pictures with these labels."""
    root.mkdir(exist_ok=True)
    (root / "label.labels.txt").write_text(names)
    for number, labels in enumerate(shards):
        records = [encode_example({"image": picture(label), "label": label}) for label in labels]
        write_shard(root / f"animals-{part}.tfrecord-{number:05d}-of-{len(shards):05d}", records)
    return root


def names(part: Labelled) -> list[tuple[str, str]]:
    return [(name, part.classes[label]) for name, label in zip(part.names(), part.labels, strict=True)]


def test_of_each_class_a_share_is_measured_and_no_picture_is_in_both(tmp_path: Path) -> None:
    training, test = read_set(str(write_folders(tmp_path, cat=10, dog=5, owl=2)), Data(test_share=0.3))
    assert np.bincount(training.labels).tolist() == [7, 3, 1]
    assert np.bincount(test.labels).tolist() == [3, 2, 1]  # 1.5 is rounded to 2, of two one is measured
    everything = names(training) + names(test)
    assert len(set(everything)) == 17
    assert all(name.startswith(label) for name, label in everything)


def test_a_split_is_the_same_wherever_the_set_is(tmp_path: Path) -> None:
    write_folders(tmp_path / "here", cat=9, dog=9)
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    here, there = (read_set(str(tmp_path / name), Data()) for name in ("here", "there"))
    assert [names(part) for part in here] == [names(part) for part in there]


def test_a_single_picture_is_trained_on(tmp_path: Path) -> None:
    training, test = read_set(str(write_folders(tmp_path, cat=1, dog=4)), Data())
    assert np.bincount(training.labels).tolist() == [1, 3]
    assert test.labels.tolist() == [1]


def test_single_pictures_leave_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(BadSet, match="no class has two images"):
        read_set(str(write_folders(tmp_path, cat=1, dog=1)), Data())


def test_parts_are_folders_and_several_can_be_trained_on(tmp_path: Path) -> None:
    for part in ("train", "val", "test"):
        write_folders(tmp_path / part, cat=1, dog=2)
    training, test = read_set(str(tmp_path), Data(train="train+val"))
    assert len(training) == 6 and training.labels.tolist() == [0, 1, 1, 0, 1, 1]
    assert [Path(picture.name).parts[-3] for picture in test.pictures] == ["test"] * 3


def test_a_part_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_folders(tmp_path / "train", cat=2, dog=2)
    write_folders(tmp_path / "val", cat=2, dog=2)
    with pytest.raises(BadSet, match=r"no part 'test'; its folders are train, val: .*--transfer\.data\.test=NAME"):
        read_set(str(tmp_path), Data())


def test_labels_go_by_the_names_of_classes(tmp_path: Path) -> None:
    write_folders(tmp_path / "train", ant=1, cat=1, dog=1)
    write_folders(tmp_path / "test", dog=2)
    training, test = read_set(str(tmp_path), Data())
    assert test.labels.tolist() == [2, 2] and test.classes == training.classes


def test_classes_that_are_measured_and_not_trained_on_are_named(tmp_path: Path) -> None:
    write_folders(tmp_path / "train", cat=1, dog=1)
    write_folders(tmp_path / "test", cat=1, Dog=1)
    with pytest.raises(BadSet, match="1 class is measured on and not trained on: Dog; those trained on are cat, dog"):
        read_set(str(tmp_path), Data())


def test_one_class_is_none(tmp_path: Path) -> None:
    with pytest.raises(BadSet, match="cat is its only class"):
        read_set(str(write_folders(tmp_path, cat=3)), Data())


def test_a_set_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="nowhere: no such folder"):
        read_set(f"{tmp_path}/nowhere", Data())


def test_records_are_read_where_they_begin(tmp_path: Path) -> None:
    write_tfds(tmp_path, "train", [0, 1], [1])
    write_tfds(tmp_path, "test", [1, 0])
    training, test = read_set(str(tmp_path), Data())
    assert training.labels.tolist() == [0, 1, 1] and test.labels.tolist() == [1, 0]
    assert training.classes == ("cat", "dog")
    assert [found.read() for found in test.pictures] == [picture(1), picture(0)]


def test_of_a_set_with_versions_the_last_is_read(tmp_path: Path) -> None:
    for version, label in (("3.9.0", 0), ("3.10.0", 1), ("config", 0)):
        for part in ("train", "test"):
            write_tfds(tmp_path / version, part, [label])
    training, test = read_set(str(tmp_path), Data())
    assert training.labels.tolist() == test.labels.tolist() == [1]


def test_records_as_tensorflow_reads_them(tmp_path: Path) -> None:
    """Against its own reader and parser of the same files."""
    import tensorflow as tf

    write_tfds(tmp_path, "train", [0, 1, 1])
    (shard,) = tmp_path.glob("*tfrecord*")
    features = {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}
    theirs = [tf.io.parse_single_example(one, features) for one in tf.data.TFRecordDataset(str(shard))]
    ours = read_tfds(str(tmp_path), "train")
    assert [one["label"].numpy() for one in theirs] == ours.labels.tolist()
    assert [one["image"].numpy() for one in theirs] == [found.read() for found in ours.pictures]


def test_labels_without_names_are_numbers(tmp_path: Path) -> None:
    write_tfds(tmp_path, "train", [0, 2])
    (tmp_path / "label.labels.txt").unlink()
    assert read_tfds(str(tmp_path), "train").classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("part", "lost", "says"),
    [
        ("val", "", r"no split 'val'; its splits are train \(see transfer.data\)"),
        ("train", "animals-train.tfrecord-00001-of-00002", "1 of 2 shards of train are missing, such as 00001"),
    ],
)
def test_a_split_that_is_not_whole_is_refused(tmp_path: Path, part: str, lost: str, says: str) -> None:
    write_tfds(tmp_path, "train", [0], [1])
    if lost:
        (tmp_path / lost).unlink()
    with pytest.raises(BadSet, match=says):
        read_tfds(str(tmp_path), part)


def test_records_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSet, match=r"label.labels.txt: 2 names; there is a label 2"):
        read_tfds(str(write_tfds(tmp_path, "train", [0, 2])), "train")
    write_shard(tmp_path / "animals-test.tfrecord-00000-of-00001", [encode_example({"jpg": b"", "txt": "x"})])
    with pytest.raises(BadSet, match="no image and label; the record has jpg, txt"):
        read_tfds(str(tmp_path), "test")
    write_shard(tmp_path / "animals-none.tfrecord-00000-of-00001", [])
    with pytest.raises(BadSet, match="no record in its split none"):
        read_tfds(str(tmp_path), "none")


def test_pictures_that_cannot_be_read_are_left_out_and_named(tmp_path: Path) -> None:
    training, _ = read_set(str(write_folders(tmp_path, cat=3, dog=3)), Data())
    broken, lost = (Path(found.name) for found in training.pictures[:2])
    broken.write_bytes(picture(0)[:200])
    lost.unlink()
    good, bad = readable(training)
    assert names(good) == names(training)[2:]
    assert bad[0].startswith(f"{broken}: ") and bad[1] == f"{lost}: no such file"
    with pytest.raises(BadSet, match="2 images, and none can be read, such as"):
        readable(training.take(np.array([0, 1])))


def test_classes_without_a_picture_in_a_part_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(write_folders(tmp_path / "set", cat=1, dog=4, owl=4))
    (tmp_path / "set" / "owl" / "1.jpg").write_bytes(b"")
    training, test = load_set(root, Data())
    told = capsys.readouterr().err.splitlines()
    assert f"transfer: {root}: no picture to measure on of 1 of 3 classes: cat" in told
    assert sum("1 of" in line and "can't be read and are left out" in line for line in told) == 1
    assert facts_of(training) != facts_of(test)
    shutil.copytree(root, tmp_path / "elsewhere")
    assert facts_of(load_set(str(tmp_path / "elsewhere"), Data())[0]) == facts_of(training)
