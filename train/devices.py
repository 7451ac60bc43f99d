"""Common code for one device, several, and several hosts: `tf.distribute` runs a step once on each replica.

Operations that need all replicas are here: a batch's vectors are gathered, its loss is averaged.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import tensorflow as tf

from train.data import Host
from train.errors import TrainingError


def strategy(devices: int | None = None) -> tf.distribute.Strategy:
    """Distributes the work: by hosts if TF_CONFIG lists them, else over all accelerators of this machine.

    Without accelerators, `devices` splits the CPU into that many devices, to try out code for larger machines. Raises
    TrainingError for more accelerators than there are, and if TensorFlow is in use already.
    """
    if "TF_CONFIG" in os.environ:
        return tf.distribute.MultiWorkerMirroredStrategy()
    accelerators = len(tf.config.list_physical_devices("GPU"))
    kind, there = ("GPU", accelerators) if accelerators else ("CPU", devices or 1)
    wanted = devices or there
    if wanted > there:
        raise TrainingError(f"devices: {wanted}; this machine has {there}")
    if wanted == 1:
        return one_device(kind) if accelerators else tf.distribute.get_strategy()
    if kind == "CPU":
        split = [tf.config.LogicalDeviceConfiguration() for _ in range(wanted)]
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], split)
    return tf.distribute.MirroredStrategy([f"{kind}:{number}" for number in range(wanted)])


def one_device(kind: str) -> tf.distribute.Strategy:
    """Uses one device, "GPU" or "CPU", and copies the next batches to it while a step runs, as several devices do."""
    return tf.distribute.OneDeviceStrategy(f"{kind}:0")


def host() -> Host:
    """This host, by TF_CONFIG; the only one without it."""
    config = json.loads(os.environ.get("TF_CONFIG", "{}"))
    workers = config.get("cluster", {}).get("worker", [None])
    return Host(config.get("task", {}).get("index", 0), len(workers))


def replicas() -> int:
    """Counts the replicas that take part in the running step."""
    return int(tf.distribute.get_replica_context().num_replicas_in_sync)


def gather(rows: tf.Tensor) -> tf.Tensor:
    """The rows of all replicas, float (n, d) of (n / replicas, d); gradients flow back to each."""
    context = tf.distribute.get_replica_context()
    return context.all_gather(rows, axis=0) if context.num_replicas_in_sync > 1 else rows


def first_row(rows: tf.Tensor) -> tf.Tensor:
    """The index of this replica's first row among all replicas' rows."""
    return tf.shape(rows)[0] * tf.distribute.get_replica_context().replica_id_in_sync_group


def own_rows(rows: Any, strategy: tf.distribute.Strategy) -> np.ndarray:
    """This host's replicas' rows of a batch, in order."""
    return np.concatenate([part.numpy() for part in strategy.experimental_local_results(rows)])


def from_all_hosts(numbers: np.ndarray, strategy: tf.distribute.Strategy) -> np.ndarray:
    """Gathers an int64 (n,) array from every host into (hosts, n)."""
    copies = strategy.experimental_distribute_values_from_function(lambda _: tf.constant(numbers[None], tf.int64))
    rows = strategy.gather(copies, axis=0).numpy()
    return np.asarray(rows[:: len(strategy.experimental_local_results(copies))])
