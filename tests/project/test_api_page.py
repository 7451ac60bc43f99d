"""docs/api.md: every public name is listed, and every example runs."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.command import ROOT
from tests.support.crawl import tar
from tests.support.scenes import encoded, scene
from tests.support.training import PIECES, picture, small_trained
from train import BadPicture, PictureBytes, Trained, embed_pictures, embed_texts, load_towers

pytestmark = pytest.mark.slow(seconds=20)

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
PACKAGES = ("pipeline", "filters", "vocab", "dedup", "train")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.S)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_table_lists_the_public_names_of_a_package(package: str) -> None:
    part = PAGE.partition(f"\n## {package}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| ([^|]*`[^|]*) \|", part, re.M)
    listed = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    module = importlib.import_module(package)
    assert sorted(listed) == sorted(module.__all__)
    assert all(getattr(module, name) is not None for name in listed)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        module.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import pipeline, vocab, dedup, train", "numpy pyarrow apache_beam tensorflow keras"),
        ("from vocab import WordPieceTokenizer", "apache_beam tensorflow keras"),
        ("from dedup import build", "apache_beam tensorflow keras"),
        ("from train import read_records, decode_example", "apache_beam tensorflow keras"),
        ("from pipeline import Config, InputError, OtherRun", "apache_beam tensorflow keras"),
    ],
)
def test_a_public_name_imports_only_what_it_needs(statement: str, absent: str) -> None:
    code = f"import sys; {statement}; print(sorted({set(absent.split())!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the examples open."""
    folder = tmp_path_factory.mktemp("api")
    for name in ("crawl", "more", "coco/val2017", "photos", "vocabulary", "model"):
        (folder / name).mkdir(parents=True)
    images = [encoded(scene(number)) for number in range(12)]
    texts = [f"a photo of scene number {number % 3}" for number in range(12)]
    pq.write_table(pa.table({"image": images, "text": texts}), folder / "crawl" / "a.parquet")
    (folder / "more" / "0.tar").write_bytes(tar(("0.jpg", images[0]), ("0.txt", texts[0].encode())))
    (folder / "coco" / "val2017" / "0.jpg").write_bytes(images[0])
    for number, image in enumerate(images[:3]):
        (folder / "photos" / f"{number}.jpg").write_bytes(image)
    (folder / "vocabulary" / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    save_model(small_trained(), folder / "model")
    return folder


def save_model(trained: Trained, folder: Path) -> None:
    """Writes what `train fit` writes of a model, without its checkpoints."""
    trained.model.images.save(folder / "image_tower.keras")
    trained.model.texts.save(folder / "text_tower.keras")
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    (folder / "model.json").write_text(json.dumps({"train": asdict(trained.settings)}))


def test_every_example_runs(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(place)
    names: dict[str, Any] = {}
    for example in EXAMPLES:
        exec(compile(example, "docs/api.md", "exec"), names)
    said = capsys.readouterr().out
    funnel = names["funnel"]
    assert str(funnel) in said and (funnel.raw, funnel.kept, funnel.records) == (13, 11, 11)
    assert "[[], ['short_side', 'word_count'], []]\n[ True False  True] [-1  0 -1]\n" in said
    assert "0.jpg 0.jpg 0\n1.jpg 1.jpg 0\n2.jpg 2.jpg 0\n" in said
    assert said.count(".tfrecord ") == funnel.records
    assert names["ids"].shape == (1, 16) and names["vectors"].shape == (3, names["towers"].width)


def test_saved_towers_embed_as_the_trained_model(tmp_path: Path) -> None:
    trained = small_trained()
    save_model(trained, tmp_path)
    towers = load_towers(tmp_path)
    assert (towers.square, towers.width) == (trained.square, trained.width)
    pictures = [PictureBytes(str(number), picture(number)) for number in range(3)]
    for model in (trained, towers):
        assert [type(found) for found in embed_pictures(model, [PictureBytes("bad", b"none")])] == [BadPicture]
    np.testing.assert_allclose(
        list(embed_pictures(towers, pictures)), list(embed_pictures(trained, pictures)), atol=1e-6
    )
    texts = ["photo of a red one", "blue sea", ""]
    np.testing.assert_allclose(embed_texts(towers, texts), embed_texts(trained, texts), atol=1e-6)


def test_a_folder_without_towers_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"model\.json"):
        load_towers(tmp_path)
