"""Fetching: rows per CPU second against img2dataset's, and CPU time against bare pycurl's, from a web on this machine.

Rows per CPU second are the slope between a few URLs and many, so that the start of a process drops out. img2dataset
decodes each picture besides, but asks for no robots.txt.
"""

from __future__ import annotations

import shutil
import tarfile
import venv
from collections.abc import Iterator
from pathlib import Path

from bench.corpus import FOLDER
from bench.figures import Figure, median
from bench.measure import CommandFailed, measure, python
from bench.web import Web, serving

REQUIREMENT = "img2dataset==1.47.0"
HOME = FOLDER / "fetch"
FEW = 10  # URLs
CASES = ((3000, 3.5), (300, 6.0), (1, 3.0))  # hosts, and the least multiple of img2dataset's rows per CPU second
OVER_BARE = 4.5  # multiple of pycurl's CPU time
SECONDS = "600"  # after which a command is ended


def fetching(pictures: int, repeats: int, nginx: str) -> Iterator[Figure]:
    """Medians of `repeats`; the three take turns."""
    _img2dataset()
    with serving(HOME, CASES[0][0], pictures, nginx) as web:
        for hosts, bar in CASES:
            rounds = [_round(web, hosts, pictures) for _ in range(repeats)]
            theirs, shards, loops, bare = zip(*rounds, strict=True)
            where = f"{hosts:,} host{'s' if hosts > 1 else ''}"
            yield Figure(f"{where}: img2dataset", 1 / median(theirs), "rows / CPU s")
            yield Figure(f"{where}: the loop, into a shard", 1 / median(shards), "rows / CPU s")
            yield Figure(f"{where}: pycurl", 1 / median(bare), "rows / CPU s")
            ratios = [one / other for one, other in zip(theirs, shards, strict=True)]
            yield Figure(f"{where}: loop / img2dataset", median(ratios), "x", at_least=bar)
            costs = [one / other for one, other in zip(loops, bare, strict=True)]
            yield Figure(f"{where}: CPU of loop / pycurl, bytes dropped", median(costs), "x", at_most=OVER_BARE)


def _round(web: Web, hosts: int, pictures: int) -> tuple[float, float, float, float]:
    """CPU seconds a row: of img2dataset, of the loop with a shard and without, and of pycurl."""
    loop, bare = python("-m", "bench.fetch_loop"), python("-m", "bench.bare_pycurl")
    few, many = (_write(web.urls(hosts, count), f"{hosts}-{count}.txt") for count in (FEW, pictures))
    shard = (str(HOME / "shard.tar"),)
    theirs = _theirs(many) - _theirs(few)
    shards = _cpu(loop, many, shard) - _cpu(loop, few, shard)
    loops, bares = (_cpu(each, many) - _cpu(each, few) for each in (loop, bare))
    rows = pictures - FEW
    return theirs / rows, shards / rows, loops / rows, bares / rows


def _write(urls: list[str], name: str) -> Path:
    path = HOME / name
    path.write_text("".join(f"{url}\n" for url in urls))
    return path


def _cpu(command: tuple[str, ...], urls: Path, more: tuple[str, ...] = ()) -> float:
    return measure("timeout", SECONDS, *command, urls, *more).cpu


def _theirs(urls: Path) -> float:
    """CPU seconds of img2dataset on a list of URLs. Raises CommandFailed unless it has every picture."""
    output = HOME / "img2dataset"
    shutil.rmtree(output, ignore_errors=True)
    used = measure(
        *("env", "NO_ALBUMENTATIONS_UPDATE=1", "timeout", SECONDS, _img2dataset(), f"--url_list={urls}"),
        *(f"--output_folder={output}", "--processes_count=1", "--thread_count=64", "--resize_mode=no"),
        *("--output_format=webdataset", "--number_sample_per_shard=1000000", "--enable_wandb=False"),
    )
    if len(urls.read_text().split()) != _samples(output / "00000.tar"):
        raise CommandFailed("img2dataset ended without an error, but did not bring every picture")
    return used.cpu


def _samples(shard: Path) -> int:
    with tarfile.open(shard) as tar:
        return sum(name.endswith(".jpg") for name in tar.getnames())


def _img2dataset() -> Path:
    """The command img2dataset, installed on first use in an environment of its own. Raises CommandFailed."""
    folder = HOME / "venv"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True)
        measure(folder / "bin" / "python", "-m", "pip", "install", "--quiet", REQUIREMENT)
        (folder / "ready").touch()
    return (folder / "bin" / "img2dataset").resolve()
