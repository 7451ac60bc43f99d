"""The two towers, of stock Keras layers: EfficientNet for pictures, BERT for texts (the paper's section 4)."""

from __future__ import annotations

import sys
from typing import Any

import keras
from keras import layers, ops
from keras.src.applications.efficientnet import EfficientNet  # the public EfficientNets stop at B7

from train.config import IMAGE_TOWERS, TEXT_TOWERS, TINY, ImageTower, TextTower
from train.tiny import tiny

PROJECTION = "text_projection"
HEAD_WIDTH = 64
MAX_POSITIONS = 512
DEEPEST = 10_000  # calls: Keras walks a model from its end to its beginning by recursion, and L2 is deep
FEED_FORWARD = 4  # multiple of the width
STATISTICS_KEPT = 0.9  # in a step; Keras' 0.99 has statistics of weights a hundred steps ago


def image_tower(settings: ImageTower, synchronized: bool = False, pieces: int = 1) -> keras.Model:
    """Pixels, uint8 or float (n, crop, crop, 3) from 0 to 255, to embeddings, float (n, width).

    EfficientNet without the 1 x 1 convolution of its head, pooled, and a linear layer if the settings have a `width`.
    With `synchronized` batches are normalised over all replicas, not each by itself. A step that calls the tower for
    each of several `pieces` keeps as much of the moving statistics as one that calls it once.
    """
    sys.setrecursionlimit(max(sys.getrecursionlimit(), DEEPEST))
    whole = _efficientnet(settings.tower, (settings.crop, settings.crop, 3))
    body = keras.Model(whole.input, whole.get_layer("top_conv").input)
    for layer in body.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.synchronized, layer.momentum = synchronized, STATISTICS_KEPT ** (1 / pieces)
    features = layers.GlobalAveragePooling2D(name="pooled")(body.output)
    if settings.width is not None:
        features = layers.Dense(settings.width, name="image_projection")(features)
    embedding = layers.Activation("linear", dtype="float32", name="image")(features)
    return keras.Model(body.input, embedding, name="image_tower")


def _efficientnet(name: str, shape: tuple[int, int, int]) -> keras.Model:
    if name == TINY:
        return tiny(shape)
    across, deep = IMAGE_TOWERS[name]
    return EfficientNet(across, deep, shape[0], include_top=False, weights=None, input_shape=shape)


def text_tower(settings: TextTower, vocabulary: int, width: int) -> keras.Model:
    """Token ids, int (n, length) with 0 for padding, to embeddings, float (n, width): [CLS] and a linear layer.

    BERT without the parts that a single text doesn't need: segment vectors and pooler.
    """
    depth, hidden = TEXT_TOWERS[settings.tower]
    tokens = keras.Input((settings.length,), dtype="int32", name="tokens")
    mask = ops.not_equal(tokens, 0)[:, None, :]
    states = _embedded(tokens, vocabulary, hidden, settings.dropout)
    for number in range(depth):
        wanted = states[:, :1] if number == depth - 1 else states  # of the last layer only [CLS] is used
        states = _block(wanted, states, mask, hidden, settings.dropout, f"layer{number}")
    projected = layers.Dense(width, kernel_initializer=_start(), name=PROJECTION)(states[:, 0])
    embedding = layers.Activation("linear", dtype="float32", name="text")(projected)
    return keras.Model(tokens, embedding, name="text_tower")


def _embedded(tokens: Any, vocabulary: int, hidden: int, dropout: float) -> Any:
    places = ops.cumsum(ops.ones_like(tokens), axis=1) - 1
    vectors = layers.Embedding(vocabulary, hidden, embeddings_initializer=_start(), name="token_vectors")(tokens)
    vectors += layers.Embedding(MAX_POSITIONS, hidden, embeddings_initializer=_start(), name="position_vectors")(places)
    return layers.Dropout(dropout, name="embeddings_dropout")(_norm("embeddings_norm")(vectors))


def _block(wanted: Any, states: Any, mask: Any, hidden: int, dropout: float, name: str) -> Any:
    """The next states of the `wanted` ones: attention to all states and a feed-forward layer; each is added to its
    input, and the sum normalised.
    """
    attention = layers.MultiHeadAttention(
        hidden // HEAD_WIDTH, HEAD_WIDTH, dropout=dropout, kernel_initializer=_start(), name=f"{name}_attention"
    )
    attended = attention(wanted, states, attention_mask=mask)
    attended = layers.Dropout(dropout, name=f"{name}_attention_dropout")(attended)
    middle = _norm(f"{name}_attention_norm")(wanted + attended)
    inner = layers.Dense(FEED_FORWARD * hidden, "gelu", kernel_initializer=_start(), name=f"{name}_inner")(middle)
    outer = layers.Dense(hidden, kernel_initializer=_start(), name=f"{name}_outer")(inner)
    outer = layers.Dropout(dropout, name=f"{name}_outer_dropout")(outer)
    return _norm(f"{name}_outer_norm")(middle + outer)


def _norm(name: str) -> layers.Layer:
    return layers.LayerNormalization(epsilon=1e-12, name=name)


def _start() -> keras.initializers.Initializer:
    return keras.initializers.TruncatedNormal(stddev=0.02)
