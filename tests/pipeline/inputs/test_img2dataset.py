"""Our readers on files of img2dataset itself, which downloads from a server of this test.

It lives in a virtual environment of its own, made beside the checkout's once: it needs other versions than we do.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from filters.picture import header
from pipeline.inputs import Input, carried_columns, find_sources, open_source
from tests.support.inputs import again, whole

pytestmark = pytest.mark.slow(seconds=60)

ENVIRONMENT = Path(__file__).resolve().parents[3] / ".venv-img2dataset"
PACKAGES = ("img2dataset", "tensorflow", "tensorflow_io")  # the last two write its TFRecords
ENDINGS = {"webdataset": "tar", "tfrecord": "tfrecord", "parquet": "parquet", "files": "parquet"}
ARCHIVES = ("webdataset", "tfrecord")
SIZES = [(200 + 10 * number, 300 - 5 * number) for number in range(17)]
MISSING = (3, 8)  # there is no such file
BROKEN = 5  # the file is no image


@pytest.fixture(scope="session")
def program() -> Path:
    """img2dataset's command."""
    program = ENVIRONMENT / "bin" / "img2dataset"
    if not program.exists():
        uv = [sys.executable, "-m", "uv", "--quiet"]
        subprocess.run([*uv, "venv", "--clear", ENVIRONMENT], check=True)
        subprocess.run([*uv, "pip", "install", "--python", ENVIRONMENT, *PACKAGES], check=True)
    return program


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for number, (width, height) in enumerate(SIZES):
        if number not in MISSING:
            picture = Image.fromarray(rng.integers(0, 256, (height // 20, width // 20, 3), np.uint8))
            picture.resize((width, height)).save(folder / f"{number}.jpg")
    (folder / f"{BROKEN}.jpg").write_bytes(b"not an image")
    return folder


@pytest.fixture(scope="session")
def site(pictures: Path) -> Iterator[str]:
    """A server of the pictures, as the start of their URLs."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(pictures))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def table(site: str) -> pd.DataFrame:
    """The list of downloads for img2dataset."""
    count = len(SIZES)
    captions = ["ünï ☃ 猫", "", None, 'a "quoted"\ncaption'] * 5
    return pd.DataFrame(
        {
            "url": [f"{site}/{number}.jpg" for number in range(count)],
            "caption": captions[:count],
            "similarity": [number / 7 for number in range(count)],
            "language": ["en", None] * 8 + ["de"],
            "width": range(count),  # img2dataset writes its own
        }
    )


@pytest.fixture(scope="session")
def folders(program: Path, table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder that img2dataset wrote in each format, all at once: it takes long to start."""
    folder = tmp_path_factory.mktemp("img2dataset")
    table.to_parquet(folder / "in.parquet")
    commands = {kind: [str(program), *options(folder / "in.parquet", kind, folder / kind)] for kind in ENDINGS}
    running = {kind: subprocess.Popen(command, stderr=subprocess.PIPE) for kind, command in commands.items()}
    for process in running.values():
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors.decode()
    return {kind: folder / kind for kind in ENDINGS}


def options(source: Path, kind: str, output: Path) -> list[str]:
    values = {
        "url_list": source,
        "input_format": "parquet",
        "url_col": "url",
        "caption_col": "caption",
        "save_additional_columns": '["similarity","language"]',
        "output_format": kind,
        "output_folder": output,
        "compute_hash": "sha256",
        "resize_mode": "no",
        "number_sample_per_shard": 10,
        "processes_count": 1,
        "thread_count": 4,
        "retries": 0,
    }
    return [f"--{name}={value}" for name, value in values.items()]


@pytest.fixture(params=ENDINGS)
def written(request: pytest.FixtureRequest, folders: dict[str, Path]) -> tuple[str, Path]:
    """A format and its folder."""
    return request.param, folders[request.param]


def read_shards(written: tuple[str, Path]) -> pa.Table:
    kind, folder = written
    sources = find_sources([str(folder)])
    assert [source.name for source in sources] == [f"0000{number}.{ENDINGS[kind]}" for number in range(2)]
    return pa.concat_tables([whole(open_source(source, Input())) for source in sources])


def numbers(pairs: pa.Table) -> list[int]:
    """The rows of the input, from the keys: a shard of five digits and a row of one. Rows come as they were loaded."""
    return [int(key) for key in pairs["key"].to_pylist()]


def test_pairs(written: tuple[str, Path], table: pd.DataFrame, site: str, pictures: Path) -> None:
    pairs = read_shards(written)
    rows = numbers(pairs)
    assert sorted(rows) == [row for row in range(len(table)) if row not in (*MISSING, BROKEN)]
    assert pairs["url"].to_pylist() == [f"{site}/{number}.jpg" for number in rows]
    captions = [table["caption"][number] for number in rows]
    texts = ["" if text is None else text.decode() for text in pairs["text"].to_pylist()]
    assert texts == ["" if pd.isna(caption) else caption for caption in captions]
    for number, image, sha256 in zip(rows, pairs["image"].to_pylist(), pairs["sha256"].to_pylist(), strict=True):
        assert (header(image).width, header(image).height) == SIZES[number]
        original = (pictures / f"{number}.jpg").read_bytes()
        assert sha256 == hashlib.sha256(original).hexdigest(), "of the file before img2dataset encoded it anew"
    assert list(zip(pairs["width"].to_pylist(), pairs["height"].to_pylist(), strict=True)) == [
        SIZES[row] for row in rows
    ]


def test_other_columns_are_carried(written: tuple[str, Path], table: pd.DataFrame) -> None:
    pairs = read_shards(written)
    rows = numbers(pairs)
    columns = {name: column.to_pylist() for name, column in carried_columns(pairs).items()}
    assert columns["similarity"] == pytest.approx([table["similarity"][row] for row in rows])
    assert columns["language"] == [None if pd.isna(value) else value for value in table["language"][rows]]
    assert columns["input_width"] == columns["original_width"] == [SIZES[row][0] for row in rows]
    assert set(columns["status"]) == {"success"}
    assert not columns.keys() & {"jpg", "url", "key", "text", "sha256", ".key", ".txt"}
    assert ("caption" in columns) == (written[0] in ARCHIVES), "where the text has a place of its own"


def test_images_are_read_again(written: tuple[str, Path]) -> None:
    kind, folder = written
    path = f"{folder}/00000.{ENDINGS[kind]}"
    pairs = whole(open_source(find_sources([path])[0], Input()))
    rows = [0, 2, len(pairs) - 1]
    assert again(path, pairs, rows) == [pairs["image"][row].as_py() for row in rows]


@pytest.mark.parametrize("kind", ARCHIVES)
def test_the_table_of_an_archive_s_downloads_is_urls_only(folders: dict[str, Path], kind: str) -> None:
    """Beside every archive lies a Parquet of all its rows, failures too: named alone it is a table of its own."""
    folder = folders[kind]
    reader = open_source(find_sources([f"{folder}/00000.parquet"])[0], Input())
    assert not reader.has_images and len(whole(reader)) == 7 and reader.failed_downloads == 3
    assert json.loads((folder / "00000_stats.json").read_text())["successes"] == 7
