"""`python -m dedup` as a user runs it: indexes, matches and groups, and what is refused."""

from __future__ import annotations

import csv
import io
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from dedup.evaluation import EvalIndex
from dedup.groups import group
from tests.support.command import run, run_corpus

pytestmark = pytest.mark.slow


def picture(seed: int, side: int = 256) -> Image.Image:
    """Smooth noise: as much to tell apart as in a photo."""
    noise = np.random.default_rng(seed).integers(0, 256, (side // 8, side // 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2))


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality)
    return content.getvalue()


COPIES = {
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "crop centre 0.8": lambda image: image.crop((26, 26, 230, 230)),
    "smaller": lambda image: image.resize((100, 100)),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An evaluation set of eight pictures and a broken one; copies of three of them, others, and a broken one."""
    root = tmp_path_factory.mktemp("pictures")
    for name in ("eval/deep", "crawl"):
        (root / name).mkdir(parents=True)
    for seed in range(8):
        (root / "eval" / "deep" / f"{seed}.jpg").write_bytes(jpeg(picture(seed)))
    for seed, (name, change) in enumerate(COPIES.items()):
        (root / "crawl" / f"{name}.jpg").write_bytes(jpeg(change(picture(seed)), 60))
    for seed in range(100, 105):
        (root / "crawl" / f"other {seed}.jpg").write_bytes(jpeg(picture(seed)))
    for folder in ("eval", "crawl"):
        (root / folder / "broken.jpg").write_bytes(jpeg(picture(0))[:300])
    return root


@pytest.fixture(scope="module")
def index(folders: Path) -> Path:
    done = run("dedup", "index", f"--images={folders / 'eval'}", f"--output={folders / 'eval.idx'}", "--workers=1")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folders}/eval.idx: 8 pictures, 832 entries (mode default)\n"
    assert "dedup: eval/broken.jpg can't be decoded" in done.stderr.splitlines()
    assert "dedup: 1 pictures can't be decoded" in done.stderr.splitlines()
    return folders / "eval.idx"


def match(*options: str | Path) -> subprocess.CompletedProcess[str]:
    done = run("dedup", "match", *options, "--workers=1")
    assert done.returncode == 0, done.stderr
    return done


EXPECTED = {f"crawl/{name}.jpg": f"eval/deep/{seed}.jpg" for seed, name in enumerate(COPIES)}


def test_copies_are_matched_and_others_are_not(folders: Path, index: Path) -> None:
    done = match(f"--index={index}", f"--images={folders / 'crawl'}")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["image"]: row["match"] for row in rows} == EXPECTED
    assert "3 of 9 pictures have a match" in done.stderr
    assert "dedup: crawl/broken.jpg can't be decoded" in done.stderr
    transforms = {row["image"]: row["transform"] for row in rows}
    assert transforms["crawl/mirrored.jpg"] == "mirrored"
    assert transforms["crawl/crop centre 0.8.jpg"].startswith("crop centre 0.8")
    assert all(int(row["distance"]) <= 50 and 0.4 <= float(row["score"]) <= 1 for row in rows)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_and_tars_are_looked_up_in_a_folder(folders: Path, tmp_path: Path, kind: str) -> None:
    """Without an index file: the folder is hashed first."""
    names = [name for name in EXPECTED if "smaller" not in name]
    contents = [(folders / name).read_bytes() for name in names]
    pq.write_table(pa.table({"key": ["a", "b"], "text": ["", ""], "image": contents}), tmp_path / "some.parquet")
    with tarfile.open(tmp_path / "more.tar", "w") as tar:
        for name in ("crawl/smaller.jpg", "crawl/other 100.jpg"):
            tar.add(folders / name, name.replace("crawl/", "").replace(" ", "-"))
            text = tarfile.TarInfo(name.replace("crawl/", "").replace(" ", "-").replace(".jpg", ".txt"))
            tar.addfile(text)
    output = tmp_path / f"matches.{kind}"
    inputs = f"--images={tmp_path}/some.parquet,{tmp_path}/more.tar"
    match(f"--index={folders / 'eval'}", inputs, f"--output={output}")
    table = pq.read_table(output) if kind == "parquet" else pyarrow.csv.read_csv(output)
    assert table.column_names == ["image", "match", "distance", "score", "transform"]
    found = dict(zip(table["image"].to_pylist(), table["match"].to_pylist(), strict=True))
    expected = {"some/a": EXPECTED[names[0]], "some/b": EXPECTED[names[1]], "more/smaller": "eval/deep/2.jpg"}
    assert found == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["some.parquet", "more.tar", output.name])


def test_an_index_has_the_same_bytes_for_two_workers_and_a_name(folders: Path, index: Path, tmp_path: Path) -> None:
    options = (f"--images={folders / 'eval'}", "--workers=2")
    assert run("dedup", "index", *options, f"--output={tmp_path / 'b.idx'}").returncode == 0
    assert (tmp_path / "b.idx").read_bytes() == index.read_bytes()
    assert run("dedup", "index", *options, f"--output={tmp_path / 'c.idx'}", "--name=mine").returncode == 0
    assert EvalIndex.load(str(tmp_path / "c.idx")).ids[0] == "mine/deep/0.jpg"


def test_a_dense_index_serves_no_other_mode(folders: Path, tmp_path: Path) -> None:
    dense = tmp_path / "dense.idx"
    options = (f"--images={folders / 'eval'}", f"--output={dense}", "--mode=dense", "--workers=1")
    assert "4,016 entries (mode dense)" in run("dedup", "index", *options).stdout
    for mode, fits in (("dense", True), ("default", False), ("thorough", False)):
        done = run(
            "dedup", "match", f"--index={dense}", f"--images={folders / 'crawl'}", f"--mode={mode}", "--workers=1"
        )
        assert done.returncode == (0 if fits else 2)
        assert fits or f"dense.idx is an index of mode dense; filters.eval_duplicate.mode={mode} needs" in done.stderr


def test_the_pipeline_takes_index_files_folders_and_tars(folders: Path, index: Path, tmp_path: Path) -> None:
    names = sorted(path.name for path in (folders / "crawl").iterdir())
    table = {"text": ["some text of five words"] * len(names), "image_path": names}
    pyarrow.csv.write_csv(pa.table(table), folders / "crawl" / "pairs.csv")
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "x.png").write_bytes((folders / "crawl" / "other 100.jpg").read_bytes())
    with tarfile.open(tmp_path / "third.tar", "w") as tar:
        tar.add(folders / "crawl" / "other 101.jpg", "x.jpg")
        tar.addfile(tarfile.TarInfo("x.txt"))
    options = (
        f"--eval_images={index},{tmp_path / 'second'},{tmp_path}/*.tar",
        "--workers=1",
        "--filters.porn.enabled=false",
    )
    done = run_corpus(tmp_path / "out", folders / "crawl" / "pairs.csv", *options, "--filters.short_side.enabled=false")
    assert done.process.returncode == 0, done.process.stderr
    found = {row["image_path"]: row["eval_match"] for row in done.verdicts()}
    assert {f"crawl/{path}": match for path, match in found.items() if match} == EXPECTED | {
        "crawl/other 100.jpg": "second/x.png",
        "crawl/other 101.jpg": "third/x",
    }
    assert done.json("manifest.json")["evaluation"] == {
        "images": 10,
        "entries": 1040,
        "mode": "default",
        "undecodable": [],
        "sets": {"eval": 8, "second": 1, "third": 1},
    }
    assert "Near-duplicates of evaluation images" in (tmp_path / "out" / "report.html").read_text()
    (folders / "crawl" / "pairs.csv").unlink()


def test_groups_inside_a_corpus(folders: Path, tmp_path: Path) -> None:
    """A picture, its mirror image with fewer pixels, and the same twice under other texts."""
    big, small, other = picture(1, 400), picture(1, 400).resize((300, 300)), picture(2)
    mirror = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    images = [jpeg(big), jpeg(big), jpeg(mirror), jpeg(other), jpeg(Image.new("RGB", (256, 256), "white"))]
    images.append(jpeg(Image.new("RGB", (300, 300), "white")))
    texts = [f"text number {number} of all" for number in range(len(images))]
    pq.write_table(pa.table({"text": texts, "image": images}), tmp_path / "a.parquet")
    off = [f"--filters.{rule}.enabled=false" for rule in ("porn", "rare_ngram")]
    done = run_corpus(tmp_path / "out", tmp_path / "a.parquet", "--workers=1", *off)
    assert done.json("funnel.json")["records"] == len(images), done.process.stderr
    said = run("dedup", "groups", tmp_path / "out", f"--output={tmp_path / 'groups.parquet'}", "--workers=1")
    assert said.stdout == "1 groups of 2 images; 1 of them are copies of one that is kept\n", said.stderr
    ids = [row["image_id"] for row in done.verdicts()]
    rows = pq.read_table(tmp_path / "groups.parquet").to_pylist()
    assert {row["image_id"]: row["keep"] for row in rows} == {ids[0]: True, ids[2]: False}
    assert {row["group"] for row in rows} == {0}


@settings(max_examples=200)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=12), st.data())
def test_groups_are_those_of_a_plain_union(sizes: list[int], data: st.DataObject) -> None:
    count = len(sizes)
    place = st.integers(0, count - 1)
    pairs = data.draw(st.lists(st.tuples(place, place).filter(lambda pair: pair[0] != pair[1])))
    ids = data.draw(st.permutations([f"id{number:02}" for number in range(count)]))
    owner = list(range(count))
    for one, other in pairs:
        owner = [owner[one] if name == owner[other] else name for name in owner]
    members: dict[int, list[int]] = {}
    for image, name in enumerate(owner):
        members.setdefault(name, []).append(image)
    groups = sorted(
        (sorted(group, key=ids.__getitem__) for group in members.values() if len(group) > 1), key=lambda g: ids[g[0]]
    )
    best = {min(group, key=lambda image: (-sizes[image], ids[image])) for group in groups}
    expected = [
        {"image_id": ids[image], "group": number, "keep": image in best}
        for number, group in enumerate(groups)
        for image in group
    ]
    found = group(pa.array(ids), np.array(sizes), np.array(pairs, np.int64).reshape(-1, 2))
    assert found.to_pylist() == expected


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "give a command: index, match or groups"),
        (("index", "--images={folder}"), 2, "required: --output"),
        (("index", "--images={folder}/nowhere", "--output={folder}/a.idx"), 2, "no file matches"),
        (
            ("index", "--images={folder}/broken", "--output={folder}/a.idx"),
            2,
            "none of the 1 pictures exists and can be",
        ),
        (("index", "--images={folder}/links.csv", "--output={folder}/a.idx"), 2, "links.csv holds no images"),
        (("index", "--images={folder}", "--output={folder}/a.idx", "--mode=fast"), 2, "invalid choice: 'fast'"),
        (("match", "--index={folder}/links.csv", "--images={folder}/broken"), 2, "links.csv holds no images"),
        (
            ("match", "--index={folder}/broken/a.idx", "--images={folder}/broken"),
            2,
            "not an index of evaluation images",
        ),
        (
            ("match", "--index={folder}/broken", "--images={folder}/broken", "--output=a.txt"),
            2,
            "a.txt is of another kind",
        ),
        (("match", "--index=a", "--images=b", "--max_distance=300"), 2, "a distance is 0 to 256 bits"),
        (("groups", "{folder}", "--output={folder}/a.parquet"), 2, "holds no finished run"),
        (("groups", "{folder}", "--output={folder}/a.csv"), 2, "a.csv is of another kind than .parquet"),
    ],
)
def test_what_is_refused(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    (tmp_path / "broken").mkdir()
    for name in ("a.jpg", "a.idx"):
        (tmp_path / "broken" / name).write_bytes(b"no picture")
    (tmp_path / "links.csv").write_text("text,url\na,b\n")
    done = run("dedup", *(word.format(folder=tmp_path) for word in words))
    assert done.returncode == code, done.stderr
    assert said in done.stderr.splitlines()[-1]
    assert not (tmp_path / "a.idx").exists()
