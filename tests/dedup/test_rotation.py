"""Rotated lumas against Pillow's own transform: every byte."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dedup.rotation import transform
from dedup.variants import DEFAULT, DENSE, rotate, variants
from tests.support.scenes import LUMAS

POSES = [variant.pose for variant in variants(DEFAULT) if variant.pose.degrees and not variant.orientation]
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def by_pillow(lumas: np.ndarray, maps: np.ndarray) -> np.ndarray:
    affine, bilinear = Image.Transform.AFFINE, Image.Resampling.BILINEAR
    return np.array(
        [
            [Image.fromarray(luma).transform(luma.shape, affine, tuple(one), bilinear) for one in own]
            for luma, own in zip(lumas, maps, strict=True)
        ]
    )


def noise(count: int, side: int) -> np.ndarray:
    return np.random.default_rng(side).integers(0, 256, (count, side, side), np.uint8)


@pytest.mark.parametrize("lumas", [LUMAS[:20], noise(20, 128), noise(20, 64)], ids=["pictures", "noise", "views"])
def test_rotations_are_pillows(lumas, monkeypatch):
    sizes = np.random.default_rng(1).integers(1, 5000, (len(lumas), 2)).astype(np.int32)
    ours = rotate(lumas, sizes, POSES)
    monkeypatch.setattr("dedup.rotation.transform", by_pillow)
    assert len(POSES) == 12 and np.array_equal(ours, rotate(lumas, sizes, POSES))
    assert {pose for variant in variants(DENSE) if (pose := variant.pose).degrees} == set(POSES)


@pytest.mark.parametrize("side", [1, 2, 3, 64, 129])
def test_any_transform_is_pillows(side):
    random = np.random.default_rng(side)
    maps = random.normal(0, 1, (20, 20, 6)) * [1, 1, side / 2, 1, 1, side / 2] + [0, 0, side / 2, 0, 0, side / 2]
    lumas = noise(20, side)
    assert np.array_equal(transform(lumas, maps), by_pillow(lumas, maps))


@pytest.mark.parametrize("off", [0.0, 0.5, -0.5, 1e-9, -1e-9, -1e-17, 0.25, 1.0])
def test_sources_at_the_edges_are_pillows(off):
    """Every pixel of the first maps comes from a whole pixel, or from the middle between two; others from outside."""
    lumas, to_edges = noise(3, 16), np.array([-16, -15.5, -1, -0.5, 0, 0.5, 1, 15.5, 16]) + off
    maps = np.array([[*IDENTITY[:2], across, *IDENTITY[3:5], down] for across in to_edges for down in to_edges])
    maps = np.repeat(maps[None], len(lumas), axis=0)
    found = transform(lumas, maps)
    assert np.array_equal(found, by_pillow(lumas, maps))
    assert off or np.array_equal(found[:, 40], lumas)


def test_a_mapped_luma_is_rotated_and_stays_as_it_was():
    """An index hands out views that can't be written."""
    view = np.frombuffer(noise(1, 64).tobytes(), np.uint8).reshape(1, 64, 64)
    before = view.copy()
    assert np.array_equal(transform(view, np.array([[IDENTITY]]))[:, 0], before) and np.array_equal(view, before)
