"""COCO's captions and Karpathy's splits: a pair a caption, with the images in their usual places."""

from __future__ import annotations

import json
import random
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from bench.counted_files import FILES
from pipeline.inputs import BadFile, Input, find_sources
from pipeline.inputs.json_files.caption_sets import find_form
from pipeline.inputs.json_files.json_lists import list_elements
from tests.support.command import run_corpus
from tests.support.inputs import again, carried, open_path, read
from tests.support.scenes import encoded, scene

IMAGES = [
    {"license": 3, "file_name": f"{number:012d}.jpg", "coco_url": f"http://c/{number}", "height": 4, "id": number}
    for number in (9, 7, 8)
]
CAPTIONS = [(7, 1, "A red kite."), (9, 2, "Two kites."), (7, 3, "  é & ☃"), (8, 4, ""), (5, 5, "no image")]
COCO = {
    "info": {"year": 2017},
    "images": IMAGES,
    "licenses": [],
    "annotations": [{"image_id": image, "id": number, "caption": text} for image, number, text in CAPTIONS],
}
SPLITS = {
    "images": [
        {
            "filepath": "val2014",
            "filename": "x.jpg",
            "split": "test",
            "cocoid": 3,
            "sentids": [4, 5],
            "sentences": [
                {"raw": "A cat.", "sentid": 4, "tokens": ["a", "cat"], "imgid": 0},
                {"raw": "A dog.", "sentid": 5, "tokens": ["a", "dog"], "imgid": 0},
            ],
        },
        {"filename": "y.jpg", "split": "train", "sentids": [], "sentences": []},
        {"filename": "z.jpg", "split": "val", "sentids": [6], "sentences": [{"raw": "A bird.", "sentid": 6}]},
    ],
    "dataset": "flickr8k",
}


def write(path: Path, content: Any, **style: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, **style), encoding="utf-8")
    return path


@pytest.mark.parametrize("style", [{}, {"indent": 2}, {"ensure_ascii": False}, {"separators": (",", ":")}])
@pytest.mark.parametrize("order", [list(COCO), list(COCO)[::-1]])
def test_a_caption_of_coco_is_a_pair(tmp_path: Path, style: dict[str, Any], order: list[str]) -> None:
    table = read(write(tmp_path / "captions_val2017.json", {name: COCO[name] for name in order}, **style))
    assert table["key"].to_pylist() == [str(number) for _, number, _ in CAPTIONS]
    assert table["text"].to_pylist() == [text.encode() for _, _, text in CAPTIONS]
    names = ["000000000007.jpg", "000000000009.jpg", "000000000007.jpg", "000000000008.jpg", None]
    assert table["image_path"].to_pylist() == names
    assert table["url"].to_pylist() == ["http://c/7", "http://c/9", "http://c/7", "http://c/8", None]
    others = carried(table)
    assert others["input_image_id"] == [7, 9, 7, 8, 5] and others["input_height"] == [4, 4, 4, 4, None]


def test_a_sentence_of_a_split_is_a_pair(tmp_path: Path) -> None:
    table = read(write(tmp_path / "dataset_flickr8k.json", SPLITS))
    assert table["key"].to_pylist() == ["4", "5", "6"]
    assert table["text"].to_pylist() == [b"A cat.", b"A dog.", b"A bird."]
    assert table["image_path"].to_pylist() == ["val2014/x.jpg", "val2014/x.jpg", "z.jpg"]
    assert carried(table) == {"split": ["test", "test", "val"], "cocoid": [3, 3, None]}


@pytest.mark.parametrize("place", ["", "val2017/", "images/"])
@pytest.mark.parametrize("root", ["", "counted://data/coco/"])
def test_images_lie_beside_the_file_or_in_the_folder_of_their_set(tmp_path: Path, place: str, root: str) -> None:
    content = json.dumps(COCO).encode()
    for name, data in ((f"{place}000000000007.jpg", b"7"), ("captions_val2017.json", content)):
        FILES[f"counted://data/coco/{name}"] = data
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    path = f"{root or f'{tmp_path}/'}captions_val2017.json"
    table = read(path)
    assert table["image"].to_pylist() == again(path, table, range(5)) == [b"7", None, b"7", None, None]
    FILES.clear()


def test_images_elsewhere_need_the_setting(tmp_path: Path) -> None:
    """The usual layout: `annotations/` beside `val2017/`."""
    path = write(tmp_path / "annotations/captions_val2017.json", COCO)
    (tmp_path / "val2017").mkdir()
    (tmp_path / "val2017/000000000009.jpg").write_bytes(b"9")
    assert open_path(path).looked_in == (
        f"{tmp_path}/annotations, {tmp_path}/annotations/val2017, {tmp_path}/annotations/images; "
        "input.image_folder=DIR names another folder"
    )
    assert read(path)["image"].null_count == 5
    for folder in (tmp_path, tmp_path / "val2017"):
        assert read(path, Input(image_folder=str(folder)))["image"].to_pylist() == [None, b"9", None, None, None]


