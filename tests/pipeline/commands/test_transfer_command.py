"""`python -m train transfer` from its options to what it leaves, with towers that are built in no time."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.commands.train.material import load_model
from pipeline.commands.train.transfer.captioned import read_captioned
from pipeline.commands.train.transfer.options import parse
from pipeline.config import ConfigError
from pipeline.inputs import InputError
from tests.support.command import ROOT, fingerprint
from tests.support.training import changed, run_of
from tests.support.transfers import (
    COLOURS,
    run_transfer,
    small_towers_patched,
    write_captioned,
    write_colours,
    write_model,
)
from train.log import read_log
from train.loss import contrastive_loss
from train.run import OtherTraining
from train.sets.files import BadSet

pytestmark = pytest.mark.slow

HEAD = "--transfer.classification.head"
CLASSES = """
name: colours
train: {checkpoints: {every: 2}}
transfer:
  task: classification
  classification:
    {batch: 12, decay: cosine, head: {steps: 20, learning_rate: 0.5, size: 32, test_size: 40}, whole: {epochs: 0}}
"""
TUNING = """
name: tuned
transfer: {task: retrieval}
train:
  {batch: 8, steps: 3, log_every: 1, optimizer: {learning_rate: 0.001, warmup_steps: 0}, evaluation: {pictures: 9}}
"""
SWEEP = """
name: sweep
transfer:
  task: vtab
  vtab: {trials: 2, training: 12, validation: 6, learning_rate: [0.1, 1], steps: [2, 4]}
  classification: {batch: 6, decay: cosine, head: {epochs: 0}, whole: {size: 32, test_size: 32}}
