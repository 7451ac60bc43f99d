"""SVG files as JPEG pictures, by librsvg's `rsvg-convert`.

It reads each drawing from its input, so that the drawing has no address and can name no file or host besides itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image

from bench.evidence.packages import downloaded
from bench.evidence.pictures import Picture
from bench.measure import CommandFailed, measure

SIDE = 256  # pixels of the long side
SECONDS = 30  # for a drawing, some of which are made of filters
QUALITY = 90
PROGRAM = "rsvg-convert"


@dataclass(frozen=True)
class Renderer:
    """A program that renders, and what it needs in its environment."""

    program: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def jpeg(self, svg: bytes) -> bytes | None:
        """The drawing on white, with a long side of 256 pixels; None if it can't be rendered."""
        command = (
            self.program,
            f"--width={SIDE}",
            f"--height={SIDE}",
            "--keep-aspect-ratio",
            "--background-color=white",
        )
        environment = {**os.environ, **self.environment}
        try:
            ended = subprocess.run(command, input=svg, capture_output=True, timeout=SECONDS, env=environment)
        except subprocess.TimeoutExpired:
            return None
        return None if ended.returncode or not ended.stdout else _as_jpeg(ended.stdout)


def _as_jpeg(png: bytes) -> bytes:
    written = BytesIO()
    with Image.open(BytesIO(png)) as picture:
        picture.convert("RGB").save(written, "JPEG", quality=QUALITY)
    return written.getvalue()


def renderer(folder: Path) -> Renderer:
    """The installed program, or else Debian's, fetched below `folder`. Raises CommandFailed where neither runs."""
    if shutil.which(PROGRAM):
        return Renderer(PROGRAM)
    place = folder / "librsvg"
    try:
        if not place.exists():
            _fetch(folder / "librsvg.part")
            (folder / "librsvg.part").rename(place)
        libraries = next(place.glob("usr/lib/*/librsvg-2.so.2")).parent.resolve()
        program = str((place / "usr" / "bin" / PROGRAM).resolve())
        measure("env", f"LD_LIBRARY_PATH={libraries}", program, "--version")
    except (CommandFailed, StopIteration) as error:
        raise CommandFailed(f"{PROGRAM} is missing, type apt-get install librsvg2-bin ({error})") from error
    return Renderer(program, {"LD_LIBRARY_PATH": str(libraries)})


def _fetch(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in downloaded(["librsvg2-bin", "librsvg2-2"], folder):
        measure("dpkg-deb", "-x", file, folder)


def render(pictures: Iterable[Picture], folder: Path, with_: Renderer) -> list[Picture]:
    """Writes the missing pictures below `folder`; returns those that are there. The others can't be rendered."""
    every = list(pictures)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = list(pool.map(lambda picture: _render(picture, folder / picture.file, with_), every))
    return [picture for picture, there in zip(every, found, strict=True) if there]


def _render(picture: Picture, path: Path, with_: Renderer) -> bool:
    if path.exists():
        return True
    if (jpeg := with_.jpeg(picture.svg.read_bytes())) is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(jpeg)
    partial.rename(path)
    return True
