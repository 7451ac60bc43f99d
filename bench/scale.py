"""Larger inputs: tens of millions of rows, a hundred thousand images, and a run's resources besides time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.corpus import FOLDER, captions, funnel, make_corpus, warm_up
from bench.figures import Figure
from bench.measure import Usage
from bench.pictures import write_unlike

GB = 1e9
BILLION = 1e9
WORKERS = 2
GB_PER_WORKER = 2.0


def rows(sizes: Sequence[int]) -> Iterator[Figure]:
    """URL-only rows through the three passes on two workers; the slope between two sizes, extrapolated to 1e9."""
    warm_up()
    cpu = dict[int, float]()
    for size in sorted(sizes):
        usage, disk = _run("rows", captions(size))
        cpu[size] = usage.cpu
        yield from _figures("rows", f"{size / 1e6:g} M rows", size, usage, disk)
    if len(cpu) > 1:
        few, many = min(cpu), max(cpu)
        slope = (cpu[many] - cpu[few]) / (many - few)
        yield Figure(f"slope from {few / 1e6:g} M to {many / 1e6:g} M rows", slope * 1e6, "CPU s a million rows")
        yield Figure("1 B rows by this slope", slope * BILLION / 3600, "vCPU-hours")


def images(count: int) -> Iterator[Figure]:
    """Generated pictures in Parquet through the three passes, without the porn model."""
    folder = FOLDER / f"unlike-{count}"
    write_unlike(folder, count)
    usage, disk = _run("images", folder, "--filters.porn.enabled=false")
    yield from _figures("images", f"{count:,} images", count, usage, disk)


def _run(name: str, inputs: Path, *options: str) -> tuple[Usage, float]:
    """A run's resources, and the largest size of its output, in bytes."""
    with _largest(FOLDER / "runs" / name) as sizes:
        usage = make_corpus(name, inputs, *options, workers=WORKERS, memory=True)
    return usage, max(sizes, default=0)


def _figures(name: str, what: str, count: int, usage: Usage, disk: float) -> Iterator[Figure]:
    seconds = funnel(name)["seconds"]
    passes = ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())
    yield Figure(f"{what}: wall time ({passes})", usage.wall, "s")
    yield Figure(f"{what}: CPU time", usage.cpu, "s")
    yield Figure(f"{what}: CPU time each", usage.cpu / count * 1e6, "us")
    yield Figure(f"{what}: peak PSS of each of two workers", usage.peak / WORKERS / GB, "GB", at_most=GB_PER_WORKER)
    yield Figure(f"{what}: largest size of the output while it ran", disk / GB, "GB")


@contextmanager
def _largest(folder: Path) -> Iterator[list[int]]:
    """Sizes of a folder while the block runs, one per second."""
    sizes, stop = list[int](), threading.Event()

    def watch() -> None:
        while not stop.wait(1):
            sizes.append(_size(folder))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield sizes
    finally:
        stop.set()
        watcher.join()


def _size(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(root, name)).st_size
            except FileNotFoundError:  # the file was renamed meanwhile
                continue
    return total
