"""The inputs of `kill_cases`: a dozen pictures, some links, a finished corpus, records and a small model."""

from __future__ import annotations

import csv
import os
import sys
import threading
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.pictures import encoded, noise

WORDS = (
    "red", "green", "blue", "old", "new", "small", "large", "cat", "dog", "town", "sea", "hill", "road", "tree",
    "house", "boat",
)  # fmt: skip


def write_inputs(root: Path, programs: set[str]) -> None:
    """Writes them into `root`, as far as these programs need them."""
    (root / "eval").mkdir(parents=True, exist_ok=True)
    pictures = [encoded(noise(seed, (224, 208)), "JPEG") for seed in range(9)]
    for number, picture in enumerate(pictures[:3]):
        (root / "eval" / f"{number}.jpg").write_bytes(picture)
    columns = {"key": [f"k{number}" for number in range(9)], "text": list(map(text, range(9))), "image": pictures}
    pq.write_table(pa.table(columns), root / "pictures.parquet")
    with (root / "urls.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("url", "text"), *((f"http://x/{n}.jpg", text(n)) for n in range(30))])
    if programs & {"dedup", "pipeline"}:
        _in_child(_write_finished, root)
        _in_child(_write_kept, root)
    if "train" in programs:
        _in_child(_write_model, root)


def write_web(root: Path) -> None:
    """A table of the images in `eval` and of some that are gone, on two hosts of this machine, which are served."""
    ports = []
    for host in ("127.3.0.1", "127.3.0.2"):
        server = ThreadingHTTPServer((host, 0), partial(_Quiet, directory=str(root / "eval")))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ports.append(f"{host}:{server.server_port}")
    with (root / "web.csv").open("w", newline="") as file:
        rows = ((f"http://{ports[n % 2]}/{n // 2}.jpg", text(n)) for n in range(12))
        csv.writer(file).writerows([("url", "text"), *rows])


class _Quiet(SimpleHTTPRequestHandler):
    """Prints nothing."""

    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        with suppress(ConnectionError):  # a killed client
            super().handle()

    def log_message(self, *_: object) -> None:
        """Leaves the terminal to the sweep."""


def text(number: int) -> str:
    return f"a {WORDS[number % 16]} {WORDS[number * 7 % 13]} near the {WORDS[number * 5 % 11]} number {number % 5}"


def _write_finished(root: Path) -> None:
    from tests.support.kill_cases import CASES

    CASES["corpus"].run(root, root / "finished", 1, first=True)


def _write_kept(root: Path) -> None:
    from tests.support.kill_cases import KEPT

    KEPT.run(root, root / "kept", 1, first=True)


def _write_model(root: Path) -> None:
    """Records, a vocabulary, and a model that was trained with both."""
    from tests.support.kill_cases import CASES
    from tests.support.training import PIECES, write_shards

    (root / "records").mkdir(exist_ok=True)
    write_shards(root / "records", 8, 8)
    (root / "vocab.txt").write_text("".join(f"{piece}\n" for piece in PIECES))
    CASES["fit"].run(root, root / "model", 1, first=True)


def _in_child(made: object, root: Path) -> None:
    """Calls a function that ends its process, or uses TensorFlow, in a process of its own."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        file = os.open(root / "made.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        made(root)  # type: ignore[operator]
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise AssertionError((root / "made.txt").read_text())
