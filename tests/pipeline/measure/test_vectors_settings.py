"""The settings of the model that embeds images: the paper's are the defaults, and what can't be used is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from filters.models import Preparation, load_network
from pipeline.config import ConfigError, load_config
from pipeline.identity import identity
from pipeline.inputs import Source
from pipeline.inputs.pictures import Files
from pipeline.measure.eval_sets import EvalSets
from pipeline.measure.vectors import Embedder
from tests.filters.test_porn_models import onnx_model, saved
from tests.support.embedding_models import WEIGHTS, drawing


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("models", "a", "dedup.embedding.models: no such setting; dedup.embedding has model, preparation, min_cosine"),
        ("search", "fast", "dedup.embedding.search: 'fast'; the choices are exact, clusters"),
        ("min_cosine", "0", "dedup.embedding.min_cosine: 0; it is over 0, and 1 at most"),
        ("min_cosine", "1.01", "dedup.embedding.min_cosine: 1.01; it is over 0"),
        ("clusters.bucket", "11", "dedup.embedding.clusters.bucket: 11 of the nearest 10 of 4096 clusters"),
        (
            "clusters.k",
            "11",
            "dedup.embedding.clusters.k: no such setting; dedup.embedding.clusters has count, nearest",
        ),
        ("preparation.size", "224", "dedup.embedding.preparation.size: 224 is no list of 2, such as [a, b]"),
        ("preparation.size", "[0, 3]", "dedup.embedding.preparation.size: (0, 3); width and height are 1 at least"),
        ("preparation.column", "1", "dedup.embedding.preparation.column: no such setting"),
    ],
)
def test_a_wrong_setting_is_refused(setting: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError, match=setting.split(".")[0]) as error:
        load_config("", [(f"dedup.embedding.{setting}", value)])
    assert message in str(error.value) and "\n" not in str(error.value)


def test_the_papers_numbers_are_the_defaults() -> None:
    settings = load_config("").dedup.embedding
    assert not settings.model and settings.min_cosine == 0.975 and settings.search == "exact"
    assert (settings.clusters.count, settings.clusters.nearest, settings.clusters.bucket) == (4096, 10, 3)


def test_a_model_counts_by_its_content_where_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    config = load_config("", [("dedup.embedding.model", str(path))])
    sets = EvalSets([Files((Source(0, "a.jpg", "set/a.jpg", 1, 0.0),))])
    path.write_bytes(b"first")
    first = identity(config, [], sets)
    path.write_bytes(b"second")
    assert identity(config, [], sets) != first
    path.unlink()
    assert identity(config, [], EvalSets())["embedding_model"] is None


@pytest.mark.parametrize(
    ("size", "message"),
    [(None, "the setting size must give its width and height"), ((32, 224), "the setting size is (32, 224)")],
)
def test_a_size_must_be_known_and_the_models_own(tmp_path: Path, size: tuple[int, int] | None, message: str) -> None:
    path = WEIGHTS if size else saved(tmp_path, onnx_model(("n", 3, "h", "w"), (2, 3)))
    with pytest.raises(ValueError, match="input of shape") as error:
        load_network(path, Preparation(size=size))
    assert message in str(error.value)


def test_an_output_that_is_no_vector_is_refused(tmp_path: Path) -> None:
    network = load_network(saved(tmp_path, onnx_model(("n", 3, 20, 30), (1,))), Preparation())
    with pytest.raises(ValueError, match=r"output of shape \(1, 20, 30\) is no vector for one image"):
        Embedder(network)([drawing(0)])
