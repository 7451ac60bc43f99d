"""One device, several, and several hosts: the same numbers, for the same batches."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.support.pictures import encoded
from tests.support.training import (
    changed,
    examiner_of,
    in_process,
    record,
    run_of,
    use_small_towers,
    write_shard,
    write_shards,
)
from train.checkpoint import CheckpointError, load
from train.config import Train
from train.data import Host
from train.devices import host, one_device, strategy
from train.errors import TrainingError
from train.fit import Trainer
from train.log import read_log

pytestmark = pytest.mark.slow(seconds=120)

EXACT = changed(text={"dropout": 0.0}, batch=16, steps=4)


def fit(shards: list[str], output: Path, settings: Train, devices: int | None) -> int:
    """A whole run in this process; on how many replicas."""
    use_small_towers()
    shared = strategy(devices)
    trainer = Trainer(run_of(shards, output, settings), shared)
    trainer.fit()
    return shared.num_replicas_in_sync


def curve(output: Path) -> np.ndarray:
    """Loss and temperature of each step."""
    return np.array([(row.loss, row.temperature) for row in read_log(str(output / "log.csv"))])


def weights(output: Path) -> dict[str, np.ndarray]:
    """Returns the variables of model and optimizer after the last step."""
    return load(str(output / "checkpoints/step-000000004.npz"))[0]


def same(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> bool:
    return ours.keys() == theirs.keys() and all(
        np.allclose(ours[name], theirs[name], rtol=1e-3, atol=1e-5) for name in ours
    )


def fresh(output: Path, source: Path) -> Path:
    """A folder with nothing but the checkpoint after two steps of another run."""
    name = "checkpoints/step-000000002.npz"
    (output / "checkpoints").mkdir(parents=True)
    (output / name).write_bytes((source / name).read_bytes())
    return output


def fit_and_go_on(shards: list[str], output: Path, settings: Train, devices: int) -> None:
    """A whole run, one from its checkpoint after two steps, and one that isn't measured, on as many devices."""
    use_small_towers()
    shared = strategy(devices)
    unmeasured = changed(settings, evaluation={"every": 0})
    folders = {"whole": settings, "rest": settings, "unmeasured": unmeasured}
    for name, its in folders.items():
        folder = fresh(output / name, output / "whole") if name == "rest" else output / name
        run = run_of(shards, folder, its)
        Trainer(run, shared, examiner=examiner_of(run)).fit()


def fit_on_two_and_on_one(shards: list[str], output: Path, settings: Train) -> bool:
    """A whole run on each, the one as on an accelerator.

    Returns whether the two have the same keys in their queues, and follow to the same weights.
    """
    use_small_towers()
    two = Trainer(run_of(shards, output / "two", settings), strategy(2))
    two.fit()
    Trainer(run_of(shards, output / "one", settings), one_device("CPU")).fit()
    kept = [*two.objective.towers.trainable_variables, *(queue.keys for queue in two.objective.queues)]
    copies = [two.strategy.experimental_local_results(variable.value) for variable in kept]
    return all(len(copy) == 2 and np.array_equal(*copy) for copy in copies)


def symmetric(number: int) -> bytes:
    """A picture that is its mirror, and the whole of its crop: every time the same pixels."""
    half = np.random.default_rng(number).integers(0, 256, (32, 16, 3), np.uint8)
    return encoded(Image.fromarray(np.concatenate([half, half[:, ::-1]], axis=1)), "PNG")


def cluster() -> list[str]:
    """TF_CONFIG of each of two hosts on this machine."""
    with socket.socket() as first, socket.socket() as second:
        for free in (first, second):
            free.bind(("localhost", 0))
        workers = [f"localhost:{free.getsockname()[1]}" for free in (first, second)]
    tasks = [{"type": "worker", "index": number} for number in range(2)]
    return [json.dumps({"cluster": {"worker": workers}, "task": task}) for task in tasks]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return write_shards(tmp_path_factory.mktemp("shards"), 20, 19, 18)


