"""Models and arrays from anybody: none runs code, reads files of others, or unpickles; each is refused in one line."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
import tensorflow as tf
from onnx import TensorProto, helper

from dedup.clusters import Buckets
from filters.models import load_keras, load_onnx
from pipeline.commands.train.embed.index import Index
from pipeline.inputs import InputError
from train.checkpoint import CheckpointError, Checkpoints, load

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = np.arange(3, dtype=np.float32)


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (str(self.path), "w")


# ONNX


def write_model(path: Path, location: str, constant: bool) -> None:
    """A model that adds weights, which are in a file, as an initial value or as a constant of the graph."""
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", "0"), ("length", "12")):
        entry = weights.external_data.add()
        entry.key, entry.value = key, value
    given, answer = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 2, 2, 3]) for name in "xy")
    nodes = [helper.make_node("Constant", [], ["w"], value=weights)] * constant
    nodes.append(helper.make_node("Add", ["x", "w"], ["y"]))
    graph = helper.make_graph(nodes, "g", [given], [answer], [] if constant else [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(onnx.ModelProto.SerializeToString(model))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model's folder, with weights in it, weights beside it, and a link to those."""
    (tmp_path / "model").mkdir()
    for place in (tmp_path / "secret.bin", tmp_path / "model" / "w.bin"):
        place.write_bytes(WEIGHTS.tobytes())
    os.symlink(tmp_path / "secret.bin", tmp_path / "model" / "link.bin")
    return tmp_path / "model"


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize(
    "location", ["../secret.bin", "{secret}", "link.bin", "a/../../secret.bin", "/dev/zero", "/etc/passwd"]
)
def test_an_onnx_model_reads_nothing_outside_its_folder(folder: Path, location: str, constant: bool) -> None:
    write_model(folder / "m.onnx", location.format(secret=folder.parent / "secret.bin"), constant)
    with pytest.raises(
        ValueError, match=r"m\.onnx: not an ONNX model that may be loaded, as it reads a file outside"
    ) as error:
        load_onnx(folder / "m.onnx")
    assert "\n" not in str(error.value) and len(str(error.value)) < 600


@pytest.mark.parametrize("constant", [False, True])
def test_an_onnx_model_may_have_its_weights_beside_it(folder: Path, constant: bool) -> None:
    write_model(folder / "m.onnx", "w.bin", constant)
    predict, _ = load_onnx(folder / "m.onnx")
    assert predict(np.zeros((1, 2, 2, 3), np.float32))[0, 0, 0].tolist() == WEIGHTS.tolist()
    (folder / "w.bin").write_bytes(b"cut")
    with pytest.raises(ValueError, match=r"m\.onnx: not an ONNX model"):
        load_onnx(folder / "m.onnx")


# Keras


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow already runs here, and how many threads it has doesn't matter."""
    for name in ("set_intra_op_parallelism_threads", "set_inter_op_parallelism_threads"):
        monkeypatch.setattr(tf.config.threading, name, lambda _: None)


def refused(path: Path) -> str:
    with pytest.raises(ValueError, match=r": not a Keras model, or one with code of its own: ") as error:
        load_keras(path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 600
    return str(error.value)


def small(*layers: keras.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((2, 2, 3)), *layers, keras.layers.Flatten()])


def rewritten(path: Path, change: Callable[[str], str]) -> None:
    """The archive with another config."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = change(members["config.json"].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_a_lambda_in_a_keras_model_never_runs(tmp_path: Path, one_thread: None) -> None:
    marker = str(tmp_path / "ran")
    small(keras.layers.Lambda(lambda pixels: (open(marker, "a").close(), pixels)[1])).save(tmp_path / "m.keras")
    os.remove(marker)
    assert "Lambda" in refused(tmp_path / "m.keras")
    assert not os.path.exists(marker)


@pytest.mark.parametrize(("module", "name"), [("os", "system"), ("builtins", "exec"), ("keras.utils", "get_file")])
def test_a_keras_model_imports_nothing_but_layers(tmp_path: Path, one_thread: None, module: str, name: str) -> None:
    path, marker = tmp_path / "m.keras", tmp_path / "ran"
    small(keras.layers.Activation("relu")).save(path)

    def change(config: str) -> str:
        tree = json.loads(config)
        (layer,) = (each for each in tree["config"]["layers"] if each["class_name"] == "Activation")
        layer |= {
            "module": module,
            "class_name": name,
            "registered_name": None,
            "config": {"command": f"touch {marker}"},
        }
        return json.dumps(tree)

    rewritten(path, change)
    refused(path)
    assert not marker.exists()


def test_other_files_called_keras_are_refused(tmp_path: Path, one_thread: None) -> None:
    path = tmp_path / "m.keras"
    small().save(tmp_path / "m.h5")
    contents = [b"", b"text", (tmp_path / "m.h5").read_bytes(), pickle.dumps(Touch(tmp_path / "ran"))]
    for content in contents:
        path.write_bytes(content)
        refused(path)
    assert not (tmp_path / "ran").exists()


def test_a_keras_archive_that_explodes_is_refused_unopened(tmp_path: Path, one_thread: None) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("config.json", "w") as file:
        for _ in range(101):
            file.write(bytes(1 << 20))
    assert "config.json in it takes far more than its" in refused(path)


# Arrays


def objects(path: Path) -> np.ndarray:
    return np.array([Touch(path)], dtype=object)


def test_a_checkpoint_unpickles_nothing_and_is_not_compressed(tmp_path: Path) -> None:
    folder = Checkpoints(str(tmp_path))
    folder.save(1, {"a": WEIGHTS}, {})
    assert load(folder.path(1))[0]["a"].tolist() == WEIGHTS.tolist()
    for name, save, array in (
        ("objects", np.savez, objects(tmp_path / "ran")),
        ("compressed", np.savez_compressed, np.zeros(1 << 20)),
    ):
        save(tmp_path / f"{name}.npz", facts=np.array("{}"), a=array)
        with pytest.raises(CheckpointError) as error:
            load(str(tmp_path / f"{name}.npz"))
        assert f"{name}.npz: no checkpoint of python -m train: " in str(error.value)
    assert not (tmp_path / "ran").exists()


def test_indexes_and_clusters_unpickle_nothing(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "index.json").write_text("{}")
    np.save(tmp_path / "index" / "vectors.npy", objects(tmp_path / "ran"), allow_pickle=True)
    with pytest.raises(InputError, match=r"^index: \S+ is damaged: "):
        Index.open(str(tmp_path / "index"))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        Buckets.load(io.BytesIO((tmp_path / "index" / "vectors.npy").read_bytes()))
    assert not (tmp_path / "ran").exists()


OWN_PIPE = "own_process.py"  # answers of a process that the same call has started, by a pipe that no other holds


def test_nothing_of_ours_unpickles() -> None:
    """Whole words in the sources; Beam ships functions its own way."""
    names = r"(?<!copyreg\.)\b(pickle|cPickle|dill|joblib|torch|marshal|shelve|allow_pickle=True|unsafe_load|eval\()\b"
    words = re.compile(names)
    for package in ("crawl", "dedup", "filters", "pipeline", "train", "vocab"):
        for file in sorted((ROOT / package).rglob("*.py")):
            assert file.name == OWN_PIPE or not words.search(file.read_text(encoding="utf-8")), file
