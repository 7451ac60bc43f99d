"""The index of evaluation images: what it finds, how it is saved, and what is refused."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pytest

from dedup.evaluation import EvalIndex, build
from dedup.hashing import (
    hashes,
)
from dedup.search import Search
from filters.picture import Picture
from tests.support.scenes import LUMAS, MAX_PIXELS, SCENES, TRANSPOSES, encoded

SEARCH = Search()


@pytest.fixture(scope="module")
def index() -> EvalIndex:
    images = [(f"set/{number}", encoded(image, "PNG")) for number, image in enumerate(SCENES[:20])]
    found, undecodable = build([*images[:7], ("set/broken", images[7][1][:900]), *images[7:]], MAX_PIXELS)
    assert undecodable == ["set/broken"]
    return found


def test_index_has_104_entries_an_image(index):
    assert index.ids == [f"set/{number}" for number in range(20)]
    assert np.array_equal(index.images, np.repeat(np.arange(20), 104)) and index.images.dtype == np.int32
    assert np.array_equal(index.hashes[::104], hashes(LUMAS[:20]))


def test_batches_of_the_build_do_not_matter(index, monkeypatch):
    monkeypatch.setattr("dedup.evaluation._IMAGES_AT_ONCE", 3)
    again, _ = build(((f"set/{n}", encoded(image, "PNG")) for n, image in enumerate(SCENES[:8])), MAX_PIXELS)
    entries = len(again.hashes)
    assert entries == 8 * 104 and np.array_equal(again.hashes, index.hashes[:entries])
    assert np.array_equal(again.images, index.images[:entries])


@pytest.mark.parametrize("how", TRANSPOSES)
def test_copies_in_every_orientation_match(index, how):
    copies = [image.transpose(how) if how is not None else image for image in SCENES[:20]]
    again = np.stack([Picture(encoded(copy.resize((400, 400)), quality=50), MAX_PIXELS).luma() for copy in copies])
    found = index.match(again, SEARCH)
    assert np.array_equal(found.image, np.arange(20)) and found.distance.max() <= 31


def test_other_pictures_do_not_match(index):
    found = index.match(LUMAS[20:], SEARCH)
    assert (found.image == -1).all() and (found.distance == -1).all() and np.isnan(found.score).all()
    assert found.image.dtype == found.distance.dtype == np.int32 and found.transform == [None] * 20


def test_first_of_equal_images_matches():
    index, _ = build([(f"s/{n}", encoded(SCENES[n % 2], "PNG")) for n in range(4)], MAX_PIXELS)
    assert index.match(LUMAS[:2], SEARCH).image.tolist() == [0, 1]


def saved(index: EvalIndex) -> bytes:
    file = io.BytesIO()
    index.save(file)
    return file.getvalue()


def test_saved_index_is_the_same(index):
    loaded = EvalIndex.load(io.BytesIO(saved(index)))
    assert list(loaded.ids) == list(index.ids)
    assert np.array_equal(loaded.hashes, index.hashes) and np.array_equal(loaded.images, index.images)
    assert saved(loaded) == saved(index)
    assert np.array_equal(loaded.match(LUMAS, SEARCH).image, index.match(LUMAS, SEARCH).image)


def test_index_of_nothing_matches_nothing():
    index, undecodable = build([("s/a", b""), ("s/b", b"text")], MAX_PIXELS)
    assert undecodable == ["s/a", "s/b"]
    loaded = EvalIndex.load(io.BytesIO(saved(index)))
    assert len(loaded.ids) == 0 and (loaded.match(LUMAS, SEARCH).image == -1).all()


def test_refuses_another_file(tmp_path):
    path = tmp_path / "index"
    path.write_bytes(b"ARROW1 but no more")
    with path.open("rb") as file, pytest.raises(ValueError, match="index: not an index of evaluation images"):
        EvalIndex.load(file)


def test_refuses_another_format(index):
    data = saved(index).replace(b"evaluation images 2", b"evaluation images 9")
    with pytest.raises(ValueError, match="evaluation images 9; this version reads align-corpus evaluation images 2"):
        EvalIndex.load(io.BytesIO(data))


def test_index_at_a_path_is_mapped(index, tmp_path):
    path = tmp_path / "index"
    path.write_bytes(saved(index))
    loaded = EvalIndex.load(str(path))
    assert not loaded.hashes.flags.owndata and not loaded.views.flags.writeable
    assert saved(loaded) == saved(index) and EvalIndex.join([loaded]).hashes is loaded.hashes


@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
def test_refuses_a_file_that_was_cut(index, part):
    data = saved(index)
    with pytest.raises(ValueError, match="index: not an index of evaluation images, or a damaged one"):
        EvalIndex.load(io.BytesIO(data[: int(part * len(data))]))


def test_refuses_entries_that_are_no_variants(index):
    beyond = replace(index, variants=np.full_like(index.variants, 104))
    with pytest.raises(ValueError, match="index: damaged: its entries don't fit"):
        EvalIndex.load(io.BytesIO(saved(beyond)))


def test_refuses_another_mode(index):
    with pytest.raises(ValueError, match="index: mode: 'defaulT'; the modes are default, dense"):
        EvalIndex.load(io.BytesIO(saved(index).replace(b"default", b"defaulT")))
    with pytest.raises(ValueError, match="mode: 'sparse'; the modes are default, dense"):
        build([], MAX_PIXELS, "sparse")


def test_joined_parts_are_the_whole(index):
    images = [(f"set/{number}", encoded(image, "PNG")) for number, image in enumerate(SCENES[:20])]
    parts = [build(images[start : start + 7], MAX_PIXELS)[0] for start in range(0, 20, 7)]
    assert saved(EvalIndex.join(parts)) == saved(index)


def test_only_indexes_of_one_mode_are_joined(index):
    dense, _ = build([], MAX_PIXELS, "dense")
    with pytest.raises(ValueError, match="indexes of one mode can be joined; these are default, dense"):
        EvalIndex.join([index, dense])
    with pytest.raises(ValueError, match="indexes of one mode can be joined; these are none"):
        EvalIndex.join([])


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"max_distance": 257}, "max_distance: 257; a distance is 0 to 256 bits"),
        ({"max_distance": -1}, "max_distance: -1; a distance is 0 to 256 bits"),
        ({"min_score": 1.01}, "min_score: 1.01; a score is -1 to 1"),
        ({"min_score": float("nan")}, "min_score: nan; a score is -1 to 1"),
    ],
)
def test_refuses_a_search_out_of_range(search, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Search(**search)
    assert Search(0, -1) and Search(256, 1)


def test_thresholds_are_kept(index):
    """On both sides of the distance and of the score of a copy."""
    copy = Picture(encoded(SCENES[3].resize((120, 100)), quality=40), MAX_PIXELS).luma()[None]
    found = index.match(copy, Search())
    distance, score = int(found.distance[0]), float(found.score[0])
    assert 0 < distance <= 31 and 0.4 <= score < 1
    assert index.match(copy, Search(distance, score)).image[0] == 3
    assert index.match(copy, Search(distance - 1, score)).image[0] == -1
    assert index.match(copy, Search(distance, np.nextafter(score, 1))).image[0] == -1


def test_batches_of_a_match_do_not_matter(index):
    lumas = np.concatenate([LUMAS, LUMAS[::-1], LUMAS[:9]])  # more than are matched at once
    whole = index.match(lumas, SEARCH)
    alone = [index.match(lumas[place : place + 1], SEARCH) for place in range(len(lumas))]
    for column in ("image", "distance", "score"):
        parts = np.concatenate([getattr(one, column) for one in alone])
        assert np.array_equal(parts, getattr(whole, column), equal_nan=column == "score")
    assert [one.transform[0] for one in alone] == whole.transform


@pytest.mark.parametrize(("distance", "least"), [(0, 0.4), (31, 0.4), (32, 0.42), (50, 0.78), (51, 0.8), (200, 0.8)])
def test_the_farther_the_hashes_the_more_alike_the_views_must_be(distance, least):
    search = Search(max_distance=200)
    assert search.accepts(distance, least + 1e-9) and not search.accepts(distance, least - 1e-9)
    assert not search.accepts(201, 1) and not Search(200, min_score=0.9).accepts(distance, 0.89)
