"""The command with a model that embeds images: what it finds beyond the hash, in which order, and what it refuses."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageChops

from dedup.evaluation import build
from filters.models import load_network
from pipeline.measure.vectors import Embedder, EmbeddingSearch, PictureVectors
from tests.pipeline.measure.test_measuring import measured
from tests.support.command import Finished, result, run_corpus
from tests.support.embedding_models import (
    FLAGS,
    MIN_COSINE,
    PREPARATION,
    drawing,
    jpeg,
    keras_vectors,
    off_centre,
    open_nsfw_vectors,
)

pytestmark = pytest.mark.slow(seconds=20)

MAX_PIXELS = 10**8
PICTURES = {
    "crop": jpeg(off_centre(drawing(1))),
    "crop again": jpeg(off_centre(drawing(1))),
    "copy": jpeg(drawing(2), 60),
    "other": jpeg(drawing(20)),
    "short": jpeg(off_centre(drawing(4))),
    "small": jpeg(off_centre(drawing(5)).resize((150, 150))),
    "broken": jpeg(drawing(6))[:3000],
    **{f"other {number}": jpeg(drawing(number)) for number in range(30, 36)},
}
CAPTIONS = {name: f"a drawing called {name}" for name in PICTURES} | {"short": "short"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return open_nsfw_vectors(tmp_path_factory.mktemp("model") / "vectors.onnx")


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of pairs, and an evaluation set of ten drawings and a broken one."""
    folder = tmp_path_factory.mktemp("crawl")
    (folder / "eval").mkdir()
    for number in range(10):
        (folder / "eval" / f"{number}.jpg").write_bytes(jpeg(drawing(number)))
    (folder / "eval" / "broken.jpg").write_bytes(jpeg(drawing(0))[:3000])
    write_pairs(folder / "pairs.parquet", PICTURES)
    return folder


def write_pairs(path: Path, pictures: dict[str, bytes]) -> Path:
    captions = [CAPTIONS.get(name, "a drawing like no other") for name in pictures]
    pq.write_table(pa.table({"key": list(pictures), "image": list(pictures.values()), "text": captions}), path)
    return path


@pytest.fixture(scope="module")
def corpus(crawl: Path, model: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Finished]:
    @cache
    def run(*options: str, embed: bool = True) -> Finished:
        flags = ["--filters.porn.enabled=false", "--input.rows_per_shard=4", f"--eval_images={crawl / 'eval'}"]
        flags += [f"--dedup.embedding.model={model}", *FLAGS] if embed else []
        done = run_corpus(tmp_path_factory.mktemp("run") / "out", crawl / "pairs.parquet", *flags, *options)
        assert done.process.returncode == 0, done.process.stderr
        return done

    return run


def by_key(done: Finished) -> dict[str, dict]:
    return {row["key"]: row for row in done.verdicts()}


def matches(done: Finished) -> dict[str, str]:
    return {key: row["eval_match"] for key, row in by_key(done).items() if row["eval_match"]}


def test_a_crop_that_the_hash_misses_is_dropped_without_a_distance(corpus: Callable[..., Finished]) -> None:
    assert matches(corpus("--workers=1", embed=False)) == {"copy": "eval/2.jpg"}
    done = corpus("--workers=1")
    assert matches(done) == {"crop": "eval/1.jpg", "crop again": "eval/1.jpg", "copy": "eval/2.jpg"}
    rows = by_key(done)
    assert rows["crop"]["eval_distance"] is None and rows["copy"]["eval_distance"] <= 10
    assert rows["crop"]["reasons"] == rows["crop again"]["reasons"] == rows["copy"]["reasons"] == ["eval_duplicate"]
    assert [key for key, row in rows.items() if not row["reasons"]] == [
        key for key in PICTURES if key.startswith("other")
    ]
    assert "eval/broken.jpg can't be decoded" in done.process.stderr


def test_measuring_all_embeds_what_was_dropped_before(corpus: Callable[..., Finished]) -> None:
    found = matches(corpus("--workers=1", "--measure=all"))
    assert found == matches(corpus("--workers=1")) | {"short": "eval/4.jpg", "small": "eval/5.jpg"}


def test_same_bytes_for_two_workers_and_the_same_matches_with_clusters(corpus: Callable[..., Finished]) -> None:
    alone = corpus("--workers=1")
    assert result(corpus("--workers=2").output) == result(alone.output)
    assert result(corpus("--workers=1", "--dedup.embedding.search=clusters").output) == result(alone.output)


