"""Search in vectors, without a model: exactly, against sorting everything, and with faiss, against the exact search."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.commands.train.embed.index import TEXTS, texts_of
from pipeline.commands.train.search.options import PROBES
from train import approximate
from train import nearest as exactly
from train.composed import composed
from train.nearest import Nearest, nearest

RANDOM = np.random.default_rng(0)
WHOLE = RANDOM.integers(-3, 4, (100, 5)).astype(np.float32)  # small whole numbers: products are exact, and often equal
QUERIES = RANDOM.integers(-3, 4, (9, 5)).astype(np.float32)


def sorted_out(vectors: np.ndarray, queries: np.ndarray, top: int) -> Nearest:
    """Finds the nearest by sorting all products, in double precision."""
    products = queries.astype(float) @ vectors.astype(float).T
    rows = np.array([sorted(range(len(vectors)), key=lambda row: (-line[row], row))[:top] for line in products])
    return Nearest(rows, np.take_along_axis(products, rows, axis=1))


@pytest.mark.parametrize("block", [1, 7, 99, 100, 101])
@pytest.mark.parametrize("top", [1, 2, 7, 99, 100])
def test_the_nearest_are_those_that_sorting_finds_and_ties_go_by_place(
    monkeypatch: pytest.MonkeyPatch, block: int, top: int
):
    monkeypatch.setattr(exactly, "BLOCK", block)
    found, expected = nearest(WHOLE, QUERIES, top), sorted_out(WHOLE, QUERIES, top)
    np.testing.assert_array_equal(found.rows, expected.rows)
    np.testing.assert_array_equal(found.similarities, expected.similarities)


@pytest.mark.parametrize("at_once", [1, 2, 8, 9, 10])
def test_many_queries_are_asked_in_turns(monkeypatch: pytest.MonkeyPatch, at_once: int):
    monkeypatch.setattr(exactly, "QUERIES", at_once)
    np.testing.assert_array_equal(nearest(WHOLE, QUERIES, 3).rows, sorted_out(WHOLE, QUERIES, 3).rows)


@pytest.mark.parametrize("top", [101, 10**9])
def test_more_than_there_are_is_all(top: int):
    np.testing.assert_array_equal(nearest(WHOLE, QUERIES, top).rows, sorted_out(WHOLE, QUERIES, 100).rows)


def test_vectors_may_lie_in_a_file(tmp_path: Path):
    np.save(tmp_path / "vectors.npy", WHOLE)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    np.testing.assert_array_equal(nearest(mapped, QUERIES, 4).rows, nearest(WHOLE, QUERIES, 4).rows)


def test_a_text_is_added_at_twice_the_length_of_the_picture():
    picture, red, blue = np.array([0.0, 0.0, 5.0]), np.array([[3.0, 0.0, 0.0]]), np.array([[0.0, 0.1, 0.0]])
    np.testing.assert_allclose(composed(picture, red, blue, 2), np.array([2, -2, 1]) / 3)
    np.testing.assert_allclose(composed(picture, red, blue, 1), np.array([1, -1, 1]) / np.sqrt(3))
    np.testing.assert_allclose(composed(picture, np.vstack([red, blue]), red, 1), np.array([0, 1, 1]) / np.sqrt(2))
    np.testing.assert_allclose(composed(picture, red[:0], red[:0], 2), [0, 0, 1])


def test_the_texts_of_a_picture_are_its_first_ones():
    """Pictures 2, 5 and 9 are good; 3 is bad, and 9 has no text; those of 5 come last and from two places."""
    owners = np.array([5, 2, 3, 2, 9, *[5] * TEXTS])
    texts = pa.array(["a", "b", "bad", "c", None, *(str(number) for number in range(TEXTS))])
    found = texts_of(np.array([2, 5, 9]), owners, texts).to_pylist()
    assert found == [["b", "c"], ["a", *(str(number) for number in range(TEXTS - 1))], []]
    assert texts_of(np.array([2, 5]), np.array([2, 5]), pa.nulls(2, pa.string())).to_pylist() == [[], []]


def clustered(count: int, seed: int) -> np.ndarray:
    """Directions around 200 of them, loosely: nearest ones lie in several lists."""
    random, around = np.random.default_rng(seed), np.random.default_rng(1).normal(size=(200, 64))
    vectors = around[random.integers(0, 200, count)] + random.normal(scale=1.5, size=(count, 64))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


VECTORS, ASKED = clustered(8000, 2), clustered(50, 3)


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faiss") / "vectors.faiss"
    with path.open("wb") as file:
        approximate.save(approximate.build(VECTORS), file)
    return path


def loaded(lists: Path) -> Any:
    return approximate.load(str(lists), *VECTORS.shape)


def recall(lists: Path, probes: int) -> float:
    found, right = approximate.nearest(loaded(lists), ASKED, 10, probes), nearest(VECTORS, ASKED, 10)
    both = [len(set(one) & set(other)) for one, other in zip(found.rows.tolist(), right.rows.tolist(), strict=True)]
    return float(np.mean(both)) / 10


def test_faiss_finds_nearly_all_of_the_nearest(lists: Path):
    assert 0.3 < recall(lists, 1) < 0.7
    assert recall(lists, PROBES) > 0.95
    assert recall(lists, 10**6) == 1


def test_faiss_says_the_same_similarities(lists: Path):
    found = approximate.nearest(loaded(lists), ASKED, 10, PROBES)
    expected = np.take_along_axis(ASKED @ VECTORS.T, found.rows, axis=1)
    np.testing.assert_allclose(found.similarities, expected, atol=1e-6)


def test_faiss_shows_all_where_all_are_wanted(lists: Path):
    found = approximate.nearest(loaded(lists), ASKED[:2], 10**6, 1)
    assert (np.sort(found.rows, axis=1) == np.arange(len(VECTORS))).all()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_faiss_takes_a_few_vectors(count: int):
    found = approximate.nearest(approximate.build(VECTORS[:count]), VECTORS[:count], 1, PROBES)
    assert found.rows.tolist() == [[row] for row in range(count)]


def test_the_same_vectors_give_the_same_lists(lists: Path):
    again = io.BytesIO()
    approximate.save(approximate.build(VECTORS), again)
    assert again.getvalue() == lists.read_bytes()


def test_a_file_without_lists_is_told(tmp_path: Path, lists: Path):
    (tmp_path / "cut").write_bytes(lists.read_bytes()[:1000])
    (tmp_path / "other").write_bytes(b"no index at all")
    for name in ("cut", "other"):
        with pytest.raises(ValueError, match=rf"{name}: no index of faiss, or a damaged one"):
            approximate.load(str(tmp_path / name), *VECTORS.shape)
    with pytest.raises(ValueError, match=r"vectors.faiss: 8,000 vectors of 64, not 7,999 of 64"):
        approximate.load(str(lists), 7999, 64)
