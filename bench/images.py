"""The image bar: CPU time per image of the passes without the porn model, against a loop that hashes each image once.

Per image means the slope between a few and many images, so that the start of a process drops out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bench.corpus import FOLDER, make_corpus, warm_up
from bench.figures import Figure, median
from bench.measure import measure, python
from bench.pictures import write_files, write_table, write_tar

BAR = 1.35  # multiple of the loop's CPU time
FEW = 200
EVALUATION_IMAGES, FIRST_EVALUATION_IMAGE = 500, 10_000_000
MS = 1e3


def images(many: int, repeats: int) -> Iterator[Figure]:
    """Slopes are medians of `repeats`; pipeline and yardstick take turns."""
    inputs = make_inputs(many)
    warm_up()
    found: dict[str, list[float]] = {kind: [] for kind in ("loop", *inputs)}
    for _ in range(repeats):
        found["loop"].append(slope(_loop, many))
        for kind in inputs:
            found[kind].append(slope(partial(passes, inputs[kind]), many))
    yield Figure("read, header, draft decode, imagehash.phash", median(found["loop"]) * MS, "ms / image")
    for kind in inputs:
        yield Figure(f"{kind}: the three passes", median(found[kind]) * MS, "ms / image")
        ratios = [ours / loop for ours, loop in zip(found[kind], found["loop"], strict=True)]
        yield Figure(f"{kind}: passes / loop", median(ratios), "x", at_most=BAR)


def slope(cpu: Callable[[int], float], many: int) -> float:
    """CPU seconds per additional image."""
    return (cpu(many) - cpu(FEW)) / (many - FEW)


def picture_folder() -> Path:
    """The folder with the pictures as files."""
    return FOLDER / "pictures"


def make_inputs(many: int) -> dict[str, dict[int, Path]]:
    """Writes equal pictures to a tar and to a Parquet file, few and many of them: files by kind and by count."""
    pictures = write_files(picture_folder(), many)
    write_files(_evaluation(), EVALUATION_IMAGES, FIRST_EVALUATION_IMAGE)
    inputs: dict[str, dict[int, Path]] = {"tar": {}, "Parquet": {}}
    for count in (FEW, many):
        inputs["tar"][count] = FOLDER / f"images-{count}" / "00000.tar"
        inputs["Parquet"][count] = FOLDER / f"images-{count}" / "00000.parquet"
        write_tar(inputs["tar"][count], pictures[:count])
        write_table(inputs["Parquet"][count], pictures[:count])
    return inputs


def _evaluation() -> Path:
    return FOLDER / "evaluation"


def _loop(count: int) -> float:
    return measure(*python("-m", "bench.image_loop", picture_folder(), str(count))).cpu


def passes(files: dict[int, Path], count: int) -> float:
    """CPU seconds of the pipeline without the porn model on `count` pictures, with an evaluation set."""
    return make_corpus("images", files[count], "--filters.porn.enabled=false", f"--eval_images={_evaluation()}").cpu
