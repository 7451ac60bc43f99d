"""Evaluation sets of every kind: pictures in tables, tars and globs of tars are the same set as in a folder."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dedup.evaluation import EvalIndex
from dedup.search import Search
from filters import EvalDuplicate
from filters.picture import Picture
from pipeline.config import Config, Embedding
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.identity import identity
from pipeline.inputs import BadFile, InputError
from pipeline.measure.eval_index import join_parts
from pipeline.measure.eval_index_files import load_indexes, open_index
from pipeline.measure.eval_parts import Indexing, index_part, parts
from pipeline.measure.eval_sets import find_sets
from pipeline.storage.plan import BadInputs
from tests.support.scenes import MAX_PIXELS, encoded, scene

COUNT = 6
PHOTOS = Path(__file__).resolve().parents[4] / "shared" / "data" / "clothing" / "test" / "hat"


def contents() -> dict[str, bytes]:
    """Photos where there are some, else pictures made up."""
    if PHOTOS.exists():
        return {path.stem: path.read_bytes() for path in sorted(PHOTOS.glob("*.jpg"))[:COUNT]}
    return {f"photo{number}": encoded(scene(number)) for number in range(COUNT)}


def write_tar(path: Path, pictures: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, data in pictures.items():
            for member, content in ((f"{name}.jpg", data), (f"{name}.txt", b"a photo")):
                entry = tarfile.TarInfo(member)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))


def write_table(path: Path, pictures: dict[str, bytes | None], keys: bool = True) -> None:
    columns = {"text": ["a photo"] * len(pictures), "image": pa.array(pictures.values(), pa.binary())}
    pq.write_table(pa.table(columns | ({"key": list(pictures)} if keys else {})), path)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sets with equal images: a folder, a tar, a table, a glob of tars, and a mix of all."""
    root, pictures = tmp_path_factory.mktemp("sets"), contents()
    third = [dict(list(pictures.items())[start : start + 2]) for start in range(0, COUNT, 2)]
    for name in ("photos", "mixed"):
        (root / name).mkdir()
    for name, data in pictures.items():
        (root / "photos" / f"{name}.jpg").write_bytes(data)
    for name, data in third[0].items():
        (root / "mixed" / f"{name}.jpg").write_bytes(data)
    write_tar(root / "photos.tar", pictures)
    write_table(root / "photos.parquet", {**pictures})
    for number, some in enumerate(third):
        write_tar(root / f"part-{number}.tar", some)
    write_table(root / "last.parquet", {**third[2]})
    return root


def indexed(output: Path, *patterns: Path | str) -> EvalIndex:
    """The index of a run with these sets."""
    sets, out = find_sets([str(pattern) for pattern in patterns]), Output(str(output))
    for part in parts(sets):
        index_part(part, Indexing(out, "default", Embedding(), MAX_PIXELS, Meter(None)))
    join_parts(out, sets, load_indexes(sets, EvalDuplicate()), Embedding())
    return open_index(out.path("work/evaluation.idx"))


def keys(index: EvalIndex) -> list[str]:
    return [id_.partition("/")[2].removesuffix(".jpg") for id_ in index.ids]


def test_every_kind_of_set_is_the_same_index_but_for_the_names(places: Path, tmp_path: Path) -> None:
    folder = indexed(tmp_path / "folder", places / "photos")
    assert folder.ids == [f"photos/{name}.jpg" for name in sorted(contents())]
    others = {
        "tar": [places / "photos.tar"],
        "table": [places / "photos.parquet"],
        "glob": [places / "part-*.tar"],
        "mix": [places / "mixed", places / "part-1.tar", places / "last.parquet"],
    }
    names = {"tar": {"photos"}, "table": {"photos"}, "glob": {"part-0", "part-1", "part-2"}}
    for kind, patterns in others.items():
        index = indexed(tmp_path / kind, *patterns)
        assert keys(index) == keys(folder)
        assert {id_.partition("/")[0] for id_ in index.ids} == names.get(kind, {"mixed", "part-1", "last"})
        for field in ("hashes", "images", "variants", "views", "sizes"):
            assert np.array_equal(getattr(index, field), getattr(folder, field)), (kind, field)


def test_copies_match_whatever_holds_the_set(places: Path, tmp_path: Path) -> None:
    copies = [Picture(data, MAX_PIXELS) for data in contents().values()]
    lumas = np.stack([picture.luma()[:, ::-1] for picture in copies])
    index = indexed(tmp_path / "tar", places / "photos.tar")
    found = index.match(lumas, Search(50, 0.4))
    assert [index.ids[image] for image in found.image] == [f"photos/{name}" for name in contents()]


