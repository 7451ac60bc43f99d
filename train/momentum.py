"""Key towers: a copy of the towers that follows them slowly, so that keys of many steps can be compared (MoCo, He et
al. 2020).
"""

from __future__ import annotations

import keras
import tensorflow as tf

from train.model import Towers


def key_towers(model: Towers) -> Towers:
    """Towers with the same layers and weights.

    The rest of their state is separate, as in MoCo: the random numbers of dropout, which would otherwise be the same
    for a query and its key, and the statistics of batches. Keys are normalised by those of their batch, which can't
    give a pair away: a text can't know which pictures were beside its own.
    """
    keys = Towers(keras.models.clone_model(model.images), keras.models.clone_model(model.texts), "key_towers")
    for key, query in _weights(keys, model):
        key.assign(query)
    return keys


def follow(keys: Towers, model: Towers, momentum: float, strategy: tf.distribute.Strategy) -> None:
    """Keeps the share `momentum` of each weight of `keys`, and takes the rest from `model`; each replica by itself.

    For use by a step: called outside of the replicas' code.
    """

    def nearer(key: tf.Variable, query: tf.Variable) -> None:
        key.assign(momentum * key + (1 - momentum) * query)

    for key, query in _weights(keys, model):
        strategy.extended.update(key.value, nearer, args=(query.value,))


def _weights(keys: Towers, model: Towers) -> list[tuple[keras.Variable, keras.Variable]]:
    """Pairs the trained weights of both. Leaves out the temperature, which belongs to no tower."""
    ours, theirs = ([*towers.images.trainable_variables, *towers.texts.trainable_variables] for towers in (keys, model))
    return list(zip(ours, theirs, strict=True))
