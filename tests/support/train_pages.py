"""A made-up training, and its page, for the tests of that."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from pipeline.commands.train.fit.page import training_page
from tests.support.page_cells import Report
from train.config import ImageTower, Optimizer, Temperature, TextTower, Train
from train.evaluate import Retrieval
from train.log import Row
from train.measurements import Measurement
from train.retrieval import Recalls
from train.times import NO_TIMES, Times

RETRIEVAL = Retrieval(
    image_to_text=Recalls((0.0671, 0.2849, 0.4469), (1 / 357, 5 / 357, 10 / 357), 350, 700, median_rank=12),
    text_to_image=Recalls((0.0503, 0.2654, 0.4246), (1 / 350, 5 / 350, 10 / 350), 700, 350, median_rank=14.5),
)
ROWS = [Row(10 * step, 9 - step / 20, 0.07 * 1.01**step, 0.001 * step) for step in range(1, 101)]
TOY = Train(
    image=ImageTower("tiny", None, 72, 64),
    text=TextTower("tiny", 24, 0.0),
    temperature=Temperature(0.07),
    optimizer=Optimizer(learning_rate=0.03, warmup_steps=50),
    batch=64,
    steps=1000,
)


def facts(train: Train = TOY, **columns: object) -> dict:
    known = {
        "name": "toy",
        "corpus": {"name": "crawl", "sha256": "fedcba9876543210" * 4, "records": 1790, "shards": 2},
        "vocabulary": {"size": 1000, "profile": "uncased", "sha256": "0123456789abcdef" * 4},
        "parameters": {"images": 312_345, "texts": 2_680_123},
        "steps": 1000,
        "skipped": 0,
        "train": dataclasses.asdict(train),
    }
    return {**known, **columns}


def page(
    train: Train = TOY,
    rows: Sequence[Row] = ROWS,
    retrieval: Retrieval = RETRIEVAL,
    measurements: Sequence[Measurement] = (),
    times: Times = NO_TIMES,
    **columns: object,
) -> Report:
    return Report(training_page(facts(train, **columns), rows, retrieval, measurements, times))