def test_an_index_file_stands_beside_tars_and_tables(places: Path, tmp_path: Path) -> None:
    first = indexed(tmp_path / "one", places / "mixed")
    with open(tmp_path / "mixed.idx", "wb") as file:
        first.save(file)
    joined = indexed(tmp_path / "all", tmp_path / "mixed.idx", places / "part-1.tar", places / "last.parquet")
    assert sorted(keys(joined)) == sorted(contents())


def test_rows_without_a_key_or_a_picture_have_names(tmp_path: Path) -> None:
    data = encoded(scene(1))
    write_table(tmp_path / "some.parquet", {"a": data, "b": None, "c": b"no picture"}, keys=False)
    index = indexed(tmp_path / "out", tmp_path / "some.parquet")
    assert index.ids == ["some/some.parquet#000000000"]
    note = (tmp_path / "out" / "work" / "evaluation.json").read_text()
    assert "some/some.parquet#000000001" in note and "some/some.parquet#000000002" in note


def test_one_row_without_a_key_leaves_the_keys_of_the_others(tmp_path: Path) -> None:
    pictures = [encoded(scene(number)) for number in range(3)]
    table = {"text": ["a photo"] * 3, "key": ["a", None, "c"], "image": pa.array(pictures, pa.binary())}
    pq.write_table(pa.table(table), tmp_path / "some.parquet")
    index = indexed(tmp_path / "out", tmp_path / "some.parquet")
    assert index.ids == ["some/a", "some/some.parquet#000000001", "some/c"]


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("links.csv", b"text,url\na,http://b\n", "links.csv holds no images"),
        ("notes.idx", b"no index", "notes.idx: not an index of evaluation images"),
        ("empty/", b"", "no file matches"),
        ("nowhere.tar", b"", "no file matches"),
    ],
)
def test_what_is_no_set_is_refused_before_anything_runs(name: str, content: bytes, fault: str, tmp_path: Path) -> None:
    if name.endswith("/"):
        (tmp_path / name).mkdir()
    elif content:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        load_indexes(find_sets([str(tmp_path / name)]), EvalDuplicate())
    assert str(error.value).startswith("eval_images: ")
    assert fault in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content"), [("no.parquet", b"PAR1"), ("no.jsonl", b'{"text":\n'), ("no.json", b"{}")]
)
def test_a_damaged_file_ends_as_a_bad_input_does(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputs) as error:
        find_sets([str(tmp_path / name)])
    (line,) = error.value.lines
    assert line.startswith(f"eval_images: {tmp_path / name}: ")


def test_pictures_by_path_that_are_elsewhere_say_what_to_give(tmp_path: Path) -> None:
    """Captions in COCO's form beside which there is no picture, and a table; but no help for pictures that are none."""
    images = {"images": [{"id": 1, "file_name": "1.jpg"}], "annotations": [{"id": 1, "image_id": 1, "caption": "a"}]}
    (tmp_path / "captions_val.json").write_text(json.dumps(images))
    (tmp_path / "set.csv").write_text("text,image_path\na,1.jpg\n")
    write_table(tmp_path / "set.parquet", {"a": b"no picture"})
    for name, start in (("captions_val.json", f"{tmp_path}, {tmp_path}/val, {tmp_path}/images"), ("set.csv", tmp_path)):
        with pytest.raises(InputError, match="none of the 1 pictures exists") as error:
            indexed(tmp_path / f"{name}.out", tmp_path / name)
        help_ = f"; paths start at {start} (input.image_folder is for --input alone)"
        assert str(error.value).endswith(f"{help_}; give the folder of the pictures in place of {tmp_path / name}")
    with pytest.raises(InputError, match=r"such as set/a$"):
        indexed(tmp_path / "out", tmp_path / "set.parquet")


def test_a_truncated_tar_is_named(places: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.tar").write_bytes((places / "photos.tar").read_bytes()[:-20_000])
    with pytest.raises(BadFile, match=r"cut\.tar: "):
        indexed(tmp_path / "out", tmp_path / "cut.tar")


def test_another_tar_in_its_place_makes_another_run(places: Path, tmp_path: Path) -> None:
    def run() -> dict[str, object]:
        return identity(Config(), [], find_sets([str(tmp_path / "set.tar")]))

    write_tar(tmp_path / "set.tar", {"a": encoded(scene(1))})
    first = run()
    assert run() == first
    write_tar(tmp_path / "set.tar", {"a": encoded(scene(1)), "b": encoded(scene(2))})
    assert run()["eval_images"] != first["eval_images"]
    assert identity(Config(), [], find_sets([]))["eval_images"] != first["eval_images"]
