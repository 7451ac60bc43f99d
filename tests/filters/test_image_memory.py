"""Memory that damaged files leave unwritten is never read, and no image takes more than its share of memory."""

import io
import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from filters.image_errors import ImageError
from filters.picture import Picture, UndecodableImage
from tests.support.damage import damaged
from tests.support.pictures import FILES, MAX_PIXELS, encoded, noise

PICTURE = noise(3, (301, 243))
FAXES = ("group3", "group4", "tiff_ccitt")

DIGESTS = """
import hashlib, json, sys
from filters.picture import Picture, UndecodableImage
found = []
for data in json.load(sys.stdin):
    try:
        found.append(hashlib.sha256(Picture(bytes.fromhex(data), 10**6).converted.tobytes()).hexdigest())
    except UndecodableImage as error:
        found.append(error.error)
print(json.dumps(found))
"""

MEMORY = """
import sys
from filters.picture import Picture
def memory(what):
    return int(next(line for line in open("/proc/self/status") if line.startswith(what)).split()[1]) << 10
data = sys.stdin.buffer.read()
Picture(bytes.fromhex("%s"), 10**9).luma()
open("/proc/self/clear_refs", "w").write("5")
before = memory("VmRSS")
Picture(data, 10**9).luma()
print(memory("VmHWM") - before)
"""


def run(code: str, data: bytes = b"", **environment: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, input=data, capture_output=True, env=os.environ | environment, check=True)
    return done.stdout.decode()


@pytest.mark.slow
def test_damaged_files_have_the_same_pixels_whatever_memory_held_before() -> None:
    page, picture = PICTURE.resize((602, 486)).convert("1"), PICTURE
    files = [encoded(page, "TIFF", compression=name) for name in FAXES] * 2
    files += [encoded(picture, "TIFF", compression=name) for name in ("jpeg", "tiff_lzw", "packbits", "zstd")]
    files += [encoded(picture, format) for format in ("JPEG", "PNG", "GIF", "WEBP", "JPEG2000", "BMP", "TGA", "PCX")]
    dice = random.Random("unwritten")
    given = json.dumps([damaged(dice.choice(files), dice).hex() for _ in range(160)]).encode()
    one, other = (json.loads(run(DIGESTS, given, MALLOC_PERTURB_=value)) for value in ("85", "170"))
    assert one == other
    assert sum(len(digest) == 64 for digest in one) > 40 and "truncated" in one


@pytest.mark.parametrize("compression", FAXES)
@pytest.mark.parametrize("options", [{}, {266: 2}, {292: 1}, {292: 4}, {262: 0}])
@pytest.mark.parametrize("strip", [1 << 16, 1000])
def test_whole_faxes_are_decoded_as_pillow_does(compression: str, options: dict[int, int], strip: int) -> None:
    image = PICTURE.convert("1")
    data = encoded(image, "TIFF", compression=compression, tiffinfo=options, strip_size=strip)
    assert np.array_equal(Picture(data, MAX_PIXELS).converted, Image.open(io.BytesIO(data)).convert("L"))


@pytest.mark.parametrize("strip", [1 << 16, 9000])
def test_whole_jpeg_in_tiff_is_decoded_as_pillow_does(strip: int) -> None:
    data = encoded(PICTURE, "TIFF", compression="jpeg", strip_size=strip)
    assert np.array_equal(Picture(data, MAX_PIXELS).converted, Image.open(io.BytesIO(data)))


@pytest.mark.parametrize(("size", "whole"), [(b"\0\xf3", True), (b"\0\xf2", False), (b"\0\x01", False)])
def test_jpeg_in_tiff_that_is_lower_than_its_strip_is_truncated(size: bytes, whole: bool) -> None:
    data = encoded(PICTURE, "TIFF", compression="jpeg", strip_size=1 << 20)
    frame = data.index(b"\xff\xc0\0\x11\x08\0\xf3\x01\x2d") + 5
    data = data[:frame] + size + data[frame + 2 :]
    if whole:
        assert Picture(data, MAX_PIXELS).converted.size == (301, 243)
        return
    with pytest.raises(UndecodableImage, match="smaller than the strip") as caught:
        _ = Picture(data, MAX_PIXELS).converted
    assert caught.value.error == ImageError.TRUNCATED


def test_cut_fax_is_truncated() -> None:
    data = encoded(PICTURE.convert("1"), "TIFF", compression="group4")
    with pytest.raises(UndecodableImage):
        _ = Picture(data[:-600], MAX_PIXELS).converted


@pytest.mark.slow
def test_images_of_several_bands_are_converted_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, data in FILES.items():
        whole = Picture(data, MAX_PIXELS).converted
        with monkeypatch.context() as patch:
            patch.setattr("filters.picture.BAND_PIXELS", 7 * whole.width)
            banded = Picture(data, MAX_PIXELS).converted
        assert banded.mode == whole.mode and np.array_equal(banded, whole), name


SIDE = 2400
LARGE = {
    "PNG of 16 bits": ("I;16", "PNG", {}),
    "PNG with transparency": ("RGBA", "PNG", {}),
    "TIFF of 32 bits": ("I", "TIFF", {"compression": "tiff_adobe_deflate"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_an_image_takes_at_most_eight_bytes_a_pixel(name: str) -> None:
    """So that one of the pixel limit takes 716 MB; what doesn't depend on the pixels is allowed for by 40 MB."""
    mode, format, options = LARGE[name]
    small, large = (encoded(Image.new(mode, (side, side)), format, **options) for side in (9, SIDE))
    assert int(run(MEMORY % small.hex(), large)) < 8 * SIDE**2 + (40 << 20)
