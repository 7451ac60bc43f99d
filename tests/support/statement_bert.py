"""A plain statement of BERT (Devlin et al. 2019) in numpy, as an oracle."""

from __future__ import annotations

import numpy as np
from scipy.special import erf


def bert(weights: dict[str, list[np.ndarray]], tokens: np.ndarray, layers: int) -> np.ndarray:
    """Devlin et al. 2019: the vector of [CLS] after the last layer."""
    states = weights["token_vectors"][0][tokens] + weights["position_vectors"][0][: tokens.shape[1]]
    states = normalised(states, *weights["embeddings_norm"])
    for number in range(layers):
        name = f"layer{number}"
        states = normalised(
            states + attention(states, tokens != 0, *weights[f"{name}_attention"]), *weights[f"{name}_attention_norm"]
        )
        inner = gelu(linear(states, *weights[f"{name}_inner"]))
        states = normalised(states + linear(inner, *weights[f"{name}_outer"]), *weights[f"{name}_outer_norm"])
    return states[:, 0]


def attention(states: np.ndarray, real: np.ndarray, *weights: np.ndarray) -> np.ndarray:
    """Each head by itself; padding is never attended to."""
    query, query_bias, key, key_bias, value, value_bias, out, out_bias = weights
    total = np.zeros_like(states) + out_bias
    for head in range(query.shape[1]):
        queries, keys, values = (
            linear(states, kernel[:, head], bias[head])
            for kernel, bias in ((query, query_bias), (key, key_bias), (value, value_bias))
        )
        scores = queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True)) * real[:, None, :]
        total += shares / shares.sum(axis=-1, keepdims=True) @ values @ out[head]
    return total


def linear(states: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return states @ kernel + bias


def gelu(states: np.ndarray) -> np.ndarray:
    return states * (1 + erf(states / np.sqrt(2))) / 2


def normalised(states: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    mean, variance = states.mean(axis=-1, keepdims=True), states.var(axis=-1, keepdims=True)
    return (states - mean) / np.sqrt(variance + 1e-12) * gamma + beta
