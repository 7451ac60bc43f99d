"""Whether equal runs have equal bits: GPUs have faster operations whose sums depend on the order of their threads."""

from __future__ import annotations

import tensorflow as tf

from train.config import Train


def make_deterministic(settings: Train) -> bool:
    """Turns on deterministic operations for this process if `settings` say so; returns whether it did.

    The default: on, unless there is a GPU. TensorFlow can't turn it off again.
    """
    wanted = settings.determinism
    on = not tf.config.list_physical_devices("GPU") if wanted is None else wanted
    if on:
        tf.config.experimental.enable_op_determinism()
    return on


def said(deterministic: bool) -> str:
    """A sentence for the log."""
    if deterministic:
        return "operations are deterministic: equal runs have equal numbers"
    return "operations are fast and not deterministic: equal runs differ in the last digits (train.determinism)"
