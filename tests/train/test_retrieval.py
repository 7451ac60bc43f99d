"""Recall against values worked out by hand, a plain statement, and chance against all possible draws."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from train.retrieval import RANKS, Recalls, image_to_text, recalls, same_label, text_to_image


def directions(*degrees: float) -> np.ndarray:
    """Vectors in the plane, of different lengths."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], 1) * np.arange(1, len(degrees) + 1)[:, None]


# Three pictures with two, one and three captions
IMAGES = directions(0, 60, 120)
TEXTS = directions(5, 70, 115, 40, 25, 130)
OWNERS = np.array([0, 0, 1, 2, 2, 2])


def test_several_captions_a_picture_by_hand() -> None:
    """Nearest to the picture at 0 is the caption at 5, its own; to that at 60 those at 70, 40, 25 or more, and then
    its own at 115; to that at 120 that at 115, and then its own at 130.
    """
    found = image_to_text(IMAGES, TEXTS, OWNERS)
    assert found.found == (pytest.approx(1 / 3), 1, 1)
    assert (found.queries, found.candidates) == (3, 6)


def test_captions_that_look_for_their_picture_by_hand() -> None:
    """Texts at 5 and 130 are nearest to their own image; 70, 40 and 115 to another; 25 to the image at 0, then at 60.
    All find it among three.
    """
    found = text_to_image(IMAGES, TEXTS, OWNERS)
    assert found.found == (pytest.approx(2 / 6), 1, 1)
    assert (found.queries, found.candidates) == (6, 3)


def test_each_rank_counts_from_one() -> None:
    """The own picture is the 1st, 2nd, 5th, 6th, 10th and 11th nearest of twelve, of one text each."""
    found = text_to_image(directions(*range(0, 120, 10)), directions(*[-1] * 6), np.array([0, 1, 4, 5, 9, 10]))
    assert found.found == (1 / 6, 3 / 6, 5 / 6)


def test_ties_are_no_finds() -> None:
    """The second picture is the first over again, so neither is nearest to a caption of it; the third is."""
    images, texts = directions(0, 0, 90), directions(0, 0, 90)
    for found in (image_to_text(images, texts, np.arange(3)), text_to_image(images, texts, np.arange(3))):
        assert found.found == (pytest.approx(1 / 3), 1, 1)


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan])
def test_a_model_that_says_the_same_of_all_finds_nothing(value: float) -> None:
    same = np.full((30, 4), value)
    for found in (image_to_text(same, same, np.arange(30)), text_to_image(same, same, np.arange(30))):
        assert found.found == (0, 0, 0)


def test_a_text_of_two_pictures_is_a_tie_and_counts_either_way() -> None:
    """Pictures at 0, 30 and 90; the text at 29 is of the first two, and of the first twice, that at 80 of the third.

    Nearest to the first two is a text that both have, so only the third finds its own for sure. As a query the text is
    nearest to the second, which is right for one of three.
    """
    images, texts, owners = directions(0, 30, 90), directions(29, 29, 29, 80), np.array([0, 0, 1, 2])
    texts = np.stack([texts[0]] * 3 + [texts[3]])
    there, back = image_to_text(images, texts, owners), text_to_image(images, texts, owners)
    assert (there.ties, there.found, there.with_ties) == (2, (pytest.approx(1 / 3), 1, 1), (1, 1, 1))
    assert (back.ties, back.found, back.with_ties) == (3, (2 / 4, 1, 1), (1, 1, 1))
    assert (there.median_rank, back.median_rank) == (2, 1.5)


def test_equal_texts_of_one_picture_are_no_tie() -> None:
    texts = np.stack([directions(10)[0]] * 2 + [directions(70)[0]])
    found = image_to_text(directions(0, 90), texts, np.array([0, 0, 1]))
    assert (found.ties, found.found, found.with_ties) == (0, (1, 1, 1), (1, 1, 1))


def test_equal_candidates_are_equally_near_whatever_their_places() -> None:
    """A third of 500 texts is one text, of as many pictures: by rounding alone some would be found."""
    rng = np.random.default_rng(3)
    images, texts = rng.normal(size=(500, 77)).astype(np.float32), rng.normal(size=(500, 77)).astype(np.float32)
    same = np.arange(0, 500, 3)
    texts[same] = images[same[0]]
    images[same] += 40 * texts[same]  # nothing else is nearer to them
    found = image_to_text(images, texts, np.arange(500))
    ranks = [index for index in range(500) if index % 3]
    alone = [int(np.argmax(texts @ images[index] / np.linalg.norm(texts, axis=1))) == index for index in ranks]
    assert found.ties == len(same) and found.found[0] == pytest.approx(sum(alone) / 500)
    assert found.with_ties[0] == pytest.approx((sum(alone) + len(same)) / 500)


