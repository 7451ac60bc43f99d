"""Pictures of `python -m pipeline diff`: of kept pairs they come from the records, in every format of a corpus."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from pipeline.formats import FORMATS
from pipeline.outputs.formats import parquet
from tests.support.compared_runs import Row, pair, write_pictures, write_run
from tests.support.report_runs import noise_jpeg
from tests.support.two_runs import call

PAIRS = 23  # in shards of 6
LEVELS = {f"k{number}": 11 * number for number in range(PAIRS)}  # a grey of its own for each pair


def picture(level: int, format_: str = "JPEG") -> bytes:
    content = io.BytesIO()
    Image.new("L", (300, 200), level).save(content, format_)
    return content.getvalue()


PICTURES = {key: picture(level, "PNG" if level % 2 else "JPEG") for key, level in LEVELS.items()}


def rows() -> list[Row]:
    """Pairs of which every third is dropped, so that places of rows and of images differ."""
    reasons = ([], [], ["word_count"])
    return [
        pair(key=f"k{n}", image_id=f"image{n}", text=f"text of k{n}", width=150, reasons=reasons[n % 3])
        for n in range(PAIRS)
    ]


def dropped(rows: list[Row]) -> list[Row]:
    return [row | {"reasons": ["short_side"], "kept": False} for row in rows]


def shown(page: Path) -> dict[str, tuple[int, tuple[int, int]] | None]:
    """The grey and the size of each example's thumbnail by key; None for one without."""
    found: dict[str, tuple[int, tuple[int, int]] | None] = {}
    for item in re.findall("<li>.*?</li>", page.read_text(), re.DOTALL):
        (key,) = re.findall("text of (k[0-9]+)", item)
        data = re.search('data:image/jpeg;base64,([^"]+)', item)
        image = Image.open(io.BytesIO(base64.b64decode(data[1]))).convert("L") if data else None
        found[key] = (image.getpixel((5, 5)), image.size) if image else None
    return found


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("format_", FORMATS)
def test_every_kept_pair_shows_its_own_image(
    format_: str, side: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_BYTES", 2 * len(PICTURES["k0"]))  # several row groups in a shard
    monkeypatch.setattr("pipeline.commands.diff.comparison.SHOWN", PAIRS)
    runs = [write_run(tmp_path / "kept", rows(), per_shard=6), write_run(tmp_path / "dropped", dropped(rows()))]
    write_pictures(runs[0], PICTURES, format_)
    assert call("diff", *(runs if side == 0 else runs[::-1]), f"--output={tmp_path / 'page.html'}") == 0
    found = shown(tmp_path / "page.html")
    assert found.keys() == LEVELS.keys()
    for number, (key, seen) in enumerate(sorted(found.items(), key=lambda one: int(one[0][1:]))):
        if number % 3 == 2:
            assert seen is None
        else:
            assert seen and abs(seen[0] - LEVELS[key]) <= 2 and seen[1] == (192, 128)


def test_thumbnails_that_were_set_aside_come_first_then_records_then_the_others(tmp_path: Path) -> None:
    many = [pair(key=f"k{n}", image_id=f"image{n}", text=f"text of k{n}", width=150) for n in range(PAIRS)]
    one = write_run(tmp_path / "one", many, per_shard=4, thumbnails={"image22": noise_jpeg(8)})
    write_pictures(one, PICTURES, "tfrecord")
    for gone in sorted((one / "corpus").iterdir())[1:]:
        gone.unlink()
    two = write_run(tmp_path / "two", dropped(many))
    assert call("diff", one, two) == 0
    found = shown(two / "diff.html")
    assert next(iter(found)) == "k22"
    assert {key for key, seen in found.items() if seen} == {"k22", "k0", "k1", "k2", "k3"}
    assert [seen is None for seen in found.values()] == [False] * 5 + [True] * 3


def test_a_shard_whose_input_has_no_images_has_an_empty_file_and_no_pictures(tmp_path: Path) -> None:
    one, two = write_run(tmp_path / "one", rows()), write_run(tmp_path / "two", dropped(rows()))
    manifest = json.loads((one / "manifest.json").read_text())
    for shard in manifest["shards"]:
        shard["records"] = 0
        (one / "corpus").mkdir(exist_ok=True)
        (one / f"corpus/{shard['name']}.tfrecord").touch()
    (one / "manifest.json").write_text(json.dumps(manifest))
    assert call("diff", one, two) == 0
    assert not any(shown(two / "diff.html").values())


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("damage", ["cut", "fewer"])
def test_damaged_records_are_named(
    damage: str, format_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = (write_run(tmp_path / name, found) for name, found in (("one", rows()), ("two", dropped(rows()))))
    write_pictures(one, PICTURES, format_)
    (file,) = (one / FORMATS[format_].folder).iterdir()
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:200])
    else:
        other = write_run(tmp_path / "other", rows()[:1])
        write_pictures(other, PICTURES, format_)
        file.write_bytes(next((other / FORMATS[format_].folder).iterdir()).read_bytes())
    assert call("diff", one, two) == 1
    assert str(file) in capsys.readouterr().err
    assert not (two / "diff.html").exists()