def test_the_audit_says_cosine_and_shows_both_pictures(corpus: Callable[..., Finished]) -> None:
    done = corpus("--workers=1")
    audit = {row["eval_match"]: row for row in pq.read_table(done.output / "work" / "audit.parquet").to_pylist()}
    assert list(audit) == sorted(audit, key=lambda match: audit[match]["margin"])
    crop = audit["eval/1.jpg"]
    assert crop["transform"] == "embedding" and crop["eval_distance"] is None
    assert MIN_COSINE <= crop["eval_score"] < 1
    assert Image.open(io.BytesIO(crop["picture"])) and Image.open(io.BytesIO(crop["eval_picture"]))
    page = (done.output / "report.html").read_text()
    assert f"cosine {crop['eval_score']:.3f}" in page and "0.93 at least; they have no distance" in page
    assert "matches eval/1.jpg by its vector" in page


def test_nothing_of_the_vectors_is_left(corpus: Callable[..., Finished]) -> None:
    done = corpus("--workers=1", "--dedup.embedding.search=clusters")
    assert not list((done.output / "work").glob("evaluation.[!j]*"))


class Recorder:
    """Embeds by a model and counts what it is asked."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.asked = 0

    def __call__(self, images: list[Image.Image]) -> np.ndarray:
        self.asked += len(images)
        return self.embedder(images)


@pytest.mark.parametrize(("everything", "asked"), [(False, 2), (True, 3)])
def test_only_what_is_left_when_the_hash_found_nothing_is_embedded(model: str, everything: bool, asked: int) -> None:
    """Embeds a repeated crop once, another image, and one with a short caption only if all are measured."""
    recorder = Recorder(Embedder(load_network(model, PREPARATION)))
    vectors = PictureVectors(recorder, MAX_PIXELS)
    index, _ = build(vectors.pass_on(iter([("set/one", jpeg(drawing(1))), ("set/two", jpeg(drawing(2)))])), MAX_PIXELS)
    embedding = EmbeddingSearch(recorder, vectors.index(index.ids), MIN_COSINE)
    recorder.asked = 0
    crop = jpeg(off_centre(drawing(1)))
    images = [jpeg(drawing(2), 50), crop, crop, jpeg(drawing(20)), jpeg(drawing(21))]
    verdicts, signals = measured(
        images, None, words=[5, 5, 5, 5, 1], everything=everything, index=index, embedding=embedding
    )
    assert verdicts == ["eval_duplicate", "eval_duplicate", "eval_duplicate", None, "word_count"]
    assert signals["eval_match"] == ["set/two", "set/one", "set/one", None, None]
    assert [distance is None for distance in signals["eval_distance"]] == [False, True, True, True, True]
    assert recorder.asked == asked


# Keras


def test_a_keras_model_for_images_of_any_size_embeds_too(crawl: Path, tmp_path: Path) -> None:
    """A pooling model with random weights can't tell quarters that changed places, which the hash doesn't find."""
    model = keras_vectors(tmp_path / "tower.keras")
    flags = [f"--eval_images={crawl / 'eval'}", f"--dedup.embedding.model={model}", "--filters.porn.enabled=false"]
    flags += ["--dedup.embedding.preparation.size=[64, 48]", "--dedup.embedding.min_cosine=0.9995", "--workers=1"]
    whole = drawing(4)
    pictures = {"quarters": ImageChops.offset(whole, whole.width // 2, whole.height // 2), "other": drawing(40)}
    pairs = write_pairs(tmp_path / "pairs.parquet", {name: jpeg(image) for name, image in pictures.items()})
    done = run_corpus(tmp_path / "out", pairs, *flags)
    assert done.process.returncode == 0, done.process.stderr
    assert matches(done) == {"quarters": "eval/4.jpg"}
    assert by_key(done)["quarters"]["eval_distance"] is None


# Refusals


def refused(crawl: Path, tmp_path: Path, *options: str) -> str:
    done = run_corpus(tmp_path / "out", crawl / "pairs.parquet", *options)
    assert done.process.returncode != 0 and not (tmp_path / "out").exists()
    return done.process.stderr.strip().splitlines()[-1]


def test_a_model_that_cant_be_used_is_refused_before_anything_runs(crawl: Path, tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    sets = f"--eval_images={crawl / 'eval'}"
    for name, message in {
        "gone.onnx": "dedup.embedding: model: no such file:",
        "text.onnx": "not an ONNX model",
        "model.pb": "there is a path that ends in .onnx or .keras",
    }.items():
        assert message in refused(crawl, tmp_path, sets, f"--dedup.embedding.model={tmp_path / name}")


def test_an_index_file_has_no_vectors(crawl: Path, model: str, tmp_path: Path) -> None:
    index, _ = build([("a", jpeg(drawing(0)))], MAX_PIXELS)
    with open(tmp_path / "a.idx", "wb") as file:
        index.save(file)
    line = refused(crawl, tmp_path, f"--eval_images={tmp_path / 'a.idx'}", f"--dedup.embedding.model={model}", *FLAGS)
    assert f"dedup.embedding: {tmp_path / 'a.idx'} is an index, without vectors; give its pictures" in line
