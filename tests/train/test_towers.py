"""The towers against published sizes and a plain statement of BERT, and as Keras models of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.embedding_models import drawing
from tests.support.statement_bert import bert, linear
from tests.support.training import changed, in_process
from train.config import ImageTower, TextTower
from train.model import DualEncoder
from train.towers import image_tower, text_tower

pytestmark = pytest.mark.slow(seconds=30)

SMALL = ImageTower("tiny", resize=40, crop=32)
VOCABULARY = 50
TOKENS = np.array([[2, 7, 9, 3, 0, 0, 0, 0], [2, 49, 3, 0, 0, 0, 0, 0], [2, 5, 5, 5, 6, 7, 8, 3]], np.int32)


@pytest.fixture
def no_values() -> Iterator[None]:
    """Models get their shapes alone, which takes seconds even of the largest."""
    with keras.StatelessScope(initialize_variables=False):
        yield
    keras.utils.clear_session()


@pytest.fixture
def half_precision() -> Iterator[None]:
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


def pixels(count: int = 3, crop: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, crop, crop, 3), np.uint8)


def randomised(model: keras.Model) -> keras.Model:
    """Moves all weights and moving statistics from where they start, such as 0 or 1."""
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if not isinstance(layer, keras.layers.Normalization):  # which is of fixed numbers
            for variable in layer.weights:
                moved = variable.numpy() + rng.normal(scale=0.1, size=variable.shape)
                variable.assign(np.abs(moved) if variable.name == "moving_variance" else moved)
    return model


# Sizes

# Published: trainable weights of the classifier of 1,000 classes, the widths before and behind its head, and the
# millions of weights and moving statistics before it
EFFICIENTNETS = {
    "b0": (5_288_548, 320, 1280, 3.63),
    "b3": (12_233_232, 384, 1536, 10.19),
    "b5": (30_389_784, 512, 2048, 27.46),
    "b7": (66_347_960, 640, 2560, 62.45),
    "l2": (480_309_308, 1376, 5504, 468.30),
}
# Published: weights with those of the pooler and of two kinds of segments, and the width
BERTS = {
    "mini": (11_170_560, 256),
    "small": (28_763_648, 512),
    "medium": (41_373_184, 512),
    "base": (109_482_240, 768),
    "large": (335_141_888, 1024),
}


@pytest.mark.parametrize("name", EFFICIENTNETS)
def test_image_towers_are_the_published_ones_without_their_heads(no_values: None, name: str) -> None:
    published, width, head, millions = EFFICIENTNETS[name]
    tower = image_tower(ImageTower(name))
    trained = sum(int(np.prod(variable.shape)) for variable in tower.trainable_variables)
    assert trained == published - (head * 1000 + 1000) - width * head - 2 * head
    assert tower.count_params() / 1e6 == pytest.approx(millions, abs=0.005)
    assert tower.output_shape == (None, width)
    assert tower.input_shape == (None, 289, 289, 3)
    assert "top_conv" not in {layer.name for layer in tower.layers}


def test_the_tiny_image_tower_convolves_depth_by_depth_only_where_there_are_few_pixels(no_values: None) -> None:
    tower = image_tower(ImageTower("tiny", resize=72, crop=64))
    convolutions = [
        *(9 * 3 * 8, 9 * 8 * 32, 32 * 16, 9 * 16 * 64, 64 * 32, 9 * 32 * 128, 128 * 64, 9 * 64 * 96),
        *(96 * 576, 9 * 576, 576 * 160),
    ]
    normalised = sum((8, 32, 16, 64, 32, 128, 64, 96, 576, 576, 160))
    assert tower.count_params() == sum(convolutions) + 4 * normalised
    assert tower.output_shape == (None, 160)
    depthwise = [layer.output.shape for layer in tower.layers if isinstance(layer, keras.layers.DepthwiseConv2D)]
    assert depthwise == [(None, 2, 2, 576)]


@pytest.mark.parametrize("name", BERTS)
def test_text_towers_are_the_published_ones_without_pooler_and_segments(no_values: None, name: str) -> None:
    published, width = BERTS[name]
    tower = text_tower(TextTower(name), 30_522, 640)
    assert tower.count_params() == published - (width * width + width) - 2 * width + (width * 640 + 640)
    assert tower.output_shape == (None, 640)
    assert tower.input_shape == (None, 64)


def test_a_width_is_a_linear_layer_over_the_features() -> None:
    tower = randomised(image_tower(ImageTower("tiny", width=24, resize=40, crop=32)))
    features = keras.Model(tower.input, tower.get_layer("pooled").output)(pixels(), training=False).numpy()
    kernel, bias = tower.get_layer("image_projection").get_weights()
    np.testing.assert_allclose(tower(pixels(), training=False), features @ kernel + bias, rtol=1e-4, atol=1e-4)
    assert tower.count_params() == image_tower(SMALL).count_params() + 160 * 24 + 24


# Outputs of the towers


def test_our_bert_is_bert() -> None:
    tower = randomised(text_tower(TextTower("mini", length=8), VOCABULARY, 16))
    weights = {layer.name: [value.astype(float) for value in layer.get_weights()] for layer in tower.layers}
    expected = linear(bert(weights, TOKENS, layers=4), *weights["text_projection"])
    np.testing.assert_allclose(tower(TOKENS, training=False), expected, atol=2e-5)
    assert np.abs(expected[0] - expected[1]).max() > 0.1


def test_padding_changes_nothing() -> None:
    """Not its length, to rounding, and not at all its vector."""
    short, long = (text_tower(TextTower("tiny", length=length), VOCABULARY, 16) for length in (8, 20))
    long.set_weights(randomised(short).get_weights())
    expected = short(TOKENS, training=False).numpy()
    padded = np.pad(TOKENS, ((0, 0), (0, 12)))
    np.testing.assert_allclose(long(padded, training=False), expected, atol=1e-5)
    vectors = short.get_layer("token_vectors")
    vectors.set_weights([np.concatenate([np.full((1, 128), 9.0), vectors.get_weights()[0][1:]])])
    np.testing.assert_array_equal(short(TOKENS, training=False), expected)


def test_dropout_is_for_training_alone() -> None:
    tower = text_tower(TextTower("tiny", length=8, dropout=0.5), VOCABULARY, 16)
    assert np.array_equal(tower(TOKENS), tower(TOKENS, training=False))
    assert not np.allclose(tower(TOKENS, training=True), tower(TOKENS, training=True))
    without = text_tower(TextTower("tiny", length=8, dropout=0), VOCABULARY, 16)
    np.testing.assert_allclose(without(TOKENS, training=True), without(TOKENS, training=False), atol=1e-6)


def test_pixels_may_be_bytes_or_floats() -> None:
    tower = randomised(image_tower(SMALL))
    given = pixels()
    np.testing.assert_array_equal(tower(given, training=False), tower(given.astype(np.float32), training=False))


def started(synchronized: bool) -> keras.Model:
    """A tower whose weights are drawn from one seed."""
    keras.utils.set_random_seed(1)
    return image_tower(SMALL, synchronized)


def test_synchronized_normalisation_is_the_same_tower() -> None:
    plain, synchronized = started(False), started(True)
    for ours, theirs in zip(plain.weights, synchronized.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    kinds = [layer for layer in synchronized.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert kinds and all(layer.synchronized for layer in kinds)
    np.testing.assert_array_equal(plain(pixels(), training=False), synchronized(pixels(), training=False))


def test_in_half_precision_embeddings_and_weights_are_whole(half_precision: None) -> None:
    model = DualEncoder(changed(image={"width": 16}), VOCABULARY)
    embeddings = model({"pixels": tf.constant(pixels()), "tokens": tf.constant(TOKENS)})
    assert [rows.dtype for rows in embeddings] == [tf.float32, tf.float32]
    assert model.images.get_layer("image_projection").compute_dtype == "bfloat16"
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}
    assert model.temperature.dtype == tf.float32


# The temperature


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("learned", [True, False])
def test_the_temperature_starts_where_it_is_told(scale: str, learned: bool) -> None:
    temperature = {"start": 0.07, "scale": scale, "learned": learned}
    optimizer = {"name": "lamb" if scale == "linear" else "adam"}
    model = DualEncoder(changed(temperature=temperature, optimizer=optimizer), VOCABULARY)
    assert float(model.temperature) == pytest.approx(0.07, rel=1e-6)
    assert any(variable is model.raw_temperature for variable in model.trainable_variables) == learned
    with tf.GradientTape() as tape:
        tape.watch(model.raw_temperature.value)
        used = tf.identity(model.temperature)
    slope = tape.gradient(used, model.raw_temperature.value)
    assert float(slope) == pytest.approx(0.07 if scale == "log" else 1)


# As Keras models

ALONE = """
import sys
import keras
import numpy as np

