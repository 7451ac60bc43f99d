"""Windows, rotations and probes against pictures cropped and rotated by Pillow."""

from __future__ import annotations

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.fftpack import dct

from dedup.evaluation import build
from dedup.hashing import from_hex, hamming, hash_bits
from dedup.probes import probes
from dedup.quality import MIN_STABLE, NOISE, is_informative
from dedup.search import Search
from dedup.variants import DEFAULT, DENSE, Variant, cut, turn, variant_coefficients, variants, warp
from dedup.verify import VIEW_SIDE, scores, views
from dedup.windows import FULL, Window, Windows
from tests.support.scenes import LUMAS, MAX_PIXELS, SCENES, TRANSPOSES, encoded, small

CROPS = [Window(0.25, 0.125, 1, 0.75), Window(0, 0, 0.5, 0.5), Window(0.25, 0.25, 0.75, 0.75)]  # on whole pixels
SIZES = np.array([image.size for image in SCENES], np.int32)


def cropped(image: Image.Image, window: Window) -> Image.Image:
    edges = np.array(window) * (*image.size, *image.size)
    return image.crop(tuple(np.rint(edges).astype(int).tolist()))


def copy_of(image: Image.Image, variant: Variant) -> Image.Image:
    """The copy that a variant stands for, made of the picture itself."""
    pose = variant.pose
    copy = image.rotate(pose.degrees, Image.Resampling.BICUBIC) if pose.degrees else cropped(image, pose.window)
    if pose.inner:
        cos, sin = np.cos(np.radians(pose.degrees)), abs(np.sin(np.radians(pose.degrees)))
        width, height = image.size
        share = min(width / (width * cos + height * sin), height / (width * sin + height * cos))
        copy = cropped(copy, Window((1 - share) / 2, (1 - share) / 2, (1 + share) / 2, (1 + share) / 2))
    how = TRANSPOSES[variant.orientation]
    return copy.transpose(how) if how is not None else copy


@pytest.mark.parametrize(("mode", "entries"), [(DEFAULT, 104), (DENSE, 502)])
def test_entries_of_an_image(mode, entries):
    names = [variant.name for variant in variants(mode)]
    assert len(names) == len(set(names)) == entries
    assert {"as is", "mirrored", "crop centre 0.9", "cut top 0.13, mirrored", "rotated 4"} <= set(names)
    assert set(map(repr, variants(DEFAULT))) <= set(map(repr, variants(mode)))
    assert all(0 <= edge <= 1 for variant in variants(mode) for edge in variant.pose.window)


def test_windows_on_whole_pixels_are_the_cosine_transform_of_the_crop():
    found = Windows(CROPS)(LUMAS)
    for place, (left, top, right, bottom) in enumerate((np.array(CROPS) * 128).astype(int)):
        crop = LUMAS[:, top:bottom, left:right].astype(float)
        exact = dct(dct(crop, axis=1), axis=2)[:, :16, :16] / (4 * crop[0].size)
        np.testing.assert_allclose(found[:, place], exact, atol=0.05)


def test_pixels_that_lie_partly_in_a_window_count_partly():
    window = Window(10.25 / 128, 20.5 / 128, 80 / 128, 100.75 / 128)
    across, down = np.zeros(128), np.zeros(128)
    across[10:80], down[20:101] = 1, 1
    across[10], down[20], down[100] = 0.75, 0.5, 0.75
    means = [np.average(luma, weights=np.outer(down, across)) for luma in LUMAS]
    np.testing.assert_allclose(Windows([window])(LUMAS)[:, 0, 0, 0], means, atol=0.02)


@pytest.mark.parametrize("window", [FULL, Window(0.033, 0.1, 0.91, 0.777)])
def test_flat_windows_have_a_mean_and_nothing_else(window):
    coefficients = Windows([window])(np.full((1, 128, 128), 200, np.uint8)).ravel()
    assert coefficients[0] == pytest.approx(200, abs=0.02) and not coefficients[1:].any()


def test_windows_do_not_depend_on_the_batch_nor_on_each_other():
    windows = Windows([FULL, *CROPS])
    lumas = LUMAS[:9]
    batched = windows(lumas)
    assert np.array_equal(batched, np.concatenate([windows(luma[None]) for luma in lumas]))
    assert np.array_equal(batched[:, 2], Windows([CROPS[1]])(lumas)[:, 0])


