"""Measures of evaluation sets against values worked out by hand, in a plane whose directions are chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.support.evaluation import FakeTowers, at
from train.measures.captions import CaptionSet
from train.measures.labels import Neighbours, ZeroShot, class_vectors
from train.measures.result import Measured
from train.sets.files import BadSet
from train.sets.folders import LabelledPictures
from train.sets.karpathy import Captioned

ONE, THIRD = (1.0, 1.0, 1.0), pytest.approx(1 / 3)


def values(measured: Measured) -> dict[str, tuple[float, ...]]:
    return {line.name: line.values for line in measured.lines}


# Retrieval

PICTURES = (
    Captioned("a.jpg", ("a", "a too", "a again")),
    Captioned("b.jpg", ("b",)),
    Captioned("c.jpg", ("c", "  ", "c too")),
)
DIRECTIONS = {
    "a.jpg": 0,
    "b.jpg": 60,
    "c.jpg": 120,
    "a": 5,
    "a too": 70,
    "a again": 61,
    "b": 115,
    "c": 40,
    "c too": 130,
}


def test_retrieval_by_hand() -> None:
    """The picture at 0 finds its caption at 5; that at 60 one of the first's, at 70, and that at 120 the second's, at
    115; by itself only the caption at 5 finds its picture, and that at 130.
    """
    found = CaptionSet(PICTURES, captions=2).measure(FakeTowers(DIRECTIONS))
    assert values(found) == {"image to text": (THIRD, 1, 1), "text to image": (2 / 5, 1, 1)}
    assert found.lines[0].labels == ("R@1", "R@5", "R@10")
    assert found.lines[0].chance[0] == pytest.approx((2 / 5 + 1 / 5 + 2 / 5) / 3)


def test_only_so_many_captions_count_and_blank_ones_never() -> None:
    towers = FakeTowers(DIRECTIONS)
    found = CaptionSet(PICTURES, captions=2).measure(towers)
    assert towers.asked == ["a", "a too", "b", "c", "c too"]
    assert dict(found.counts) == {"pictures": 3, "captions": 5}
    assert found.left_out["pictures with a blank caption"] == ("c.jpg",)


def test_mean_recall_is_the_mean_of_all_six() -> None:
    found = CaptionSet(PICTURES, captions=2, mean=True).measure(FakeTowers(DIRECTIONS))
    assert values(found)["mean recall"] == (pytest.approx((1 / 3 + 1 + 1 + 2 / 5 + 1 + 1) / 6),)


def test_what_is_missing_is_named_and_the_rest_is_measured() -> None:
    gone, mute, blank = Captioned("gone.jpg", ("a",)), Captioned("mute.jpg", ()), Captioned("blank.jpg", ("", " "))
    pictures = (gone, PICTURES[0], mute, *PICTURES[1:], blank)
    found = CaptionSet(pictures, captions=2).measure(FakeTowers(DIRECTIONS))
    assert values(found) == values(CaptionSet(PICTURES, captions=2).measure(FakeTowers(DIRECTIONS)))
    assert found.left_out["unreadable pictures"] == ("gone.jpg: no such file",)
    assert found.left_out["pictures without caption"] == ("mute.jpg", "blank.jpg")


@pytest.mark.parametrize(
    ("pictures", "says"),
    [
        (
            [Captioned("gone.jpg", ("a",)), Captioned("lost.jpg", ("a",))],
            "none of its 2 images can be read; gone.jpg",
        ),
        ([Captioned("a.jpg", ("a",)), Captioned("gone.jpg", ("a",))], "of its 2 images only one can be read"),
        ([Captioned("a.jpg", ()), Captioned("b.jpg", ("",))], "none of its 2 images has a caption"),
    ],
)
def test_too_little_to_measure_is_refused(pictures: list[Captioned], says: str) -> None:
    with pytest.raises(BadSet, match=says):
        CaptionSet(pictures, captions=5).measure(FakeTowers(DIRECTIONS))


# Zero-shot classification

CLASSES = {f"{end}{number}": 30 * number + move for number in range(7) for end, move in (("a ", -5), ("the ", 5))}


def labelled(classes: tuple[str, ...], **labels: int) -> LabelledPictures:
    return LabelledPictures(tuple(f"{name}.jpg" for name in labels), np.array(list(labels.values())), classes)


def test_zero_shot_by_hand() -> None:
    """Classes are at 0, 30 and so on to 180, their prompts 5 to both sides. To a picture at 3 the class at 0 is the
    nearest; to one at 20 that at 30 is nearer, to one at 65 those up to 120, to one at 80 also that at 150.
    """
    names = tuple(map(str, range(7)))
    pictures = labelled(names, first=0, second=0, fifth=0, sixth=0)
    towers = FakeTowers({**CLASSES, "first.jpg": 3, "second.jpg": 20, "fifth.jpg": 65, "sixth.jpg": 80})
    found = ZeroShot(pictures, names, ("a {}", "the {}")).measure(towers)
    assert values(found) == {"zero-shot": (1 / 4, 3 / 4)}
    assert found.lines[0].labels == ("top-1", "top-5")
    assert found.lines[0].chance == (pytest.approx(1 / 7), pytest.approx(5 / 7))
    assert dict(found.counts) == {"pictures": 4, "classes": 7, "templates": 2}


def test_labels_stay_with_their_pictures_where_some_cannot_be_read() -> None:
    pictures = labelled(("0", "6"), gone=0, low=0, lost=1, high=1)
    towers = FakeTowers({**CLASSES, "low.jpg": 10, "high.jpg": 170})
    found = ZeroShot(pictures, ("0", "6"), ("a {}",)).measure(towers)
    assert values(found) == {"zero-shot": (1, 1)}
    assert found.left_out == {"unreadable pictures": ("gone.jpg: no such file", "lost.jpg: no such file")}
    assert found.counts["pictures"] == 2


def test_each_prompt_counts_alike_however_long_its_vector_is() -> None:
    class Long(FakeTowers):
        def texts(self, texts: Sequence[str]) -> np.ndarray:
            return super().texts(texts) * np.arange(1, len(texts) + 1)[:, None]

    towers = Long({"a 0": 0, "the 0": 90, "a 1": 180, "the 1": 240})
    np.testing.assert_allclose(class_vectors(towers, ("0", "1"), ("a {}", "the {}")), [at(45), at(210)], atol=1e-6)


def test_many_classes_are_the_same_as_few() -> None:
    """Prompts are embedded a few classes at a time."""
    names = tuple(map(str, range(35)))
    towers = FakeTowers({f"{name}{template}": 10 * int(name) for name in names for template in ".!"})
    vectors = class_vectors(towers, names, ("{}.", "{}!"))
    np.testing.assert_allclose(vectors, [at(10 * number) for number in range(35)], atol=1e-6)


def test_a_name_of_two_classes_is_told_and_never_found() -> None:
    pictures = labelled(("bird", "machine"), bird=0, machine=1)
    towers = FakeTowers({"a crane": 0, "bird.jpg": 0, "machine.jpg": 0})
    found = ZeroShot(pictures, ("crane", "crane"), ("a {}",)).measure(towers)
    assert values(found)["zero-shot"] == (0, 1)
    assert found.notes == ("1 names are of several classes, which nothing can tell apart: crane",)


# Nearest neighbours


def test_neighbours_by_hand() -> None:
    """Labels are by the names of folders. Of the cats one finds a cat at once, one after the dog at 20, one after that
    and those at 41 to 44, one after all eleven dogs; the dog finds a dog at once.
    """
    cats = [0, 100]
    dogs = [20, *range(41, 50), 60]
    training = LabelledPictures(
        tuple(f"{place}.png" for place in (*cats, *dogs)), np.array([0] * len(cats) + [1] * len(dogs)), ("cat", "dog")
    )
    queries = {"first": 1, "second": 11, "third": 22.4, "fourth": 50, "fifth": 45}
    towers = FakeTowers(
        {f"{place}.png": place for place in (*cats, *dogs)} | {f"{k}.jpg": v for k, v in queries.items()}
    )
    pictures = labelled(("dog", "cat"), first=1, second=1, third=1, fourth=1, fifth=0)
    found = Neighbours(pictures, training).measure(towers)
    assert values(found) == {"nearest neighbours": (2 / 5, 3 / 5, 4 / 5)}
    assert dict(found.counts) == {"pictures": 5, "training pictures": 13}


def test_a_class_without_training_pictures_is_refused() -> None:
    pictures, training = labelled(("cat", "cow"), a=0, b=1), labelled(("cat", "dog"), c=0, d=1)
    with pytest.raises(BadSet, match="1 of its classes are none of the training set: cow"):
        Neighbours(pictures, training).measure(FakeTowers({}))
