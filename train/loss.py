"""The normalised softmax in both directions (the paper's equations 1 and 2, and their sum)."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from train.devices import first_row, gather

BLOCK = 2048  # queries whose similarities are held at a time: 134 MB with 16,384 candidates
Part = tuple[tf.Tensor, tf.Tensor, tf.Tensor]
BySum = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def contrastive_loss(
    images: tf.Tensor, texts: tf.Tensor, temperature: tf.Tensor, smoothing: float = 0.0, negatives: float = 1.0
) -> tf.Tensor:
    """The loss of a batch, a scalar: image to text plus text to image, each the mean over the pairs.

    `images` and `texts` are float (n, d), row i of both one pair. All other pairs of the batch are its negatives,
    including those on other replicas; with `negatives` under 1, only that share of them. On several replicas each has
    the loss of its pairs, and the batch's is their mean. Labels are smoothed over the candidates.
    """
    images, texts = (tf.math.l2_normalize(tf.cast(rows, tf.float32), 1) for rows in (images, texts))
    all_images, all_texts = gather(images), gather(texts)
    if negatives < 1:
        there = cross_entropy(_logits(images, all_texts, temperature, negatives), smoothing)
        return there + cross_entropy(_logits(texts, all_images, temperature, negatives), smoothing)
    there = _among_all(images / temperature, texts, all_texts, smoothing)
    with tf.control_dependencies([there]):  # one direction after the other
        return there + _among_all(texts / temperature, images, all_images, smoothing)


def _among_all(queries: tf.Tensor, right: tf.Tensor, candidates: tf.Tensor, smoothing: float) -> tf.Tensor:
    """The mean cross entropy of `queries`, float (n, d), whose right candidates are `right`, float (n, d).

    Logits are products, so that the mean logit is the product of the mean query and the mean candidate.
    """
    at_right = tf.reduce_mean(tf.reduce_sum(queries * right, 1))
    at_all = tf.tensordot(tf.reduce_mean(queries, 0), tf.reduce_mean(candidates, 0), 1)
    return _mean_log_sum(queries, candidates) - (1 - smoothing) * at_right - smoothing * at_all


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _mean_log_sum(queries: tf.Tensor, candidates: tf.Tensor) -> tuple[tf.Tensor, BySum]:
    """The mean over `queries`, float (n, d), of the logarithm of the sum of exp(query x candidate), float (m, d).

    The gradients, as small as the arguments, are computed at once, one block of queries after the other: otherwise both
    directions' float (n, m) matrices would wait for the backward pass.
    """
    by_queries: list[tf.Tensor] = []
    total, by_candidates = tf.zeros([]), tf.zeros_like(candidates)
    for block in _blocks(queries):
        with tf.control_dependencies([total, by_candidates]):
            sums, by_block, more = _log_sums(block, candidates)
        total, by_candidates = total + sums, by_candidates + more
        by_queries.append(by_block)
    share = 1 / tf.cast(tf.shape(queries)[0], tf.float32)

    def by_arguments(by_mean: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return share * by_mean * tf.concat(by_queries, 0), share * by_mean * by_candidates

    return share * total, by_arguments


def _blocks(queries: tf.Tensor) -> list[tf.Tensor]:
    """Blocks of at most `BLOCK` rows; one block if the number of rows isn't known while tracing."""
    count = queries.shape[0]
    return [queries[first : first + BLOCK] for first in range(0, count, BLOCK)] if count else [queries]


def _log_sums(queries: tf.Tensor, candidates: tf.Tensor) -> Part:
    """The sum over the queries of what `_mean_log_sum` averages, and its gradients by queries and candidates."""
    logits = tf.matmul(queries, candidates, transpose_b=True)
    highest = tf.reduce_max(logits, 1, keepdims=True)
    shares = tf.exp(logits - highest)
    sums = tf.reduce_sum(shares, 1, keepdims=True)
    by_candidates = tf.matmul(shares, queries / sums, transpose_a=True)
    return tf.reduce_sum(highest + tf.math.log(sums)), tf.matmul(shares, candidates) / sums, by_candidates


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
