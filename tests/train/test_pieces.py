"""Gradients in pieces against those of the whole batch, and of one tape that encodes piece after piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.training import changed
from train.config import Train
from train.loss import contrastive_loss
from train.model import DualEncoder
from train.objective import InBatch
from train.optimizer import make_optimizer
from train.pieces import encode_in_pieces, gradients_in_pieces
from train.step import gradients_at_once, training_step

pytestmark = pytest.mark.slow(seconds=30)

VOCABULARY, PAIRS, STEPS = 30, 16, 8
OPTIMIZER = {"warmup_steps": 1, "learning_rate": 0.02}
PLAIN = changed(batch=PAIRS, steps=STEPS, text={"dropout": 0}, optimizer=OPTIMIZER)
DROPOUT = changed(PLAIN, text={"dropout": 0.3})
Found = tuple[float, list[np.ndarray]]
Batch = dict[str, tf.Tensor]


def image_tower(normalised: bool, dropout: float) -> keras.Model:
    """A tower whose numbers are less touchy than EfficientNet's, of few pixels and random weights."""
    layers = [keras.layers.Input((32, 32, 3)), keras.layers.Rescaling(1 / 255), keras.layers.Conv2D(8, 5, 3)]
    if normalised:
        layers.append(keras.layers.BatchNormalization())
    layers += [keras.layers.Activation("swish"), keras.layers.Dropout(dropout), keras.layers.Conv2D(8, 3)]
    layers += [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(12, dtype="float32")]
    return keras.Sequential(layers)


def text_tower(dropout: float) -> keras.Model:
    layers = [keras.layers.Input((8,)), keras.layers.Embedding(VOCABULARY, 16), keras.layers.Dropout(dropout)]
    layers += [keras.layers.Flatten(), keras.layers.Dense(16, "gelu"), keras.layers.Dense(12, dtype="float32")]
    return keras.Sequential(layers)


def small_model(monkeypatch: pytest.MonkeyPatch, settings: Train = PLAIN, normalised: bool = False) -> DualEncoder:
    keras.utils.set_random_seed(1)
    monkeypatch.setattr("train.model.image_tower", lambda *_: image_tower(normalised, settings.text.dropout))
    monkeypatch.setattr("train.model.text_tower", lambda *_: text_tower(settings.text.dropout))
    return DualEncoder(settings, VOCABULARY)


def batch(pairs: int = PAIRS) -> Batch:
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, 256, (pairs, 32, 32, 3), np.uint8)
    pixels[:, :, :, 0] //= np.arange(1, pairs + 1, dtype=np.uint8)[:, None, None]
    return {"pixels": tf.constant(pixels), "tokens": tf.constant(rng.integers(1, VOCABULARY, (pairs, 8)), tf.int32)}


def loss_of(model: DualEncoder) -> Callable[[Any, Any], Any]:
    return lambda images, texts: contrastive_loss(images, texts, model.temperature, 0.1)


def scale(loss: tf.Tensor) -> tf.Tensor:
    return loss * 3


def state(model: DualEncoder) -> list[np.ndarray]:
    """Moving statistics and the seeds of dropout."""
    return [variable.numpy() for variable in model.non_trainable_variables]


def set_state(model: DualEncoder, values: Sequence[np.ndarray]) -> None:
    for variable, value in zip(model.non_trainable_variables, values, strict=True):
        variable.assign(value)


def in_pieces(model: DualEncoder, given: Batch, pieces: int) -> Found:
    loss, gradients = tf.function(lambda: gradients_in_pieces(model, given, pieces, loss_of(model), scale))()
    return float(loss), [gradient.numpy() for gradient in gradients]


def in_one_tape(model: DualEncoder, given: Batch, pieces: int) -> Found:
    """Encodes one piece after the other, keeping all that gradients need, as plain Keras would."""
    variables = [variable.value for variable in model.trainable_variables]
    parts = [{name: tf.split(rows, pieces)[piece] for name, rows in given.items()} for piece in range(pieces)]
    with tf.GradientTape() as tape:
        encoded = [model(part, training=True) for part in parts]
        images, texts = (tf.concat(rows, 0) for rows in zip(*encoded, strict=True))
        loss = loss_of(model)(images, texts)
        scaled = scale(loss)
    return float(loss), [tf.convert_to_tensor(gradient).numpy() for gradient in tape.gradient(scaled, variables)]


