"""The normalised softmax in both directions (the paper's equations 1 and 2, and their sum)."""

from __future__ import annotations

import tensorflow as tf

from train.devices import first_row, gather


def contrastive_loss(
    images: tf.Tensor, texts: tf.Tensor, temperature: tf.Tensor, smoothing: float = 0.0, negatives: float = 1.0
) -> tf.Tensor:
    """The loss of a batch, a scalar: image to text plus text to image, each the mean over the pairs.

    `images` and `texts` are float (n, d), row i of both one pair. All other pairs of the batch are its negatives,
    including those on other replicas; with `negatives` under 1, only that share of them. On several replicas each has
    the loss of its pairs, and the batch's is their mean. Labels are smoothed over the candidates.
    """
    images, texts = (tf.math.l2_normalize(tf.cast(rows, tf.float32), 1) for rows in (images, texts))
    there = cross_entropy(_logits(images, gather(texts), temperature, negatives), smoothing)
    back = cross_entropy(_logits(texts, gather(images), temperature, negatives), smoothing)
    return there + back


def _logits(queries: tf.Tensor, candidates: tf.Tensor, temperature: tf.Tensor, negatives: float) -> tf.Tensor:
    """Float (queries, 1 + negatives): the right candidate first, then the candidates that follow, wrapping around.

    Batches are shuffled, so the candidates that follow are as good a sample as any.
    """
    count = tf.shape(candidates)[0]
    taken = 1 + tf.cast(tf.math.ceil(negatives * tf.cast(count - 1, tf.float64)), tf.int32)
    right = first_row(queries) + tf.range(tf.shape(queries)[0])
    columns = (right[:, None] + tf.range(taken)[None, :]) % count
    similarities = tf.matmul(queries, candidates, transpose_b=True)
    return tf.gather(similarities, columns, batch_dims=1) / temperature


def cross_entropy(logits: tf.Tensor, smoothing: float) -> tf.Tensor:
    """The mean over the rows of `logits`, float (n, candidates), with the right candidate first."""
    log_shares = tf.nn.log_softmax(logits)
    return -(1 - smoothing) * tf.reduce_mean(log_shares[:, 0]) - smoothing * tf.reduce_mean(log_shares)
