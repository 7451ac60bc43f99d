"""The image passes against equal filters of data-juicer: size, aspect ratio, and duplicates by perceptual hash.

data-juicer is installed into a separate virtual environment on first use: some 6 GB, since its hashing library brings
torch. It would install missing packages in mid-run, so all of them are installed before.
"""

from __future__ import annotations

import json
import venv
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.corpus import FOLDER, warm_up
from bench.figures import Figure
from bench.images import FEW, MS, make_inputs, passes, slope
from bench.measure import CommandFailed, measure
from bench.pictures import caption, write_files

AT_LEAST = 3.0  # multiple of our CPU time per image
REQUIREMENTS = ("py-data-juicer==1.6.1", "aiohttp", "imagededup")  # data-juicer imports aiohttp without requiring it
PEERS = FOLDER / "peers"
PROCESS = """\
project_name: bench
executor_type: default
np: 1
use_cache: false
open_monitor: false
auto_op_parallelism: false
dataset_path: {table}
export_path: {kept}
image_key: images
process:
  - image_shape_filter: {{min_width: 200, min_height: 200}}
  - image_aspect_ratio_filter: {{min_ratio: 0.333, max_ratio: 3.0}}
  - image_deduplicator: {{method: phash}}
"""


def peers(many: int) -> Iterator[Figure]:
    """CPU time per additional image, of both; the same pictures, one process each."""
    tool = _data_juicer()
    files = make_inputs(many)["tar"]
    warm_up()
    _filter(tool, FEW)
    theirs = slope(partial(_filter, tool), many)
    ours = slope(partial(passes, files), many)
    yield Figure("data-juicer: two filters and the image deduplicator", theirs * MS, "ms / image")
    yield Figure("tar: the three passes", ours * MS, "ms / image")
    yield Figure("data-juicer / passes", theirs / ours, "x", at_least=AT_LEAST)


def _data_juicer() -> Path:
    """The command data-juicer, installed on first use. Raises CommandFailed with pip's reason."""
    folder = PEERS / "venv"
    ready = folder / "ready"
    if not ready.exists():
        venv.create(folder, with_pip=True)
        measure(folder / "bin" / "python", "-m", "pip", "install", "--quiet", *REQUIREMENTS)
        ready.touch()
    return folder / "bin" / "dj-process"


def _filter(tool: Path, count: int) -> float:
    """CPU seconds of data-juicer on `count` pictures. Raises CommandFailed unless it reports kept pictures."""
    folder = (PEERS / f"run-{count}").resolve()
    table, kept, process = folder / "pairs.jsonl", folder / "kept.jsonl", folder / "process.yaml"
    pictures = write_files(FOLDER / "pictures", count)
    folder.mkdir(parents=True, exist_ok=True)
    kept.unlink(missing_ok=True)
    pairs = ({"text": caption(number), "images": [str(path.resolve())]} for number, path in enumerate(pictures))
    table.write_text("".join(f"{json.dumps(pair)}\n" for pair in pairs))
    process.write_text(PROCESS.format(table=table, kept=kept))
    usage = measure(tool.resolve(), "--config", process)
    if not kept.exists() or not kept.read_text().strip():
        raise CommandFailed(f"data-juicer ended without an error, but kept none of {count} pictures")
    return usage.cpu