def assert_same(found: Found, expected: Found) -> None:
    """To rounding, beside the largest number of each gradient."""
    assert found[0] == pytest.approx(expected[0], rel=1e-5)
    largest = max(np.abs(gradient).max() for gradient in expected[1])
    for gradient, plain in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(gradient, plain, rtol=1e-3, atol=1e-4 * np.abs(plain).max() + 1e-6 * largest)


@pytest.mark.parametrize("pieces", [1, 2, 4, 8])
def test_gradients_in_pieces_are_those_of_the_whole_batch(monkeypatch: pytest.MonkeyPatch, pieces: int) -> None:
    """Without dropout and batch normalisation nothing depends on the piece."""
    model, given = small_model(monkeypatch), batch()
    assert_same(in_pieces(model, given, pieces), in_one_tape(model, given, 1))


def test_gradients_at_once_are_those_of_one_tape(monkeypatch: pytest.MonkeyPatch) -> None:
    model, given = small_model(monkeypatch, DROPOUT, normalised=True), batch()
    before = state(model)
    loss, gradients = gradients_at_once(model, given, loss_of(model), scale)
    assert all(isinstance(gradient, tf.Tensor) for gradient in gradients)  # no IndexedSlices, also for embeddings
    set_state(model, before)
    assert_same((float(loss), [gradient.numpy() for gradient in gradients]), in_one_tape(model, given, 1))


@pytest.mark.parametrize("pieces", [1, 2, 4])
def test_dropout_and_batch_normalisation_are_those_of_each_piece(monkeypatch: pytest.MonkeyPatch, pieces: int) -> None:
    """And what they leave behind is what one pass over the pieces leaves."""
    model, given = small_model(monkeypatch, DROPOUT, normalised=True), batch()
    before = state(model)
    found, after = in_pieces(model, given, pieces), state(model)
    set_state(model, before)
    assert_same(found, in_one_tape(model, given, pieces))
    for value, plain, start in zip(after, state(model), before, strict=True):
        np.testing.assert_allclose(value, plain, rtol=1e-5, atol=1e-7)
        assert not np.array_equal(value, start)


def test_without_gradients_pieces_are_encoded_as_in_training(monkeypatch: pytest.MonkeyPatch) -> None:
    model, given = small_model(monkeypatch, DROPOUT, normalised=True), batch()
    before = state(model)
    found, after = tf.function(lambda: encode_in_pieces(model, given, 4))(), state(model)
    set_state(model, before)
    parts = [{name: tf.split(rows, 4)[piece] for name, rows in given.items()} for piece in range(4)]
    plain = zip(*[model(part, training=True) for part in parts], strict=True)
    for embeddings, expected in zip(found, plain, strict=True):
        np.testing.assert_allclose(embeddings, tf.concat(expected, 0), rtol=1e-4, atol=1e-5)
    for value, expected, start in zip(after, state(model), before, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-7)
        assert not np.array_equal(value, start)


def test_in_other_pieces_the_normalisation_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test above can fail."""
    model, given = small_model(monkeypatch, normalised=True), batch()
    with pytest.raises(AssertionError):
        assert_same(in_pieces(model, given, 4), in_one_tape(model, given, 2))


def test_the_papers_towers_in_pieces() -> None:
    """EfficientNet's gradients are touchy where few pixels are left to normalise by: to a thousandth, in length."""
    model = DualEncoder(changed(image={"resize": 64, "crop": 64}, text={"dropout": 0.1}), VOCABULARY)
    given = batch() | {"pixels": tf.image.resize(batch()["pixels"], (64, 64))}
    before = state(model)
    loss, gradients = in_pieces(model, given, 2)
    set_state(model, before)
    expected, plain = in_one_tape(model, given, 2)
    assert loss == pytest.approx(expected, rel=1e-4)
    for found, gradient in (_flat(gradients, plain), _flat(gradients[1:], plain[1:])):
        assert np.linalg.norm(found - gradient) < 1e-3 * np.linalg.norm(gradient)


