"""`python -m train` as a user runs it: a corpus, its vocabulary, a model, its measurement, and what is refused."""

from __future__ import annotations

import csv
import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.commands.arguments import read_config
from tests.support.command import ROOT, fingerprint, run, run_corpus
from tests.support.training import PIECES, write_shard, write_shards
from train.config import Train
from train.example import encode_example

pytestmark = pytest.mark.slow(seconds=50)

COLOURS = {"red": (200, 40, 40), "green": (40, 160, 60), "blue": (40, 70, 200), "yellow": (230, 200, 40)}
SMALL = (
    "--train.image.tower=tiny", "--train.image.resize=40", "--train.image.crop=32", "--train.text.tower=tiny",
    "--train.text.length=8", "--train.batch=8", "--train.steps=4", "--train.optimizer.warmup_steps=1",
    "--train.log_every=1", "--train.checkpoints.every=2", "--train.data.held_out=0.3",
)  # fmt: skip

SAME = ("log.csv", "evaluation.csv", "timing.json", "model.json", "report.html")  # of a run that is started again


@dataclass(frozen=True)
class Trained:
    """A corpus with its vocabulary, the model that was trained on it, and what the command said."""

    corpus: Path
    model: Path
    said: subprocess.CompletedProcess[str]

    def fit(self, *options: str | Path, program: str = "train") -> subprocess.CompletedProcess[str]:
        config = f"--config={ROOT}/configs/toy.yaml"
        return run(program, "fit", config, f"--corpus={self.corpus}", f"--output={self.model}", *SMALL, *options)

    def facts(self) -> dict:
        return json.loads((self.model / "model.json").read_text())


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("train")
    crawl = write_crawl(folder / "crawl", 40)
    (folder / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TMPDIR", str(folder / "tmp"))
        corpus = run_corpus(folder / "corpus", crawl, "--filters.porn.enabled=false", "--workers=1").output
        vocab = run("vocab", f"--corpus={corpus}", f"--output={corpus}/vocab", "--size=60", "--workers=1")
        assert vocab.returncode == 0
        unfinished = Trained(corpus, folder / "model", subprocess.CompletedProcess([], 0))
        return Trained(corpus, folder / "model", unfinished.fit())


def write_crawl(folder: Path, pictures: int) -> Path:
    """A table with so many pictures of a colour, each with a caption, beside it."""
    folder.mkdir()
    with (folder / "pairs.csv").open("w") as file:
        rows = csv.writer(file)
        rows.writerow(("text", "image_path"))
        for number in range(pictures):
            name = list(COLOURS)[number % len(COLOURS)]
            noise = np.random.default_rng(number).integers(-30, 30, (220, 240, 1))
            Image.fromarray(np.clip(COLOURS[name] + noise, 0, 255).astype(np.uint8)).save(folder / f"{number}.png")
            rows.writerow((f"a {name} square, number {number}", f"{number}.png"))
    return folder / "pairs.csv"


def test_nothing_is_left_in_the_temporary_folder(trained: Trained) -> None:
    """TensorFlow writes a file there for every function that it translates."""
    assert not list((trained.model.parent / "tmp").iterdir())


def test_a_model_is_trained_and_its_retrieval_is_told(trained: Trained) -> None:
    assert trained.said.returncode == 0, trained.said.stderr
    held_out = trained.facts()["retrieval"]["text_to_image"]
    last = trained.said.stdout.splitlines()[-2]
    assert last == f"text to image R@1 is {held_out['found'][0] / held_out['chance'][0]:.0f} times chance"
    assert 4 < held_out["queries"] == held_out["candidates"] < 20
    assert "fit: on CPU:0" in trained.said.stderr
    assert "step 4 of 4" in trained.said.stderr


def test_it_leaves_towers_vocabulary_log_and_page(trained: Trained) -> None:
    assert sorted(path.name for path in trained.model.iterdir()) == [
        "checkpoints", "evaluation.csv", "image_tower.keras", "log.csv", "model.json", "report.html", "tensorboard",
        "text_tower.keras", "timing.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "vocab.txt",
    ]  # fmt: skip
    assert fingerprint(trained.model / "vocab.txt") == trained.facts()["vocabulary"]["sha256"]
    assert [row["step"] for row in csv.DictReader((trained.model / "log.csv").open())] == ["1", "2", "3", "4"]
    assert str(ROOT) not in (trained.model / "model.json").read_text()


def test_the_same_command_again_says_the_same(trained: Trained) -> None:
    before = [fingerprint(trained.model / name) for name in SAME]
    again = trained.fit()
    assert again.stdout == trained.said.stdout
    assert [fingerprint(trained.model / name) for name in SAME] == before


def test_evaluate_measures_what_fit_measured(trained: Trained, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    said = run("train", "evaluate", f"--model={trained.model}", f"--corpus={trained.corpus}", f"--output={numbers}")
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines() == trained.said.stdout.splitlines()[:-1]
    assert json.loads(numbers.read_text()) == trained.facts()["retrieval"]
    every = run(
        "train", "evaluate", f"--model={trained.model}", f"--records={trained.corpus}/corpus/*.tfrecord", "--all",
        "--train.evaluation.pictures=39",
    )  # fmt: skip
    assert every.stdout.splitlines()[1].split()[-2:] == ["39", "39"]


def test_another_run_in_its_place_is_refused_and_can_replace_it(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    refused = trained.fit(f"--vocab={tmp_path}", "--train.seed=1")
    assert refused.returncode == 2
    assert "its vocabulary has the sha256" in refused.stderr
    assert "train.seed is 0 there, 1 here; --overwrite replaces it" in refused.stderr
    replaced = Trained(trained.corpus, tmp_path / "model", trained.said)
    small = "tests.support.small_train"
    assert replaced.fit("--train.steps=2", program=small).returncode == 0
    assert replaced.fit("--train.steps=3", program=small).returncode == 2
    assert replaced.facts()["steps"] == 2
    assert replaced.fit("--train.steps=3", "--overwrite", program=small).returncode == 0
    assert replaced.facts()["steps"] == 3


def test_a_vocabulary_of_another_corpus_is_told(trained: Trained, tmp_path: Path) -> None:
    facts = json.loads((trained.corpus / "vocab/vocab.json").read_text())
    facts["corpus"]["sha256"] = "0" * 64
    (tmp_path / "vocab.json").write_text(json.dumps(facts))
    (tmp_path / "vocab.txt").write_bytes((trained.corpus / "vocab/vocab.txt").read_bytes())
    said = trained.fit(f"--vocab={tmp_path}")
    assert said.returncode == 0
    assert "was made from another corpus than these records" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "--output=x", "--corpus=x"], "the following arguments are required: --config"),
        (["fit", "--config=configs/toy.yaml", "--output=x"], "give --corpus or --records, one of them"),
        (["fit", "--config=configs/toy.yaml", "--output=x", "--records=x"], "--records need --vocab"),
        (
            ["fit", "--config=configs/toy.yaml", "--output=x", "--corpus=x", "--ouput=3"],
            "--ouput: no such option; the nearest is --output",
        ),
        (["fit", "--config=configs/toy.yaml", "--output=x", "--corpus=x", "--train.bach=3"], "train.bach: no such"),
        (["evaluate", "--corpus=x"], "the following arguments are required: --model"),
        (["transform"], "invalid choice: 'transform'"),
    ],
)
def test_wrong_usage_is_told_before_tensorflow_is_there(arguments: list[str], message: str) -> None:
    said = run("train", *arguments, timeout=300)
    assert said.returncode == 2
    assert message in said.stderr


