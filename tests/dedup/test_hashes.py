"""Hashes against imagehash, and orientations against turned pictures."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image
from scipy.fftpack import dct

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
from filters.picture import Picture
from tests.support.scenes import LUMAS, MAX_PIXELS, SCENES, TRANSPOSES, small

PHOTOS = sorted((Path(__file__).resolve().parents[3] / "shared" / "data" / "clothing").rglob("*.jpg"))[:100]


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
    drafted = hamming(theirs, hashes(np.stack([Picture(path.read_bytes(), MAX_PIXELS).luma() for path in photos])))
    assert full.mean() <= 1.5 and full.max() <= 8
    assert drafted.mean() <= 4 and drafted.max() <= 20


def test_one_by_one_equals_batched():
    lumas = np.concatenate([LUMAS] * 4)  # more than are multiplied at once
    alone = np.concatenate([coefficients(lumas[place : place + 1]) for place in range(len(lumas))])
    assert np.array_equal(alone, coefficients(lumas))
    assert np.array_equal(coefficients(lumas[:7]), coefficients(lumas)[:7])


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads_do_not_matter(threads, tmp_path):
    np.save(tmp_path / "lumas.npy", LUMAS)
    script = "import sys, numpy as np, dedup.hashing as h; np.save(sys.argv[2], h.coefficients(np.load(sys.argv[1])))"
    names = [str(tmp_path / "lumas.npy"), str(tmp_path / "found.npy")]
    root = Path(__file__).resolve().parents[2]
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
