"""Hashes against imagehash, orientations against turned pictures, and the index of evaluation images."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image
from scipy.fftpack import dct

from dedup.evaluation import EvalIndex, Search, build
from dedup.hashing import (
    ORIENTATIONS,
    coefficients,
    from_hex,
    hamming,
    hash_bits,
    hashes,
    orientations,
    to_hex,
)
from filters.pixels import luma

MAX_PIXELS = 10**8
SEARCH = Search()
PHOTOS = sorted((Path(__file__).resolve().parents[2] / "shared" / "data" / "clothing").rglob("*.jpg"))[:100]
TRANSPOSES = [
    None,
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.ROTATE_180,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
]


def scene(seed: int, width: int = 300, height: int = 260) -> Image.Image:
    """A picture with structure at every scale: noise, enlarged and added up."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for cells in (3, 6, 12, 24, 48):
        noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), np.uint8))
        total += np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC), float)
    return Image.fromarray((total / 5).astype(np.uint8))


def encoded(image: Image.Image, format: str = "JPEG", **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def small(image: Image.Image) -> np.ndarray:
    """The luma without libjpeg's scaling."""
    return luma(encoded(image, "PNG"), MAX_PIXELS)


SCENES = [scene(seed) for seed in range(40)]
LUMAS = np.stack([small(image) for image in SCENES])


def oracle(image: Image.Image) -> np.ndarray:
    return from_hex(str(imagehash.phash(image, hash_size=16)))


def test_coefficients_are_the_cosine_transform():
    exact = dct(dct(LUMAS.astype(float), axis=1), axis=2)[:, :16, :16] / (4 * 128 * 128)
    np.testing.assert_allclose(coefficients(LUMAS), exact, atol=0.02)


def test_close_to_imagehash():
    distances = hamming(np.stack([oracle(image) for image in SCENES]), hashes(LUMAS))
    assert distances.mean() <= 1.5 and distances.max() <= 8


@pytest.mark.parametrize("photos", [PHOTOS] if PHOTOS else [])
def test_close_to_imagehash_on_photos(photos):
    images = [Image.open(path).convert("RGB") for path in photos]
    theirs = np.stack([oracle(image) for image in images])
    side, bilinear = (128, 128), Image.Resampling.BILINEAR
    lumas = [np.asarray(image.convert("L").resize(side, bilinear, reducing_gap=2.0)) for image in images]
    full = hamming(theirs, hashes(np.stack(lumas)))
    drafted = hamming(theirs, hashes(np.stack([luma(path.read_bytes(), MAX_PIXELS) for path in photos])))
    assert full.mean() <= 1.5 and full.max() <= 8
    assert drafted.mean() <= 4 and drafted.max() <= 20


def test_one_by_one_equals_batched():
    lumas = np.concatenate([LUMAS] * 4)  # more than are multiplied at once
    alone = np.concatenate([coefficients(lumas[place : place + 1]) for place in range(len(lumas))])
    assert np.array_equal(alone, coefficients(lumas))
    assert np.array_equal(coefficients(lumas[:7]), coefficients(lumas)[:7])


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads_do_not_matter(threads, tmp_path):
    np.save(tmp_path / "lumas.npy", LUMAS)
    script = "import sys, numpy as np, dedup.hashing as h; np.save(sys.argv[2], h.coefficients(np.load(sys.argv[1])))"
    names = [str(tmp_path / "lumas.npy"), str(tmp_path / "found.npy")]
    root = Path(__file__).resolve().parents[1]
    environment = {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
    subprocess.run([sys.executable, "-c", script, *names], env=environment, cwd=root, check=True)
    assert np.array_equal(np.load(names[1]), coefficients(LUMAS))


def test_orientations_equal_the_turned_picture_bit_for_bit():
    turned = [
        np.asarray(Image.fromarray(LUMAS[0]).transpose(how)) if how is not None else LUMAS[0] for how in TRANSPOSES
    ]
    ours = orientations(coefficients(LUMAS[:1]))[0]
    assert ours.shape == (ORIENTATIONS, 16, 16)
    assert {c.tobytes() for c in coefficients(np.stack(turned)) + 0} == {c.tobytes() for c in ours + 0}
    assert np.array_equal(coefficients(np.stack(turned[:5])), ours[:5])


def test_orientations_are_near_imagehash_of_the_turned_picture():
    image = SCENES[0]
    ours = hash_bits(orientations(coefficients(small(image)[None])))[0]
    for how in TRANSPOSES[1:]:
        assert hamming(oracle(image.transpose(how)), ours).min() <= 8


def test_hex_is_imagehashes():
    for image in SCENES[:5]:
        text = str(imagehash.phash(image, hash_size=16))
        assert to_hex(from_hex(text)) == text
    ours = hashes(LUMAS[:5])
    for first, second in pairwise(ours):
        theirs = imagehash.hex_to_hash(to_hex(first)) - imagehash.hex_to_hash(to_hex(second))
        assert hamming(first, second) == theirs


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "g" * 64])
def test_refuses_what_is_no_hash(text):
    with pytest.raises(ValueError):
        from_hex(text)


def test_half_the_bits_are_set():
    assert (np.bitwise_count(hashes(LUMAS)).sum(axis=1) == 128).all()


@pytest.mark.parametrize(("gray", "bits"), [(0, 0), (1, 1), (128, 1), (255, 1)])
def test_flat_image_has_no_texture_bits(gray, bits):
    assert np.bitwise_count(hashes(np.full((1, 128, 128), gray, np.uint8))).sum() == bits


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
    again, _ = build(((f"set/{n}", encoded(image, "PNG")) for n, image in enumerate(SCENES[:20])), MAX_PIXELS)
    assert np.array_equal(again.hashes, index.hashes) and np.array_equal(again.images, index.images)


@pytest.mark.parametrize("how", TRANSPOSES)
def test_copies_in_every_orientation_match(index, how):
    copies = [image.transpose(how) if how is not None else image for image in SCENES[:20]]
    again = np.stack([luma(encoded(copy.resize((400, 400)), quality=50), MAX_PIXELS) for copy in copies])
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
    copy = luma(encoded(SCENES[3].resize((120, 100)), quality=40), MAX_PIXELS)[None]
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