def test_the_median_rank_is_that_of_the_nearest_right_one() -> None:
    """Ranks 1, 2, 5, 6, 10 and 11, and without a right one behind all twelve."""
    images, texts = directions(*range(0, 120, 10)), directions(*[-1] * 6)
    assert text_to_image(images, texts, np.array([0, 1, 4, 5, 9, 10])).median_rank == 5.5
    assert image_to_text(directions(0, 90, 180), directions(0, 1), np.array([0, 0])).median_rank == 3


def test_a_caption_of_ones_own_may_tie() -> None:
    assert image_to_text(directions(0, 90), directions(0, 0, 90), np.array([0, 0, 1])).found == (1, 1, 1)


def test_a_picture_without_captions_is_never_found() -> None:
    found = image_to_text(directions(0, 90), directions(0, 20), np.array([0, 0]))
    assert found.found == found.chance == (0.5, 0.5, 0.5)


# The plain statement


def stated(similarities: np.ndarray, right: np.ndarray, rank: int) -> float:
    """Share of queries with a right one among the `rank` nearest candidates; at one distance wrong ones come first."""
    finds = 0
    for row, mine in zip(similarities, right, strict=True):
        finds += mine[np.lexsort((mine, -row))[:rank]].any()
    return finds / len(similarities)


@pytest.mark.parametrize("captions", [4, 1100])
def test_it_is_what_is_stated_also_over_thousands_of_queries(captions: int) -> None:
    """Vectors of signs, with many ties and exact products; a text shares some 13 of 16 signs with its image."""
    rng = np.random.default_rng(captions)
    owners = np.concatenate([np.arange(1100), rng.integers(0, 1100, captions)])
    images = rng.choice([-1, 1], (1100, 16))
    texts = images[owners] * rng.choice([-1, 1], (len(owners), 16), p=[0.2, 0.8])
    right = owners[None, :] == np.arange(1100)[:, None]
    similarities = images @ texts.T
    there = image_to_text(images * 2.0, texts * 0.25, owners)
    back = text_to_image(images * 2.0, texts * 0.25, owners)
    assert there.found == tuple(stated(similarities, right, rank) for rank in RANKS)
    assert back.found == tuple(stated(similarities.T, right.T, rank) for rank in RANKS)
    assert 0.02 < back.found[0] < there.found[2] < 0.9


# Chance


def drawn(candidates: int, right: int, rank: int) -> float:
    """The share of all sets of `rank` candidates that hold one of the first `right`."""
    sets = list(combinations(range(candidates), min(rank, candidates)))
    return sum(min(each) < right for each in sets) / len(sets)


@pytest.mark.parametrize("owners", [[0, 1], [0, 0, 1, 0, 2], [0, 1, 2] * 4, [0] * 11 + [1]])
def test_chance_is_the_share_of_all_possible_draws(owners: list[int]) -> None:
    """With fewer candidates than ranks too."""
    counts = np.bincount(owners)
    vectors = np.random.default_rng(0).normal(size=(len(owners) + len(counts), 3))
    images, texts = vectors[: len(counts)], vectors[len(counts) :]
    there, back = image_to_text(images, texts, np.array(owners)), text_to_image(images, texts, np.array(owners))
    for place, rank in enumerate(RANKS):
        expected = np.mean([drawn(len(owners), count, rank) for count in counts])
        assert there.chance[place] == pytest.approx(expected, abs=1e-12)
        assert back.chance[place] == pytest.approx(min(rank / len(counts), 1))


def test_random_vectors_find_as_much_as_chance() -> None:
    rng = np.random.default_rng(5)
    images, texts, owners = rng.normal(size=(400, 64)), rng.normal(size=(2000, 64)), np.repeat(np.arange(400), 5)
    for found in (image_to_text(images, texts, owners), text_to_image(images, texts, owners)):
        for value, chance in zip(found.found, found.chance, strict=True):
            assert value == pytest.approx(chance, abs=4 * np.sqrt(chance / found.queries))


def test_over_chance_is_of_the_first_rank() -> None:
    assert Recalls((0.3, 0.5, 0.6), (0.01, 0.05, 0.1), 100, 100).over_chance == pytest.approx(30)


# Among themselves


def test_queries_among_the_candidates_find_others_by_hand() -> None:
    """At 0, 10, 30, 100 and 190 degrees, labelled a, a, b, b, c. The first two find each other; to that at 30 that at
    10 is the nearest, to that at 100 that at 30 is, which has its label; that at 190 has no other, and isn't asked.
    """
    vectors, labels = directions(0, 10, 30, 100, 190), np.array([0, 0, 1, 1, 2])
    found = recalls(vectors, vectors, same_label(labels, labels), itself=np.arange(5))
    assert found.found == (3 / 4, 1, 1)
    assert found.chance == (1 / 4, 1, 1)
    assert (found.queries, found.candidates) == (4, 4)


def test_where_no_query_has_another_there_is_nothing_to_find() -> None:
    vectors, labels = directions(0, 10, 30), np.arange(3)
    with pytest.raises(ValueError, match="no query has a candidate that belongs to it"):
        recalls(vectors, vectors, same_label(labels, labels), itself=labels)
