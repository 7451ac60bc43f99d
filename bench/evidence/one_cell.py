"""One cell in a process of its own, on one core: `python -m bench.evidence.one_cell TASK CORE`.

TASK is a file of JSON: the arguments of `python -m train fit`, and what to measure. The measures and the CPU seconds of
all are written beside it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from bench.measure import CommandFailed

MEASURES = "measures.json"


def work(task: Path) -> None:
    """Trains and measures. Raises CommandFailed if the training fails."""
    from pipeline.commands.train.cli import TRAIN

    asked = json.loads(task.read_text())
    if TRAIN.call(["fit", *asked["arguments"]]):
        raise CommandFailed("the training failed")
    from bench.evidence.exam import Exam
    from bench.evidence.measures import measured

    found = measured(Path(asked["model"]), Exam.load(Path(asked["exam"])), Path(asked["pictures"]), asked["languages"])
    partial = task.with_name(f"{MEASURES}.part")
    partial.write_text(json.dumps({"measures": found, "seconds": round(time.process_time(), 1)}))
    partial.rename(task.with_name(MEASURES))


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(sys.argv[2])})  # before TensorFlow counts its threads by it
    work(Path(sys.argv[1]))