def _flat(*lists: list[np.ndarray]) -> Iterator[np.ndarray]:
    return (np.concatenate([array.reshape(-1) for array in arrays]) for arrays in lists)


class Seen(keras.layers.Layer):
    """Notes how many rows it is given, each time it is traced."""

    def call(self, rows: tf.Tensor) -> tf.Tensor:
        self.rows = [*getattr(self, "rows", []), rows.shape[0]]
        return rows


def test_no_more_than_a_piece_is_ever_encoded_and_the_graph_has_it_but_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen()
    layers = [keras.layers.Input((32, 32, 3)), seen, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(12)]
    monkeypatch.setattr("train.model.image_tower", lambda *_: keras.Sequential(layers))
    monkeypatch.setattr("train.model.text_tower", lambda *_: text_tower(0))
    model = DualEncoder(PLAIN, VOCABULARY)
    seen.rows = []
    in_pieces(model, batch(), 8)
    assert set(seen.rows) == {PAIRS // 8}
    assert len(seen.rows) <= 4  # a loop's body may be traced twice


@pytest.mark.parametrize("pieces", [3, 5, 32])
def test_a_batch_that_is_no_multiple_is_refused(monkeypatch: pytest.MonkeyPatch, pieces: int) -> None:
    model = small_model(monkeypatch)
    with pytest.raises(tf.errors.InvalidArgumentError):
        gradients_in_pieces(model, batch(), pieces, loss_of(model), scale)


# Steps


def steps_of(model: DualEncoder, settings: Train) -> list[dict[str, float]]:
    """Returns the log rows of the steps, with one batch for all of them."""
    optimizer = make_optimizer(settings)
    optimizer.build(model.trainable_variables)
    step = training_step(model, optimizer, InBatch(model, settings), settings, tf.distribute.get_strategy())
    return [{name: float(value) for name, value in step(batch()).items()} for _ in range(settings.steps)]


@pytest.mark.parametrize("jit_compile", [False, True], ids=["plain", "XLA"])
def test_steps_in_pieces_are_those_of_the_whole_batch(monkeypatch: pytest.MonkeyPatch, jit_compile: bool) -> None:
    """With SGD: what LAMB makes of a gradient of 0 hangs on its rounding."""
    whole = changed(PLAIN, optimizer={**OPTIMIZER, "name": "sgd"}, temperature={"scale": "log"})
    models = [small_model(monkeypatch, whole) for _ in range(2)]
    expected, found = steps_of(models[0], whole), steps_of(models[1], changed(whole, pieces=4, jit_compile=jit_compile))
    for row, plain in zip(found, expected, strict=True):
        assert row == pytest.approx(plain, rel=1e-3)
    assert found[-1]["loss"] < found[0]["loss"]


def test_a_step_says_the_temperature_and_the_rate_that_it_was_made_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under LAMB the temperature moves by the rate's share of itself."""
    rows = steps_of(small_model(monkeypatch), PLAIN)
    assert [row["learning_rate"] for row in rows] == pytest.approx([0.02, *0.02 * np.arange(7, 0, -1) / 7])
    temperatures = [row["temperature"] for row in rows]
    assert temperatures[0] == pytest.approx(0.1)
    assert abs(temperatures[1] / temperatures[0] - 1) == pytest.approx(0.02, rel=1e-3)


@pytest.fixture(params=["mixed_bfloat16", "mixed_float16"])
def precision(request: pytest.FixtureRequest) -> Iterator[str]:
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy("float32")


def test_in_half_precision_steps_say_the_loss_unscaled(monkeypatch: pytest.MonkeyPatch, precision: str) -> None:
    model = small_model(monkeypatch)
    whole = float(loss_of(model)(*model(batch())))
    rows = steps_of(model, changed(PLAIN, pieces=4, precision=precision))
    assert rows[0]["loss"] == pytest.approx(whole, rel=0.01)
    assert rows[-1]["loss"] < rows[0]["loss"]
