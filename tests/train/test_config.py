"""The settings of the trainer: the paper's are the defaults, and what can't be used is refused."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.config import ConfigError, load_config
from train.config import Train

TOWERS = "tiny, b0, b1, b2, b3, b4, b5, b6, b7, l2"


def loaded(setting: str, value: str) -> Any:
    """The value of a setting that is given in text."""
    train = load_config("", [(f"train.{setting}", value)]).train
    for name in setting.split("."):
        train = getattr(train, name)
    return train


def test_the_papers_numbers_are_the_defaults() -> None:
    train = load_config("").train
    assert train == Train()
    assert (train.image.tower, train.text.tower, train.image.width) == ("l2", "large", None)
    assert (train.image.resize, train.image.crop, train.text.length) == (346, 289, 64)
    assert (train.loss.smoothing, train.loss.negatives) == (0.1, 1)
    assert (train.temperature.start, train.temperature.learned, train.temperature.scale) == (1, True, "linear")
    assert (train.optimizer.name, train.optimizer.learning_rate, train.optimizer.weight_decay) == ("lamb", 1e-3, 1e-5)
    assert (train.optimizer.warmup_steps, train.steps, train.batch) == (10_000, 1_200_000, 16_384)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("image.tower", "b8", f"'b8'; the choices are {TOWERS}"),
        ("image.width", "0", "0 is not over 0"),
        ("image.crop", "31", "31 is under 32"),
        ("image.crop", "347", "347 is over resize, 346"),
        ("text.tower", "huge", "'huge'; the choices are tiny, mini, small, medium, base, large"),
        ("text.length", "2", "2; BERT takes 3 to 512 tokens"),
        ("text.length", "513", "513; BERT takes 3 to 512 tokens"),
        ("text.dropout", "-0.01", "-0.01; a share is from 0 to under 1"),
        ("text.dropout", "1", "1; a share is from 0 to under 1"),
        ("loss.smoothing", "-0.01", "-0.01; a share is from 0 to under 1"),
        ("loss.smoothing", "1", "1; a share is from 0 to under 1"),
        ("loss.negatives", "0", "0; it is over 0, and 1 at most"),
        ("loss.negatives", "1.01", "1.01; it is over 0, and 1 at most"),
        ("queue.size", "-1", "-1 is under 0"),
        ("queue.size", "16383", "16383; it can't hold a batch, of 16384"),
        ("queue.momentum", "-0.01", "-0.01; a share is from 0 to under 1"),
        ("queue.momentum", "1", "1; a share is from 0 to under 1"),
        ("temperature.start", "0", "0 is not over 0"),
        ("temperature.scale", "root", "'root'; the choices are linear, log"),
        ("temperature.learned", "maybe", "'maybe' is not true or false"),
        ("optimizer.name", "adamw", "'adamw'; the choices are lamb, adam, sgd"),
        ("optimizer.learning_rate", "0", "0 is not over 0"),
        ("optimizer.warmup_steps", "-1", "-1 is under 0"),
        ("optimizer.warmup_steps", "1200000", "1200000 leaves none of 1200000 steps; 120000 leaves 1080000"),
        ("optimizer.weight_decay", "-1e-5", "-1e-05 is under 0"),
        ("data.shards", "0", "0 is not over 0"),
        ("data.shuffle", "0", "0 is not over 0"),
        ("data.held_out", "-0.01", "-0.01; a share is from 0 to under 1"),
        ("data.held_out", "1", "1; a share is from 0 to under 1"),
        ("evaluation.pictures", "1", "1 is under 2"),
        ("evaluation.captions", "0", "0 is not over 0"),
        ("evaluation.every", "-1", "-1 is under 0"),
        ("checkpoints.every", "0", "0 is not over 0"),
        ("checkpoints.keep", "0", "0 is not over 0"),
        ("checkpoints.minutes", "-0.5", "-0.5 is under 0"),
        ("batch", "1", "1 is under 2"),
        ("pieces", "0", "0 is not over 0"),
        ("log_every", "0", "0 is not over 0"),
        ("precision", "float16", "'float16'; the choices are float32, mixed_bfloat16, mixed_float16"),
        ("seed", "-1", "-1; it is from 0 to 4294967295"),
        ("seed", "4294967296", "4294967296; it is from 0 to 4294967295"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(setting: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        loaded(setting, value)
    assert str(error.value) == f"train.{setting}: {message}"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *(("image.tower", tower) for tower in TOWERS.split(", ")),
        *(("image.width", "1"), ("image.crop", "32"), ("image.crop", "346")),
        *(("text.length", "3"), ("text.length", "512"), ("text.dropout", "0"), ("text.dropout", "0.99")),
        *(("loss.smoothing", "0"), ("loss.smoothing", "0.99"), ("loss.negatives", "1e-9"), ("loss.negatives", "1")),
        *(("queue.size", "0"), ("queue.size", "16384"), ("queue.momentum", "0"), ("queue.momentum", "0.999")),
        ("temperature.start", "1e-9"),
        *(("optimizer.learning_rate", "1e-9"), ("optimizer.weight_decay", "0")),
        *(("optimizer.warmup_steps", "0"), ("optimizer.warmup_steps", "1199999"), ("steps", "10001")),
        *(("data.shards", "1"), ("data.shuffle", "1"), ("data.held_out", "0"), ("data.held_out", "0.99")),
        *(("evaluation.pictures", "2"), ("evaluation.captions", "1"), ("evaluation.every", "0")),
        *(("checkpoints.every", "1"), ("checkpoints.keep", "1"), ("checkpoints.minutes", "0")),
        *(("batch", "2"), ("pieces", "1"), ("log_every", "1")),
        *(("precision", "mixed_bfloat16"), ("precision", "mixed_float16"), ("seed", "0"), ("seed", "4294967295")),
    ],
)
def test_the_last_value_that_can_be_used_is_taken(setting: str, value: str) -> None:
    kind = type(loaded(setting, value))
    assert kind(value if kind is str else float(value)) == loaded(setting, value)


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_a_temperature_that_could_cross_zero_is_refused(name: str) -> None:
    chosen = ("train.optimizer.name", name)
    with pytest.raises(ConfigError) as error:
        load_config("", [chosen])
    assert str(error.value) == f"train.temperature.scale: linear; with {name} it is log"
    assert load_config("", [chosen, ("train.temperature.scale", "log")]).train.optimizer.name == name
    assert load_config("", [chosen, ("train.temperature.learned", "false")]).train.optimizer.name == name


def test_a_logarithm_that_lamb_would_leave_at_its_start_is_refused() -> None:
    with pytest.raises(ConfigError) as error:
        load_config("", [("train.temperature.scale", "log")])
    assert str(error.value) == "train.temperature.scale: log; with lamb it is linear"
    fixed = load_config("", [("train.temperature.scale", "log"), ("train.temperature.learned", "false")])
    assert fixed.train.temperature.scale == "log"


def test_all_keys_of_a_queue_are_negatives() -> None:
    queue, half = ("train.queue.size", "20000"), ("train.loss.negatives", "0.5")
    with pytest.raises(ConfigError) as error:
        load_config("", [queue, half])
    assert str(error.value) == "train.loss.negatives: 0.5; with a queue, all its keys are negatives: 1"
    assert load_config("", [queue]).train.queue.size == 20_000
    assert load_config("", [half]).train.queue.size == 0


def test_there_must_be_steps_and_some_after_the_warm_up() -> None:
    no_warm_up = ("train.optimizer.warmup_steps", "0")
    with pytest.raises(ConfigError, match=r"^train\.steps: 0 is not over 0$"):
        load_config("", [no_warm_up, ("train.steps", "0")])
    assert load_config("", [no_warm_up, ("train.steps", "1")]).train.steps == 1
    for steps, says in (("10000", "10000 steps; 1000 leaves 9000"), ("9", "9 steps; 0 leaves 9")):
        with pytest.raises(ConfigError, match=rf"^train\.optimizer\.warmup_steps: 10000 leaves none of {says}$"):
            load_config("", [("train.steps", steps)])


def test_a_setting_that_isnt_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError) as error:
        load_config("", [("train.optimizer.rate", "1")])
    assert "train.optimizer.rate: no such setting; train.optimizer has name, learning_rate" in str(error.value)