"""


@pytest.fixture(scope="module", autouse=True)
def small_towers() -> Iterator[None]:
    with small_towers_patched():
        yield


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, small_towers: None) -> str:
    return write_model(tmp_path_factory.mktemp("model"), changed(text={"dropout": 0.0}))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def test_classes_are_learned_told_and_kept(
    model: str, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(CLASSES)
    images, output = write_colours(tmp_path / "set", 10), tmp_path / "out"
    (images / "red" / "0.png").write_bytes(b"no picture")
    command = (f"--model={model}", f"--images={images}", f"--output={output}")
    run_transfer(config, *command)
    said = capsys.readouterr()
    assert "1 of 24 pictures can't be read and are left out: " in said.err and "red/0.png: no image format" in said.err
    assert "head: step 20 of 20, loss 0." in said.err
    result = json.loads((output / "transfer.json").read_text())
    found = result["accuracy"]["head"]
    assert found["top1"] > 0.6 and found["pictures"] == 6
    assert said.out == f"head   top-1 {found['top1']:6.1%}   top-5 100.0%   of 6 pictures\n"
    assert sorted(path.name for path in output.iterdir()) == [
        "checkpoints", "classes.txt", "classifier.keras", "run.json", "transfer.json",
    ]  # fmt: skip
    assert (output / "classes.txt").read_text().split() == sorted(COLOURS)
    kept = keras.models.load_model(output / "classifier.keras")
    red = np.full((1, 40, 40, 3), COLOURS["red"], np.uint8)
    assert sorted(COLOURS)[int(np.argmax(kept(red)))] == "red"
    before = fingerprint(output / "transfer.json")
    run_transfer(config, *command)
    assert capsys.readouterr().out == said.out and fingerprint(output / "transfer.json") == before
    with pytest.raises(
        OtherTraining, match=r"transfer: classification.batch is 12 there, 6 here; --overwrite replaces it"
    ):
        run_transfer(config, *command, "--transfer.classification.batch=6")
    run_transfer(config, *command, "--transfer.classification.batch=6", "--overwrite", f"{HEAD}.steps=2")
    assert json.loads((output / "transfer.json").read_text())["classification"]["batch"] == 6


def test_retrieval_goes_on_from_the_model_with_new_settings(
    model: str, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(TUNING)
    captions, images = write_captioned(tmp_path, 24)
    (tmp_path / "images" / "0.jpg").unlink()
    output = tmp_path / "out"
    run_transfer(
        config, f"--model={model}", f"--captions={captions}", f"--images={images}", f"--output={output}",
        "--train.optimizer.learning_rate=1e-9", "--train.data.held_out=0",
    )  # fmt: skip
    said = capsys.readouterr()
    assert f"1 of 16 pictures of train are missing and are left out: {images}/0.jpg" in said.err
    facts = json.loads((output / "model.json").read_text())
    assert facts["corpus"] == {"name": "captions.json", "records": 30, "shards": 16}
    assert facts["retrieval"]["text_to_image"]["queries"] == 16  # two captions each of the 8 of the test split
    assert facts["train"]["image"] == json.loads(json.dumps(load_model(model).settings.image.__dict__))
    assert (facts["train"]["batch"], facts["train"]["optimizer"]["name"], facts["steps"]) == (8, "lamb", 3)
    assert not (output / "work").exists()
    before, after = load_model(model), load_model(str(output))
    for was, now in zip(before.model.trainable_variables, after.model.trainable_variables, strict=True):
        np.testing.assert_allclose(was.numpy(), now.numpy(), atol=1e-6)  # at a rate of 1e-9


def test_the_first_loss_of_a_tuning_is_that_of_the_model(model: str, config: Path, tmp_path: Path) -> None:
    config.write_text(TUNING)
    output, shards = tmp_path / "out", [f"{model}/shards/{number}.tfrecord" for number in range(2)]
    run_transfer(
        config, f"--model={model}", f"--records={','.join(shards)}", f"--output={output}",
        "--train.data.held_out=0.3", "--train.batch=4",
    )  # fmt: skip
    trained = load_model(model, (("train.data.held_out", "0.3"),))
    pairs = run_of(shards, tmp_path, trained.settings).records.training()
    batch = next(iter(pairs.batch(4)))
    images, texts = trained.model({name: batch[name] for name in ("pixels", "tokens")}, training=True)
    loss = contrastive_loss(images, texts, trained.model.temperature, trained.settings.loss.smoothing)
    first = read_log(f"{output}/log.csv")[0]
    assert first.loss == pytest.approx(float(loss), rel=1e-5)
    assert first.temperature == pytest.approx(float(trained.model.temperature))
    assert [row.learning_rate for row in read_log(f"{output}/log.csv")] == pytest.approx([1e-3, 2e-3 / 3, 1e-3 / 3])


def test_a_tuning_of_another_model_or_in_a_models_place_is_refused(model: str, config: Path, tmp_path: Path) -> None:
    config.write_text(TUNING)
    records = f"--records={model}/shards/*.tfrecord"
    with pytest.raises(OtherTraining, match="holds a model that no transfer made; --overwrite replaces it"):
        run_transfer(config, f"--model={model}", records, f"--output={model}")
    with pytest.raises(InputError, match="none holds no checkpoint of python -m train fit"):
        run_transfer(config, f"--model={tmp_path}/none", records, f"--output={tmp_path}/out")
    with pytest.raises(ConfigError, match=r"train.batch: 1 is under 2"):
        run_transfer(config, f"--model={model}", records, f"--output={tmp_path}/out", "--train.batch=1")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.json").write_text(json.dumps({"task": "retrieval", "model": "another"}))
    with pytest.raises(OtherTraining, match="out holds another transfer: model is another there"):
        run_transfer(config, f"--model={model}", records, f"--output={tmp_path}/out")
    (tmp_path / "out" / "run.json").write_text(json.dumps({"task": "vtab", "vtab": {"trials": 3}}))
    with pytest.raises(OtherTraining, match="transfer: task is vtab there, retrieval here; --overwrite replaces it"):
        run_transfer(config, f"--model={model}", records, f"--output={tmp_path}/out")


def test_captions_that_are_missing_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    captions, images = write_captioned(tmp_path, 6)
    content = json.loads(Path(captions).read_text())
    content["images"][1]["sentences"] = [{"raw": "  "}]
    content["images"][3]["split"] = "restval"
    Path(captions).write_text(json.dumps(content))
    found = read_captioned(captions, images, "train+restval")
    assert [Path(picture.path).name for picture in found] == ["0.jpg", "4.jpg", "3.jpg"]
    assert (
        f"1 of 4 pictures of train+restval have no caption and are left out: {images}/1.jpg" in capsys.readouterr().err
    )
    with pytest.raises(BadSet, match="no image of split 'val'; its splits are restval, test, train"):
        read_captioned(captions, images, "val")
    with pytest.raises(InputError, match="images: elsewhere has none of the 2 pictures of test in"):
        read_captioned(captions, "elsewhere", "test")


def test_vtab_searches_learns_measures_and_goes_on_where_it_was_killed(
    model: str, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(SWEEP)
    write_colours(tmp_path / "sets" / "pets", 8)
    output = tmp_path / "out"
    command = (f"--model={model}", f"--images={tmp_path}/sets", f"--output={output}")
    run_transfer(config, *command)
    said, result = capsys.readouterr(), json.loads((output / "transfer.json").read_text())
    share = result["accuracy"]["pets"]["top1"]
    assert result["mean"] == {"all": share, "natural": share}
    assert said.out.splitlines() == [
        f"pets     {share:6.1%}  of       6 pictures   natural",
        f"all      {share:6.1%}  the mean",
        f"natural  {share:6.1%}  the mean",
    ]
    assert said.err.count("trial") == 2
    trials = json.loads((output / "trials.json").read_text())
    killed = {"pets": {"validation": trials["pets"]["validation"][:1], "test": None}}
    (output / "trials.json").write_text(json.dumps(killed))
    run_transfer(config, *command)
    again = capsys.readouterr()
    assert again.out == said.out and again.err.count("trial") == 1 and "pets: trial 2 of 2" in again.err
    assert json.loads((output / "trials.json").read_text()) == trials
    assert json.loads((output / "transfer.json").read_text()) == result


def test_a_set_that_is_too_small_for_vtab_is_named(model: str, config: Path, tmp_path: Path) -> None:
    config.write_text(SWEEP)
    write_colours(tmp_path / "sets" / "pets", 6)
    with pytest.raises(BadSet, match=r"sets/pets: 15 images to train on; transfer.vtab takes 18 of training, val"):
        run_transfer(config, f"--model={model}", f"--images={tmp_path}/sets", f"--output={tmp_path}/out")


@pytest.mark.parametrize(
    ("task", "options", "says"),
    [
        ("classification", [], "classification takes --images, and neither --captions, --corpus nor --records"),
        ("vtab", ["--images=x", "--corpus=x"], "vtab takes --images, and neither --captions, --corpus nor --records"),
        ("retrieval", [], "retrieval: give --captions with --images, --corpus or --records, one of them"),
        ("retrieval", ["--captions=x"], "retrieval: give --captions with --images"),
        ("retrieval", ["--captions=x", "--images=x", "--corpus=x"], "retrieval: give --captions with --images"),
        ("retrieval", ["--images=x", "--corpus=x"], "retrieval: give --captions with --images"),
        ("nothing", [], "transfer.task: 'nothing'; the choices are retrieval, classification, vtab"),
    ],
)
def test_what_does_not_belong_together_is_refused(
    task: str, options: list[str], says: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(f"transfer: {{task: {task}}}")
    with pytest.raises(SystemExit) as ended:
        parse(argparse.ArgumentParser(), [f"--config={config}", "--model=m", "--output=o", *options])
    assert ended.value.code == 2 and says in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted((ROOT / "configs" / "transfer").iterdir()), ids=lambda path: path.stem)
def test_every_recipe_is_one(path: Path, model: str) -> None:
    """Settings of retrieval can override a model's settings."""
    given = ["--captions=x"] if "task: retrieval" in path.read_text() else []
    options = parse(argparse.ArgumentParser(), [f"--config={path}", "--model=m", "--output=o", "--images=x", *given])
    assert options.config.name == path.stem
    assert load_model(model, options.settings).settings.seed == 0