def test_four_devices_are_as_one_and_one_goes_on_from_four(shards: list[str], tmp_path: Path):
    """Loss and temperature of every step, weights, and LAMB's moments, which are sums of gradients."""
    four, one = tmp_path / "four", tmp_path / "one"
    runs = in_process(fit, shards, four, EXACT, 4), in_process(fit, shards, one, EXACT, None)
    assert [run.result() for run in runs] == [4, 1]
    assert in_process(fit, shards, fresh(tmp_path / "rest", four), EXACT, None).result() == 1
    assert same(weights(four), weights(one))
    assert same(weights(tmp_path / "rest"), weights(one))
    assert np.allclose(curve(four), curve(one), rtol=1e-5)
    assert np.ptp(curve(one)[:, 0]) > 0.1


def test_several_devices_go_on_exactly_with_dropout(shards: list[str], tmp_path: Path):
    settings = changed(EXACT, text={"dropout": 0.5}, data={"held_out": 0.3}, evaluation={"every": 2})
    in_process(fit_and_go_on, shards, tmp_path, settings, 2).result()
    for other in ("rest", "unmeasured"):
        ours, theirs = weights(tmp_path / "whole"), weights(tmp_path / other)
        assert all(np.array_equal(ours[name], theirs[name]) for name in ours)
    rows = [(tmp_path / name / "evaluation.csv").read_bytes() for name in ("whole", "rest")]
    assert rows[0] == rows[1] and rows[0].count(b"\n") == 2


def test_with_a_queue_two_devices_are_as_one_and_hold_the_same(shards: list[str], tmp_path: Path):
    settings = changed(EXACT, queue={"size": 25, "momentum": 0.7})
    assert in_process(fit_on_two_and_on_one, shards, tmp_path, settings).result()
    assert np.allclose(curve(tmp_path / "two"), curve(tmp_path / "one"), rtol=1e-5)
    assert same(weights(tmp_path / "two"), weights(tmp_path / "one"))
    assert np.ptp(curve(tmp_path / "one")[1:, 0]) > 0.1


def test_two_hosts_are_as_one_and_the_first_writes(tmp_path: Path):
    """Each batch is all sixteen pairs, in whatever order: each host has a shard of eight."""
    records = [record(number, jpg=symmetric(number)) for number in range(16)]
    shards = [write_shard(tmp_path / f"{begin}", records[begin : begin + 8]) for begin in (0, 8)]
    settings = changed(EXACT, image={"resize": 32})
    outputs = tmp_path / "first", tmp_path / "second"
    hosts = [
        in_process(fit, shards, output, settings, None, TF_CONFIG=config)
        for output, config in zip(outputs, cluster(), strict=True)
    ]
    assert [host.result() for host in hosts] == [2, 2]
    in_process(fit, shards, tmp_path / "one", settings, None).result()
    assert np.allclose(curve(outputs[0]), curve(tmp_path / "one"), rtol=1e-5)
    assert same(weights(outputs[0]), weights(tmp_path / "one"))
    assert not outputs[1].exists()
    with pytest.raises(CheckpointError, match=r"step-000000004\.npz: 2 hosts wrote it; this run has 1$"):
        in_process(fit, shards, outputs[0], settings, None).result()


def test_host_is_the_one_in_tf_config(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert host() == Host(0, 1)
    monkeypatch.setenv("TF_CONFIG", cluster()[1])
    assert host() == Host(1, 2)


def test_a_cpu_needs_no_strategy():
    assert strategy() is strategy(1) is tf.distribute.get_strategy()


@pytest.mark.parametrize("devices", [None, 1])
def test_one_accelerator_has_batches_copied_ahead_of_time(monkeypatch: pytest.MonkeyPatch, devices: int | None):
    there = ["one"] if devices is None else ["one", "two"]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: there)
    assert isinstance(strategy(devices), tf.distribute.OneDeviceStrategy)


def test_more_accelerators_than_there_are_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["one", "two"])
    with pytest.raises(TrainingError, match=r"^devices: 3; this machine has 2$"):
        strategy(3)


def test_xla_on_several_devices_is_refused(shards: list[str], tmp_path: Path):
    two = mock.Mock(num_replicas_in_sync=2)
    with pytest.raises(TrainingError, match=r"^train\.jit_compile: true is for one device; with 2 it is false$"):
        Trainer(run_of(shards, tmp_path, changed(jit_compile=True)), two)
    with pytest.raises(TrainingError, match=r"shared by 6 "):  # the next check
        Trainer(run_of(shards, tmp_path, changed(pieces=3)), two)
