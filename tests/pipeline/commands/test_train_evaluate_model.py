"""Sets of every kind read from files in their formats; and a model measured on some of them, as by the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.commands.train.evaluate import run as evaluate
from pipeline.commands.train.evaluate.options import Options
from pipeline.commands.train.evaluate.sets import read_sets
from tests.support.evaluation import CAPTIONS, FakeTowers, karpathy, sets_file, write
from tests.support.training import LETTERS, WORDS, picture, small_trained, write_shards
from train.embedding import embed_texts
from train.evaluation.published import ALIGN

pytestmark = pytest.mark.slow


def test_crisscrossed_captions_from_its_files(tmp_path: Path) -> None:
    """The queries of SITS are the pictures: four of them, with three ratings of one caption."""
    entries = [
        {
            "filepath": "val2014", "filename": f"{name}.jpg", "split": "val",
            "sentences": [{"raw": name, "sentid": number}],
        }
        for number, name in enumerate("abcd")
    ]  # fmt: skip
    write(tmp_path / "dataset_coco.json", {"images": entries})
    ids = [f"COCO_val2014:sentid:{number}" for number in range(4)]
    sts = [f"{ids[place]},{ids[place - 1]},{place + 1},c2c_isim" for place in range(4)]
    sis = [f"{'abcd'[place]}.jpg,{'abcd'[place - 1]}.jpg,{place + 1},i2i_csim" for place in range(4)]
    sits = [f"{ids[0]},{name}.jpg,{score},c2i_intrasim" for name, score in zip("abcd", (5, 4, 2, 1), strict=True)]
    for name, header, rows in (
        ("sts", "caption1,caption2", sts),
        ("sis", "image1,image2", sis),
        ("sits", "caption,image", sits),
    ):
        write(tmp_path / f"{name}_val.csv", "\n".join([f"{header},agg_score,sampling_method", *rows]) + "\n")
    files = {"annotations": "dataset_coco.json", "images": ".", "ratings": ".", "split": "val", "samples": 20}
    read = read_sets(sets_file(tmp_path, cxc={"kind": "crisscrossed", **files}), str(tmp_path), ())["cxc"].read()
    directions = {f"{tmp_path}/./val2014/{name}.jpg": 20 * place for place, name in enumerate("abcd")}
    found = read.measure(FakeTowers({**directions, "a": 0, "b": 40, "c": 60, "d": 90}))
    values = {line.name: line.values[0] for line in found.lines}
    assert values["SITS"] == pytest.approx(1)
    assert dict(found.counts) == {"pictures": 4, "captions": 4, "ratings": 12, "ratings of what isn't there": 0}
    assert {*values} - {"mean of all three"} == {
        "image to text", "text to image", "text to text", "image to image", "STS", "SIS", "SITS"
    }  # fmt: skip
    assert {*values} == {*ALIGN["crisscrossed"]}


def test_multi30k_from_its_files(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    write(tmp_path / "test.txt", "a.jpg\nb.jpg\n")
    write(tmp_path / "test.1.cs", "pes\nkolo\n")
    write(tmp_path / "test.2.cs", "psi\nbicykl\n")
    files = {"kind": "multi30k", "names": "test.txt", "texts": "test.*.cs", "images": "images"}
    read = read_sets(sets_file(tmp_path, cs=files), None, ())["cs"].read()
    pictures = {f"{tmp_path}/images/a.jpg": 0, f"{tmp_path}/images/b.jpg": 90}
    found = read.measure(FakeTowers({**pictures, "pes": 10, "psi": 75, "kolo": 100, "bicykl": 70}))
    assert [line.name for line in found.lines] == ["mean recall", "image to text", "text to image"]
    assert found.lines[0].values == (pytest.approx((1 + 1 + 1 + 3 / 4 + 1 + 1) / 6),)


# A model


def caption(number: int) -> str:
    """Another for each number, also where the text tower takes but eight pieces."""
    return f"{LETTERS[number]} {WORDS[number % 5]}"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Output of the command for a model with random weights, on all kinds of sets but COCO's and Multi30k's."""
    folder = tmp_path_factory.mktemp("sets")
    for number in range(12):
        path = folder / f"pictures/{'sea' if number % 2 else 'old_town'}/{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number) if number != 5 else picture(number)[:300])
    captions = {f"{'sea' if n % 2 else 'old_town'}/{n}.jpg": [caption(n), "red " * 10_000] for n in range(13)}
    karpathy(folder, captions)
    (folder / "records").mkdir()
    write_shards(folder / "records", 7)
    file = sets_file(
        folder,
        captions=CAPTIONS | {"captions": 1},
        long=CAPTIONS | {"captions": 2},
        classes={"kind": "zero_shot", "images": "pictures"},
        near={"kind": "knn", "images": "pictures", "training": "pictures"},
        records={"kind": "records", "records": "records/*.tfrecord"},
        flickr30k=CAPTIONS | {"annotations": "none.json"},
    )
    patch = pytest.MonkeyPatch()
    patch.setattr(evaluate, "load_model", lambda folder, settings: small_trained())
    evaluate.run(Options("model", None, (), f"{folder}/numbers.json", sets=read_sets(file, None, ())))
    patch.undo()
    return json.loads((folder / "numbers.json").read_text())["sets"]


def test_a_model_is_measured_as_its_towers_say(measured: dict[str, Any]) -> None:
    """By sorting what is most similar, of the eleven pictures that can be read."""
    trained = small_trained()
    kept = [number for number in range(12) if number != 5]
    pixels = np.stack([trained.square.middle(picture(number)) for number in kept])
    images = trained.model.images(pixels, training=False).numpy()
    texts = embed_texts(trained, [caption(number) for number in kept])
    order = np.argsort(-(images / np.linalg.norm(images, axis=1, keepdims=True)) @ texts.T, axis=1)
    places = (order == np.arange(11)[:, None]).argmax(axis=1)
    ours = measured["captions"]["measures"]["image to text"]["ours"]
    assert list(ours.values()) == [pytest.approx((places < rank).mean()) for rank in (1, 5, 10)]


def test_what_could_not_be_read_is_named(measured: dict[str, Any]) -> None:
    left_out = measured["captions"]["left_out"]["unreadable pictures"]
    broken, gone = left_out["first"]
    assert left_out["count"] == 2
    assert "pictures/sea/5.jpg: " in broken and gone.endswith("pictures/old_town/12.jpg: no such file")
    assert measured["captions"]["counts"] == {"pictures": 11, "captions": 11}
    assert measured["long"]["counts"] == {"pictures": 11, "captions": 22}


def test_each_kind_has_its_measures(measured: dict[str, Any]) -> None:
    assert measured["classes"]["counts"] == {"pictures": 11, "classes": 2, "templates": 80}
    assert measured["classes"]["measures"]["zero-shot"]["ours"]["top-5"] == 1
    assert measured["near"]["measures"]["nearest neighbours"]["ours"]["R@1"] == 1
    assert measured["records"]["counts"] == {"pictures": 7, "captions": 7}
    assert measured["flickr30k"]["not_there"].endswith("none.json: no such file")