for name in ("image", "text"):
    tower = keras.models.load_model(f"{name}.keras")
    np.save(f"{name}_again.npy", tower(np.load(f"{name}.npy"), training=False))
assert not {"train", "pipeline"} & {name.partition(".")[0] for name in sys.modules}
"""


def test_saved_towers_need_nothing_of_ours(tmp_path: Path) -> None:
    towers = {
        "image": (randomised(image_tower(SMALL)), pixels()),
        "text": (randomised(text_tower(TextTower("tiny", length=8), VOCABULARY, 16)), TOKENS),
    }
    for name, (tower, given) in towers.items():
        tower.save(tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}.npy", given)
    done = subprocess.run([sys.executable, "-c", ALONE], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name, (tower, given) in towers.items():
        np.testing.assert_array_equal(np.load(tmp_path / f"{name}_again.npy"), tower(given, training=False))


def vectors_of(model: str) -> np.ndarray:
    """Vectors of drawings in the near-duplicate stage."""
    from filters.models import Preparation, load_network
    from pipeline.measure.vectors import Embedder

    return Embedder(load_network(model, Preparation(scale=1)))([drawing(number) for number in range(4)])


def test_a_saved_image_tower_is_a_model_for_near_duplicates(tmp_path: Path) -> None:
    tower = randomised(image_tower(SMALL))
    tower.save(tmp_path / "image.keras")
    found = in_process(vectors_of, str(tmp_path / "image.keras")).result()
    resized = np.stack([np.asarray(drawing(number).resize((32, 32), 2)) for number in range(4)])
    np.testing.assert_allclose(found, tower(resized, training=False), rtol=1e-4, atol=1e-5)