def test_records_that_can_t_be_used_are_named(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    write_shards(tmp_path, 0)
    write_shard(tmp_path / "other.tfrecord", [encode_example({"image": b"x", "text": "a"})])
    config = f"--config={ROOT}/configs/toy.yaml"
    fit = ("train", "fit", config, f"--vocab={tmp_path}", f"--output={tmp_path}/model", *SMALL)
    empty, other, none = (run(*fit, f"--records={tmp_path}/{name}") for name in ("0.*", "other.*", "none.*"))
    assert (empty.returncode, other.returncode, none.returncode) == (1, 1, 2)
    assert "no records in 1 files" in empty.stderr
    assert "no jpg; the record has image, text" in other.stderr
    assert f"records: {tmp_path}/none.* matches no file" in none.stderr


def test_configs_of_the_paper_say_what_it_says() -> None:
    assert read_config("configs/align_l2.yaml", []).train == replace(Train(), precision="mixed_bfloat16")
    b7, b3 = (read_config(f"configs/{name}.yaml", []).train for name in ("align_b7_base", "ablation_b3_mini"))
    assert (b7.image.tower, b7.text.tower, b7.image.width, b7.steps, b7.batch) == ("b7", "base", None, 10**6, 16_384)
    assert (b3.image.tower, b3.text.tower, b3.image.width, b3.steps, b3.batch) == ("b3", "mini", 640, 10**6, 16_384)


def test_config_of_brivl_says_what_its_authors_do() -> None:
    train = read_config("configs/brivl.yaml", []).train
    assert (train.queue.size, train.queue.momentum) == (9600, 0.99)
    assert (train.temperature.start, train.temperature.learned, train.loss.smoothing) == (0.07, False, 0)
    assert (train.image.tower, train.image.width, train.text.tower, train.text.length) == ("b5", 2048, "base", 80)
    assert train.image.crop == 380 and train.queue.size % train.batch == 0
