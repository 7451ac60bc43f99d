"""Value of a queue of keys for small batches: against the negatives of a batch, at equal steps, on the same pairs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from bench.corpus import FOLDER
from bench.figures import Figure
from bench.measure import measure, python
from bench.recalls import chance, text_to_image

FROM_NOTHING, TUNED = "--config=configs/toy.yaml", "--config=configs/transfer/toy_retrieval.yaml"


def queue(
    corpus: Path, options: Sequence[str], batch: int, sizes: Sequence[int], seeds: int, start: Path | None
) -> Iterator[Figure]:
    """Text-to-image recalls among the held-out pictures of a corpus, of `seeds` models each: with the negatives of a
    batch, and with queues of `sizes`. Results of an earlier measurement are replaced.

    `options` are settings. Models begin with the weights of the model in `start`, as BriVL's towers are pretrained, or
    with random ones.
    """
    folder = FOLDER / "queue"
    shutil.rmtree(folder, ignore_errors=True)
    command = [*(("transfer", TUNED, f"--model={start}") if start else ("fit", FROM_NOTHING)), f"--corpus={corpus}"]
    for size in (0, *sizes):
        name = f"queue of {size:,}, batches of {batch}" if size else f"batches of {batch}"
        settings = (*command, *options, f"--train.batch={batch}", f"--train.queue.size={size}")
        models = [_trained(folder / f"{size}-{seed}", settings, seed) for seed in range(seeds)]
        yield from text_to_image(name, [retrieval for retrieval, _ in models])
        yield Figure(f"{name}: a training", mean(seconds for _, seconds in models), "s")
    yield chance(models[0][0])


def _trained(model: Path, settings: Sequence[str], seed: int) -> tuple[dict[str, Any], float]:
    """A model's recalls, and the seconds of its training."""
    usage = measure(*python("-m", "train", *settings, f"--train.seed={seed}", f"--output={model}"))
    retrieval: dict[str, Any] = json.loads((model / "model.json").read_text())["retrieval"]
    return retrieval, usage.wall
