"""Crisscrossed Captions: four directions and correlations against values worked out by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.support.evaluation import FakeTowers
from train import retrieval
from train.measures.correlation import Correlation, bootstrap, spearman
from train.measures.crossed import IMAGE, TEXT, CrossedSet, RatingTask
from train.measures.result import Measured
from train.sets.crossed import Rating
from train.sets.files import BadSet
from train.sets.karpathy import Captioned

# Four pictures; the first has two captions
PICTURES = (
    Captioned("coco/val2014/a.jpg", ("a", "a too"), (10, 11)),
    Captioned("coco/val2014/b.jpg", ("b",), (20,)),
    Captioned("coco/val2014/c.jpg", ("c",), (30,)),
    Captioned("coco/val2014/d.jpg", ("d",), (40,)),
)
DIRECTIONS = {
    "coco/val2014/a.jpg": 0, "coco/val2014/b.jpg": 40, "coco/val2014/c.jpg": 90, "coco/val2014/d.jpg": 180,
    "a": 10, "a too": 75, "b": 85, "c": 50, "d": 170,
}  # fmt: skip
STS = [Rating(10, 11, 4), Rating(20, 30, 2.9), Rating(30, 11, 3), Rating(40, 99, 5)]
SIS = [
    Rating("a.jpg", "b.jpg", 3),
    Rating("b.jpg", "c.jpg", 2),
    Rating("c.jpg", "d.jpg", 1),
    Rating("d.jpg", "a.jpg", 0),
]
SITS = [Rating(10, "a.jpg", 5), Rating(30, "b.jpg", 4), Rating(20, "c.jpg", 2), Rating(40, "d.jpg", 1)]


def crossed(sts: list[Rating] = STS, sis: list[Rating] = SIS, sits: list[Rating] = SITS, cut: float = 3) -> CrossedSet:
    tasks = (
        RatingTask("STS", (TEXT, TEXT), 0, sts),
        RatingTask("SIS", (IMAGE, IMAGE), 0, sis),
        RatingTask("SITS", (TEXT, IMAGE), 1, sits),
    )
    return CrossedSet(PICTURES, 5, tasks, cut, samples=50, seed=1)


def firsts(measured: Measured) -> dict[str, float]:
    """R@1 of each direction, or the mean of each correlation."""
    return {line.name: line.values[0] for line in measured.lines}


ALL_STS = [*STS, Rating(11, 30, 1), Rating(40, 10, 0)]


def test_all_four_directions_by_hand() -> None:
    """Pairs rated 3 and more belong together beside those of a picture.

    Pictures: a at 0 finds its caption at 10; b at 40 the one at 50, of c, which is rated 4 with it; c at 90 that at 85,
    of b, rated 2, and not its own; d its own. Captions: those at 10, 50 (b, rated) and 170 find one that belongs; those
    at 75 and 85 don't. Captions among themselves: 10 is nearest to 50, which isn't its; 75 to 85, not its; 50 to 75,
    rated 3; those of b and d belong to none, and aren't asked. Pictures: a to b, rated 3, and b to a.
    """
    found = firsts(crossed(ALL_STS).measure(FakeTowers(DIRECTIONS)))
    assert found["image to text"] == 3 / 4
    assert found["text to image"] == 3 / 5
    assert found["text to text"] == pytest.approx(1 / 3)
    assert found["image to image"] == 1


@pytest.mark.parametrize("at_once", [1, 10, 15])
def test_however_many_are_compared_at_once_it_is_the_same(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    whole = crossed(ALL_STS).measure(FakeTowers(DIRECTIONS))
    monkeypatch.setattr(retrieval, "_AT_ONCE", at_once)
    assert crossed(ALL_STS).measure(FakeTowers(DIRECTIONS)).lines == whole.lines


@pytest.mark.parametrize(("cut", "asked", "expected"), [(3, 3, 1 / 3), (2.9, 4, 1 / 4), (3.1, 2, 0)])
def test_the_cut_off_belongs_to_what_it_lets_in(cut: float, asked: int, expected: float) -> None:
    """At 2.9 the captions at 85 and 50 belong together: that at 85 is asked too, and finds 75 first."""
    found = crossed(ALL_STS, [Rating("a.jpg", "b.jpg", 5), *SIS[1:]], cut=cut).measure(FakeTowers(DIRECTIONS))
    line = next(line for line in found.lines if line.name == "text to text")
    assert line.values[0] == pytest.approx(expected)
    assert line.chance[0] == pytest.approx({3: 4, 4: 6, 2: 2}[asked] / asked / 4)


def test_ratings_of_what_is_not_there_are_counted() -> None:
    """One STS rating is of a caption that no picture has; without the picture d, more."""
    found = crossed(ALL_STS).measure(FakeTowers(DIRECTIONS))
    assert dict(found.counts) == {"pictures": 4, "captions": 5, "ratings": 13, "ratings of what isn't there": 1}


def test_correlations_by_hand() -> None:
    """SITS rates the pairs of a, b, c and d with 5, 4, 2 and 1; they are 10, 20, 30 and 40 degrees apart, and then 40,
    30, 20 and 10.
    """
    found = firsts(crossed(ALL_STS).measure(FakeTowers({**DIRECTIONS, "a": 10, "c": 60, "b": 120, "d": 140})))
    assert found["SITS"] == pytest.approx(1)
    found = firsts(crossed(ALL_STS).measure(FakeTowers({**DIRECTIONS, "a": 40, "c": 70, "b": 110, "d": 170})))
    assert found["SITS"] == pytest.approx(-1)
    assert found["mean of all three"] == pytest.approx((found["STS"] + found["SIS"] + found["SITS"]) / 3)


def test_what_cannot_be_correlated_is_refused() -> None:
    with pytest.raises(BadSet, match="SIS: 3 queries with ratings; a correlation needs 4"):
        crossed(ALL_STS, SIS[:3]).measure(FakeTowers(DIRECTIONS))
    with pytest.raises(BadSet, match="image to image: no query has a candidate that belongs to it"):
        crossed(ALL_STS, SIS[1:]).measure(FakeTowers(DIRECTIONS))


# The correlation


@pytest.mark.parametrize("seed", range(5))
def test_spearman_is_what_scipy_has(seed: int) -> None:
    random = np.random.default_rng(seed)
    first, second = random.integers(0, 9, 40), random.normal(size=40)
    assert spearman(first, second) == pytest.approx(spearmanr(first, second).statistic)


def test_spearman_by_its_formula() -> None:
    """Without ties it is 1 - 6 Σd² / n(n² - 1)."""
    for order in permutations(range(4)):
        squares = sum((place - rank) ** 2 for place, rank in enumerate(order))
        assert spearman(np.arange(4), np.array(order)) == pytest.approx(1 - 6 * squares / (4 * 15))


def test_what_is_always_the_same_correlates_with_nothing() -> None:
    assert spearman(np.ones(5), np.arange(5)) == spearman(np.arange(5), np.zeros(5)) == 0


def test_a_perfect_order_correlates_in_every_sample() -> None:
    queries, people = np.repeat(np.arange(50), 3), np.random.default_rng(0).permutation(150)
    assert bootstrap(queries, people**3, people, 20, 0) == Correlation(pytest.approx(1), pytest.approx(0), 50, 150)


def test_each_query_counts_once_however_many_ratings_it_has() -> None:
    """One query has a thousand ratings against the order, and four have one each, in it: drawn with one of the four, it
    makes -1, and without it two of the four make 1. It is in two of five samples.
    """
    queries = np.array([7] * 1000 + [1, 2, 3, 4])
    model = np.concatenate([np.full(1000, 9), [1, 2, 3, 4]])
    people = np.concatenate([np.full(1000, 0), [1, 2, 3, 4]])
    found = bootstrap(queries, model, people, 4000, seed=3)
    assert found.mean == pytest.approx(3 / 5 - 2 / 5, abs=0.05)
    assert found.deviation == pytest.approx(np.sqrt(1 - 0.2**2), abs=0.02)
    assert (found.queries, found.ratings) == (5, 1004)


def test_each_rating_of_a_query_is_drawn() -> None:
    """Three queries with a rating each, at 1, and one with ratings at 0 and at 2: with one of the three it makes 1 or
    -1, as often; two of the three make 0. Only if the samples mix both is the mean 0 and the deviation not.
    """
    queries, people = np.array([0, 1, 2, 3, 3]), np.array([1.0, 1, 1, 0, 2])
    found = bootstrap(queries, np.array([5.0, 5, 5, 7, 7]), people, 2000, seed=0)
    assert found.mean == pytest.approx(0, abs=0.05)
    assert found.deviation == pytest.approx(np.sqrt(1 / 2), abs=0.03)


def test_the_seed_makes_the_samples() -> None:
    random = np.random.default_rng(0)
    queries, model, people = random.integers(0, 40, 200), random.normal(size=200), random.normal(size=200)
    found = [bootstrap(queries, model, people, 10, seed) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]
    shuffled = random.permutation(40)[queries]
    assert bootstrap(shuffled, model, people, 10, 1).queries == len(set(queries))


def test_a_correlation_needs_four_queries() -> None:
    for queries in ([], [0, 0, 1, 2]):
        with pytest.raises(BadSet, match=f"{len(set(queries))} queries with ratings; a correlation needs 4"):
            bootstrap(np.array(queries, int), np.arange(len(queries)), np.arange(len(queries)), 10, 0)
