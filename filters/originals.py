"""Whether TensorFlow's `tf.io.decode_image` reads an image's bytes as they are, as RGB or gray, told without TensorFlow.

Pillow reads more than TensorFlow does: files without an end, and PNG with wrong checksums. Both end at libjpeg and
libpng, so the tests hold these two functions against TensorFlow on thousands of damaged files.
"""

from __future__ import annotations

import re

from PIL.ImageFile import ImageFile

# JPEG markers (ITU-T T.81, table B.1)
_START_OF_FRAME = {
    0xC0,
    0xC1,
    0xC2,
}  # baseline, extended and progressive with Huffman codes: all that TensorFlow has
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_SEGMENTS = {0xC4, _START_OF_SCAN, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)}
_MARKER_IN_SCAN = re.compile(
    rb"\xff[^\x00\xff\xd0-\xd7]"
)  # neither a stuffed zero, nor fill, nor a restart


def is_whole_jpeg(data: bytes) -> bool:
    """Whether the markers of a JPEG lead from its start to its end, as libjpeg follows them.

    TensorFlow reads on to the end of image; Pillow stops at the last row. What follows the end doesn't matter.
    """
    at, frames = 2, 0
    while len(data) - at >= 2 and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _END_OF_IMAGE:
            return frames == 1
        if marker in _START_OF_FRAME:
            frames += 1
        elif marker not in _SEGMENTS:
            return False
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _START_OF_SCAN:
            found = _MARKER_IN_SCAN.search(data, at)
            at = found.start() if found else len(data)
    return False


def is_whole_png(image: ImageFile) -> bool:
    """Whether a PNG just opened has one or three channels and every checksum right, its end included.

    The image is used up.
    """
    if image.has_transparency_data:
        return False
    try:
        image.verify()
    except (OSError, SyntaxError):
        return False
    return True
