"""Near-duplicate search on photos: recall of each transform, false positives, and the bars on both.

Half of the photos are the evaluation set. The first half and the 72 transforms served for tuning; the second half, and
the transforms held out with it, are measured last.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from bench.dedup_cost import cost
from bench.edits import shorten
from bench.figures import Figure
from bench.transforms import HELD_OUT, TRANSFORMS, Transform, encode
from dedup.evaluation import EvalIndex, build
from dedup.search import Search
from filters.picture import Picture

KINDS = {".jpg", ".jpeg", ".png", ".webp"}
LARGEST = 480  # pixels of the short side: copies of larger photos are resized
MAX_PIXELS = 10**8
SETTINGS = {
    "default": ("default", Search()),
    "thorough": ("default", Search(thorough=True)),
    "dense": ("dense", Search()),
}
SAME = [
    *("png_reencode", "jpeg_q75", "jpeg_q50", "jpeg_q30", "jpeg_q10", "webp_q80", "webp_q30", "resize_short200"),
    *("resize_short256", "resize_short512", "thumb100_up400", "thumb48_up300", "nearest_resize224", "aspect_w+10"),
    *("aspect_w-10", "squash_square256", "hflip", "vflip", "rot90", "rot180", "grayscale"),
]
FRAMES = [
    *("border2_white", "border5_white", "border10_black", "border10_blue"),
    *("letterbox_16x9_black", "letterbox_square_white", "letterbox_9x16_black"),
]
CENTRE_CROPS = ["ccrop95", "ccrop90", "ccrop80", "ccrop70", "ccrop50"]
ROTATIONS = ["rot2", "rot5"]
SAMPLED = 4  # the loss of recall is measured on every fourth photo's copies

Recall = dict[str, dict[str, float]]  # setting -> transform -> percent


def dedup(folder: Path, unrelated: Path | None, held_out: bool) -> Iterator[Figure]:
    """The figures for one half of the photos in a folder."""
    photos = [_photo(path) for path in _pictures(folder)]
    halves = photos[::2], photos[1::2]
    ours, others = halves[::-1] if held_out else halves
    indexes = {mode: _index(ours, mode) for mode in {mode for mode, _ in SETTINGS.values()}}
    recall = _recall(indexes, ours, others, TRANSFORMS)
    yield from _rows(recall)
    yield from _bars(recall)
    if held_out:
        kept = _recall(indexes, ours, others, HELD_OUT)
        yield from _rows(kept)
        yield from _means(kept, {}, "the transforms kept")
    yield from _false_positives(indexes, _lumas_of(_hard(others)), "unrelated photos, three tiles of each")
    if unrelated:
        graphics = [_photo(path) for path in _pictures(unrelated)]
        yield from _false_positives(indexes, _lumas_of(graphics), "the pictures of --unrelated")
    copies = [image for transform in TRANSFORMS.values() for image in _copies(ours[::SAMPLED], others, transform)]
    yield from cost(indexes["default"], [encode(photo) for photo in others], np.stack(copies))


def _recall(
    indexes: Mapping[str, EvalIndex],
    photos: Sequence[Image.Image],
    others: Sequence[Image.Image],
    transforms: Mapping[str, Transform],
) -> Recall:
    """Share of each transform's copies that match their photo; a match of another photo doesn't count."""
    found: Recall = {setting: {} for setting in SETTINGS}
    for name, transform in transforms.items():
        lumas = np.stack(list(_copies(photos, others, transform)))
        for setting, (mode, search) in SETTINGS.items():
            image = indexes[mode].match(lumas, search).image
            found[setting][name] = 100 * float((image == np.arange(len(photos))).mean())
    return found


def _copies(photos: Sequence[Image.Image], others: Sequence[Image.Image], transform: Transform) -> Iterator[np.ndarray]:
    for place, photo in enumerate(photos):
        beside = [others[(place + step) % len(others)] for step in range(3)]
        yield Picture(transform(photo, beside, place), MAX_PIXELS).luma()


def _rows(recall: Recall) -> Iterator[Figure]:
    for name in recall["default"]:
        for setting in SETTINGS:
            yield Figure(f"{name}, {setting}", recall[setting][name], "%")


def _bars(recall: Recall) -> Iterator[Figure]:
    yield from _means(recall, {"default": 85, "thorough": 90}, "72 transforms")
    usual, dense = recall["default"], recall["dense"]
    groups = [("re-encoded, resized, flipped", SAME, 100), ("border, letterbox", FRAMES, 96)]
    for what, names, bar in [*groups, ("centre crops", CENTRE_CROPS, 99), ("rotations", ROTATIONS, 99)]:
        yield Figure(f"recall, {what}: the lowest, default", min(map(usual.__getitem__, names)), "%", at_least=bar)
    yield Figure("recall, off-centre crops of 85 %, dense", dense["randcrop85"], "%", at_least=95)


def _means(recall: Recall, bars: Mapping[str, float], what: str) -> Iterator[Figure]:
    for setting, found in recall.items():
        mean = float(np.mean(list(found.values())))
        yield Figure(f"mean recall, {what}, {setting}", mean, "%", at_least=bars.get(setting))


def _false_positives(indexes: Mapping[str, EvalIndex], lumas: np.ndarray, what: str) -> Iterator[Figure]:
    for setting, (mode, search) in SETTINGS.items():
        wrong = int((indexes[mode].match(lumas, search).image >= 0).sum())
        most = 1 if setting == "thorough" else 0
        yield Figure(f"false positives of {len(lumas):,}: {what}, {setting}", wrong, at_most=most)


def _hard(photos: Sequence[Image.Image]) -> Iterator[Image.Image]:
    """Each photo and three tiles at random positions: skies and walls are hard."""
    random = np.random.default_rng(0)
    for photo in photos:
        yield photo
        (width, height), places = photo.size, random.random((3, 2))
        for across, down in places:
            left, top = round(across * width / 2), round(down * height / 2)
            yield photo.crop((left, top, left + width // 2, top + height // 2))


def _index(photos: Sequence[Image.Image], mode: str) -> EvalIndex:
    index, undecodable = build(
        ((f"photo/{n}", encode(photo, "PNG")) for n, photo in enumerate(photos)), MAX_PIXELS, mode
    )
    assert not undecodable
    return index


def _lumas_of(photos: Iterator[Image.Image] | Sequence[Image.Image]) -> np.ndarray:
    return np.stack([Picture(encode(photo, "PNG"), MAX_PIXELS).luma() for photo in photos])


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS)


def _photo(path: Path) -> Image.Image:
    """The photo as on the web: over white, and of common size."""
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        rgba = image.convert("RGBA")
    photo = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return photo if min(photo.size) <= LARGEST else shorten(photo, LARGEST)