def test_file_names_never_lead_outside(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    names = ["../secret.jpg", str(tmp_path / "secret.jpg"), "val2017/../../secret.jpg"]
    images = [{"id": number, "file_name": name} for number, name in enumerate(names)]
    captions = [{"id": number, "image_id": number, "caption": "x"} for number in range(3)]
    path = write(tmp_path / "in/captions_val2017.json", {"images": images, "annotations": captions})
    assert read(path)["image"].to_pylist() == [None] * 3


ODD = {"image_id": [1], "id": None, "caption": ["a", "b"]}


def test_odd_values_are_nulls(tmp_path: Path) -> None:
    sets = {"images": [7, None, {}], "annotations": [*COCO["annotations"][:1], ODD, 7, {"id": "x", "caption": 3.5}]}
    table = read(write(tmp_path / "c.json", sets))
    assert table["key"].to_pylist() == ["1", None, "x"] and table["text"].to_pylist() == [b"A red kite.", None, None]
    path = tmp_path / "nan.json"
    path.write_text('{"annotations": [{"id": 1, "image_id": NaN, "caption": NaN}, {"id": 2, "caption": "a"}]}')
    assert read(path)["text"].to_pylist() == [None, b"a"]


OTHERS = {
    "instances_val2017.json": ({"images": IMAGES, "annotations": [{"id": 1, "segmentation": [[1.5]]}]}, ""),
    "stats.json": ({"count": 3, "status": {"success": 3}}, ""),
    "list.json": ([{"image": "a.jpg", "caption": "x"}], "jq -c '.[]' {0}/list.json > {0}/list.jsonl"),
    "deep.json": ({"images": [json.loads("[" * 70 + "]" * 70)], "annotations": COCO["annotations"]}, ""),
    "number.json": (3, ""),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_json_is_passed_over_in_a_folder_and_refused_by_name(tmp_path: Path, name: str) -> None:
    content, help_ = OTHERS[name]
    write(tmp_path / "captions.json", COCO)
    path = write(tmp_path / name, content)
    assert [source.name for source in find_sources([str(tmp_path)])] == ["captions.json"]
    with pytest.raises(BadFile) as error:
        read(path)
    assert error.value.reason.startswith("neither captions in the form of COCO nor a split in that of Karpathy")
    assert error.value.reason.endswith(help_.format(tmp_path))


def test_lines_of_objects_are_named_as_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"text": "a"}\n{"text": "b"}\n')
    with pytest.raises(BadFile, match=f"mv {tmp_path}/a.json {tmp_path}/a.jsonl"):
        read(tmp_path / "a.json")


@pytest.mark.parametrize("cut", [0.999, 0.9, 0.8])
def test_a_truncated_file_is_bad(tmp_path: Path, cut: float) -> None:
    content = json.dumps({"annotations": COCO["annotations"] * 50, "images": IMAGES * 50})
    (tmp_path / "a.json").write_text(content[: int(len(content) * cut)])
    assert find_form(str(tmp_path / "a.json"))
    with pytest.raises(BadFile, match="not JSON"):
        read(tmp_path / "a.json")


@pytest.mark.parametrize(("levels", "fits"), [(63, True), (64, False), (900, False), (100_000, False)])
def test_nesting_has_the_limit_of_all_json(tmp_path: Path, levels: int, fits: bool) -> None:
    path = tmp_path / "a.json"
    nested = "[" * levels + "]" * levels
    path.write_text(f'{{"annotations": [{{"id": 1, "image_id": 1, "caption": "a"}}, {{"x": {nested}}}]}}')
    if fits:
        assert len(read(path)) == 2
        return
    with pytest.raises(BadFile, match="nested in more than 64 levels"):
        read(path)


def test_elements_are_those_that_json_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With blocks of a few characters, so that every value is cut somewhere."""
    monkeypatch.setattr("pipeline.inputs.json_files.json_lists._BLOCK", 3)
    rng = random.Random(0)
    for _ in range(100):
        values = rng.choices([-12.5e33, 1234567, 'é"\\]}', None, True, {"a": [1, {"b": "☃"}]}, [], {}, ""], k=2)
        content = {"a": values, "n": 12, "b": [rng.random()], "o": {"a": [1]}, "ü": []}
        path = write(tmp_path / "a.json", content, indent=rng.choice([None, 1]), ensure_ascii=rng.random() < 0.5)
        with path.open("rb") as file:
            assert list(list_elements(file)) == [("a", values[0]), ("a", values[1]), ("b", content["b"][0])]


@pytest.mark.parametrize(("size", "fits"), [(4 << 20, True), (6 << 20, False)])
def test_an_element_has_a_limit(tmp_path: Path, size: int, fits: bool) -> None:
    path = write(tmp_path / "a.json", {"annotations": [{"id": 1, "image_id": 1, "caption": "a", "x": "y" * size}]})
    assert (find_form(str(path)) is not None) == fits


@pytest.mark.parametrize(("most", "fits"), [(3, True), (2, False)])
def test_the_images_of_coco_have_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, fits: bool
) -> None:
    monkeypatch.setattr("pipeline.inputs.json_files.caption_sets._MOST_IMAGES", most)
    path = write(tmp_path / "a.json", COCO)
    with nullcontext() if fits else pytest.raises(BadFile, match="over 2 images"):
        assert len(read(path)) == 5


@pytest.mark.slow
def test_a_run_keeps_the_captions_of_a_set_in_a_partition(tmp_path: Path) -> None:
    folder = tmp_path / "in/set=coco"
    write(folder / "captions_val2017.json", COCO)
    (folder / "val2017").mkdir()
    for image in IMAGES:
        (folder / "val2017" / image["file_name"]).write_bytes(encoded(scene(image["id"])))
    done = run_corpus(tmp_path / "out", tmp_path / "in", "--workers=1", "--filters.word_count.min_words=2")
    kept = {row["key"]: row["set"] for row in done.verdicts() if not row["reasons"]}
    assert kept == {"1": "coco", "2": "coco"} and done.json("funnel.json")["records"] == 2