def test_variants_are_near_imagehash_of_the_copy():
    """Crops and rotations of 128 x 128 pixels are coarser than those of the picture, by some bits."""
    ours = hash_bits(variant_coefficients(LUMAS[:2], SIZES[:2], DEFAULT))
    copies = [[copy_of(image, variant) for variant in variants(DEFAULT)] for image in SCENES[:2]]
    theirs = [[from_hex(str(imagehash.phash(copy, hash_size=16))) for copy in row] for row in copies]
    distances = hamming(np.array(theirs), ours)
    assert distances.mean() <= 4 and distances.max() <= 24


@pytest.mark.slow
def test_every_variant_is_found_by_its_name():
    images = [(f"set/{number}", encoded(image, "PNG")) for number, image in enumerate(SCENES[:4])]
    index, _ = build(images, MAX_PIXELS)
    for place, variant in enumerate(variants(DEFAULT)[::3]):
        found = index.match(small(copy_of(SCENES[place % 4], variant))[None], Search())
        assert (found.image[0], found.transform[0]) == (place % 4, variant.name) and found.score[0] >= 0.8


@pytest.mark.slow
def test_views_of_variants_are_aligned_with_their_copies():
    for place, variant in enumerate(variants(DENSE)[::9]):
        number = place % len(SCENES)
        copy = cut(small(copy_of(SCENES[number], variant)), FULL, VIEW_SIDE)
        ours = warp(views(LUMAS[number][None])[0], SIZES[number], variant)
        assert scores(ours[None], copy[None])[0] >= 0.8, variant.name


@pytest.mark.parametrize("orientation", range(8))
def test_turning_is_pillows(orientation):
    how = TRANSPOSES[orientation]
    turned = np.asarray(Image.fromarray(LUMAS[0]).transpose(how)) if how is not None else LUMAS[0]
    assert np.array_equal(turn(LUMAS[0], orientation), turned)


def test_screenshots_are_found():
    index, _ = build([("set/0", encoded(SCENES[0], "PNG"))], MAX_PIXELS)
    page = Image.new("RGB", (360, 420), "white")
    page.paste(SCENES[0], (30, 60))
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 360, 40), fill="navy")
    draw.text((40, 340), "Liked by many", fill="black")
    found = index.match(small(page)[None], Search())
    assert found.image[0] == 0 and found.transform[0] == "cut out of a page"


def test_blank_windows_and_flags_make_no_hash():
    flag = np.repeat(np.array([0, 255, 0], np.uint8), [43, 43, 42])[:, None].repeat(128, axis=1)
    ramp = np.arange(128, dtype=np.uint8)[None].repeat(128, axis=0)
    low = np.stack([np.full((128, 128), 255, np.uint8), flag, ramp])
    assert not is_informative(Windows([FULL])(low)).any() and is_informative(Windows(CROPS)(LUMAS)).all()
    assert len(probes(low, thorough=True).hashes) == 0
    index, _ = build([("set/flag", encoded(Image.fromarray(flag), "PNG"))], MAX_PIXELS)
    kinds = [variants(DEFAULT)[kind].pose for kind in index.variants]
    assert all(pose.degrees for pose in kinds) and index.match(low, Search()).image.tolist() == [-1, -1, -1]


@pytest.mark.parametrize(("stable", "informative"), [(64, True), (63, False)])
def test_a_quarter_of_the_coefficients_must_be_above_the_noise(stable, informative):
    coefficients = np.full(256, NOISE / 2)
    coefficients[:stable] = -2 * NOISE
    assert MIN_STABLE == 0.25 and is_informative(coefficients.reshape(16, 16)) == informative


def test_thorough_looks_up_seventeen_parts_more():
    usual, thorough = probes(LUMAS[:3], False), probes(LUMAS[:3], True)
    assert usual.images.tolist() == [0, 1, 2] and np.bincount(thorough.images).tolist() == [18] * 3
    assert len(set(thorough.names)) == 18 and np.array_equal(thorough.hashes[::18], usual.hashes)


@pytest.mark.parametrize(("thorough", "image"), [(False, -1), (True, 0)])
def test_a_part_of_a_collage_is_found_by_a_thorough_search(thorough, image):
    index, _ = build([("set/0", encoded(SCENES[0], "PNG"))], MAX_PIXELS)
    page = Image.new("RGB", (600, 520))
    for place, part in enumerate((SCENES[1], SCENES[2], SCENES[0], SCENES[3])):
        page.paste(part, (place % 2 * 300, place // 2 * 260))
    found = index.match(small(page)[None], Search(thorough=thorough))
    assert (found.image[0], found.transform[0]) == (image, "bottom left quarter" if thorough else None)
