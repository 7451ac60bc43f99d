"""The yardstick of the image passes: one process that does the least for each image, and stores nothing.

Run as `python -m bench.image_loop FOLDER COUNT`: read, header, draft decode, one imagehash.phash.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

SIDE = 128  # pixels of the draft's side


def hash_images(paths: list[Path]) -> int:
    """Counts distinct hashes."""
    import imagehash
    from PIL import Image

    hashes = set()
    for path in paths:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            image.draft("L", (SIDE, SIDE))
            hashes.add(str(imagehash.phash(image)))
    return len(hashes)


if __name__ == "__main__":
    print(hash_images(sorted(Path(sys.argv[1]).glob("*.jpg"))[: int(sys.argv[2])]))
