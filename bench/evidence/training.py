"""Trains and measures cells, as many side by side as there are cores, each on one; finished ones are skipped."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from subprocess import PIPE, STDOUT, run

from bench.evidence import results
from bench.evidence.cells import Cell
from bench.evidence.corpora import CONFIG, Made, make
from bench.evidence.exam import exam
from bench.evidence.material import Material
from bench.evidence.one_cell import MEASURES
from bench.evidence.results import Result
from bench.measure import CommandFailed, python


@dataclass(frozen=True)
class Plan:
    """Cells to measure, their pictures, and the file of results."""

    material: Material
    results: Path

    def key(self, cell: Cell) -> str:
        """The cell's name."""
        return cell.key(self.material.key)

    def model(self, cell: Cell) -> Path:
        """The folder of the cell's model, which is there after the training if the cell keeps it."""
        return self.material.folder / "cells" / self.key(cell) / "model"

    def open(self, cells: Sequence[Cell]) -> list[Cell]:
        """The cells that have no result yet, or whose model is wanted and missing; each once."""
        known = results.read(self.results)
        waiting = {self.key(cell): cell for cell in sorted(cells, key=lambda cell: cell.keep)}
        return [cell for key, cell in waiting.items() if key not in known or (cell.keep and not self.has_model(cell))]

    def has_model(self, cell: Cell) -> bool:
        """Returns whether the cell's model is there."""
        return (self.model(cell) / "image_tower.keras").exists()


def train(plan: Plan, cells: Sequence[Cell]) -> Iterator[Result]:
    """Yields the results of the cells that have none, each after it was written. Raises CommandFailed."""
    waiting = plan.open(cells)
    if not waiting:
        return
    made = {cell.corpus: make(cell.corpus, plan.material) for cell in waiting}
    exam(plan.material).save(plan.material.folder / "exam.json")
    cores = SimpleQueue[int]()
    for core in sorted(os.sched_getaffinity(0)):
        cores.put(core)
    with ThreadPoolExecutor(cores.qsize()) as pool:
        tasks = [pool.submit(_train, plan, cell, made[cell.corpus], cores) for cell in waiting]
        try:
            for task in as_completed(tasks):
                known = results.read(plan.results)
                results.write(plan.results, [*(known | {task.result().cell: task.result()}).values()])
                yield task.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _train(plan: Plan, cell: Cell, made: Made, cores: SimpleQueue[int]) -> Result:
    model = plan.model(cell)
    task = model.with_name("task.json")
    task.parent.mkdir(parents=True, exist_ok=True)
    task.write_text(json.dumps(_task(plan, cell, made)))
    _run(task, cores)
    found = json.loads(task.with_name(MEASURES).read_text())
    if not cell.keep:
        shutil.rmtree(model)
    corpus, settings = str(cell.corpus), " ".join(cell.settings)
    return Result(
        plan.key(cell), corpus, settings, cell.seed, cell.steps, made.records, found["seconds"], found["measures"]
    )


def _run(task: Path, cores: SimpleQueue[int]) -> None:
    """Runs a task on a core that is free. Raises CommandFailed with the last line printed."""
    core = cores.get()
    try:
        command = python("-m", "bench.evidence.one_cell", task, str(core))
        ended = run(command, stdout=PIPE, stderr=STDOUT, text=True, errors="replace")
    finally:
        cores.put(core)
    task.with_name("log.txt").write_text(ended.stdout)
    if ended.returncode:
        last = ended.stdout.strip().splitlines()[-1:] or [f"ended with {ended.returncode}"]
        raise CommandFailed(f"{task}: {last[0]}")


def _task(plan: Plan, cell: Cell, made: Made) -> dict[str, object]:
    model, folder = plan.model(cell), plan.material.folder
    settings = (f"--train.steps={cell.steps}", f"--train.seed={cell.seed}", *(f"--{each}" for each in cell.settings))
    given = (f"--corpus={made.corpus}", f"--vocab={made.vocab}", f"--output={model}", "--overwrite")
    return {
        "arguments": [f"--config={CONFIG}", *given, *settings],
        "model": str(model),
        "exam": str(folder / "exam.json"),
        "pictures": str(folder / "pictures"),
        "languages": cell.languages,
    }
