"""Runs that reuse a finished one, in this process, beside the same from scratch, and counts of what they measure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from dedup.evaluation import EvalIndex, Matches
from dedup.search import Search
from pipeline.measure import measures
from tests.support.crawl_contents import encode, picture
from tests.support.kill_cases import state
from tests.support.two_runs import Row, call

SMALL = (
    "--workers=1", "--input.rows_per_shard=9", "--filters.short_side.min_pixels=20", "--filters.word_count.min_words=2",
    "--filters.porn.max_score=0.52",
)  # fmt: skip
KEPT = ("work/index/", "work/runs/", "work/evaluation.idx", "work/kept.json")
OTHER = (*KEPT, "work/command.json", "report.html")
HEAD = re.compile("<title>.*?</title>|<header>.*?</header>", re.S)
SIDE = 64


def small(seed: int) -> bytes:
    """A picture of 64 x 48 pixels."""
    return encode(picture(seed, SIDE, 48), quality=90)


def rows(first: int, last: int) -> list[Row]:
    """Pairs with pictures of these seeds, among them some that each rule drops, and images that occur again."""
    return [_row(seed) for seed in range(first, last)]


def _row(seed: int) -> Row:
    image: bytes | None = small(seed // 2 if seed % 7 == 0 else seed)
    if seed % 11 == 3:
        image = encode(picture(seed, 18, 40))  # a short side under 20
    if seed % 13 == 5:
        image = small(seed)[:-200]  # its header is whole, its pixels are not
    if seed % 17 == 6:
        image = None
    text = "word" if seed % 5 == 4 else f"a picture of number {seed % 6}"
    return {"text": text, "url": f"http://u/{seed}", "image": image}


def write(file: Path, found: Sequence[Row]) -> Path:
    """Writes a table of pairs with their images."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(found)), file)
    return file


def evaluation(folder: Path, *seeds: int) -> Path:
    """Writes an evaluation set of pictures that pairs with these seeds have."""
    folder.mkdir(parents=True)
    for seed in seeds:
        (folder / f"{seed}.png").write_bytes(encode(picture(seed, SIDE, 48), "PNG"))
    return folder


@dataclass
class Measured:
    """Numbers of images that runs scored, and looked up in the evaluation index."""

    scored: int = 0
    looked_up: int = 0
    lines: list[str] = field(default_factory=list)


@contextmanager
def counted() -> Iterator[Measured]:
    """Counts what runs in the block measure. The score of an image is its mean brightness."""
    found, match = Measured(), EvalIndex.match

    def score(images: Sequence[Image.Image]) -> np.ndarray:
        found.scored += len(images)
        return np.array([np.asarray(image.convert("L")).mean() / 255 for image in images])

    def look_up(index: EvalIndex, lumas: np.ndarray, search: Search) -> Matches:
        found.looked_up += len(lumas)
        return match(index, lumas, search)

    def tell(*lines: str) -> None:
        found.lines.extend(lines)

    scorer = mock.patch.object(measures, "load_scorer", lambda *_: score)
    with scorer, mock.patch.object(EvalIndex, "match", look_up), mock.patch("pipeline.run.tell", tell):
        yield found


def corpus(output: Path, inputs: Sequence[Path], *options: str) -> Measured:
    """A run that must end well; returns what it measured."""
    with counted() as measured:
        assert call(f"--input={','.join(map(str, inputs))}", f"--output={output}", *SMALL, *options) == 0
    return measured


def finished(output: Path) -> dict[str, str]:
    """A digest of every file of a run but what --keep_work keeps; its page without folder and command."""
    others = {name: digest for name, digest in state(output).items() if not name.startswith(OTHER)}
    return others | {"report.html": page_of((output / "report.html").read_bytes())}


def page_of(content: bytes) -> str:
    """The page of a run without its folder and command."""
    page = HEAD.sub("", content.decode())
    assert len(page) > 1000
    return page


Both = Callable[..., tuple[Measured, Measured]]


def both(folder: Path, run: Path, inputs: Sequence[Path], *options: str) -> tuple[Measured, Measured]:
    """A run from scratch, and one that reuses `run`, which must leave the same bytes; returns what each measured."""
    scratch = corpus(folder / "scratch", inputs, *options)
    again = corpus(folder / "again", inputs, *options, f"--reuse={run}")
    assert finished(folder / "again") == finished(folder / "scratch")
    return scratch, again
