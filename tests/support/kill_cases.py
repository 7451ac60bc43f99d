"""The commands that are killed over and over (`tests.support.kill_sweep`), on next to nothing, and what they leave."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

SMALL = (
    "--train.image.tower=tiny", "--train.image.resize=40", "--train.image.crop=32", "--train.text.tower=tiny",
    "--train.text.length=8", "--train.batch=4", "--train.steps=4", "--train.optimizer.warmup_steps=1",
    "--train.log_every=1", "--train.checkpoints.every=2", "--train.data.held_out=0.3", "--train.evaluation.every=1",
)  # fmt: skip
RATE = re.compile(rb"<div><dt>URLs a second</dt>.*?</div>", re.DOTALL)  # on the page of a fetch
SHARED = re.compile(rb'"shared_object_id": \d+')
TIME = re.compile(rb'<section id="time">.*?</section>', re.DOTALL)  # on the page of a training
Arguments = Callable[[Path, Path], list[str]]


@dataclass(frozen=True)
class Case:
    """A command: its program, and its arguments for the folder of the inputs and the output."""

    name: str
    program: str
    arguments: Arguments
    has_workers: bool = True
    before: str = ""  # what is in the output already, which the first attempt replaces
    changing: tuple[str, ...] = ()  # files that a run may replace while it lasts
    loses: bool = False  # whether it makes again what somebody deletes after a kill

    def run(self, root: Path, output: Path, workers: int, first: bool) -> None:
        """Runs it in this process; it ends with SystemExit or by itself."""
        more = [f"--workers={workers}"] if self.has_workers else []
        more += ["--overwrite"] if self.before and first else []
        PROGRAMS[self.program]([*self.arguments(root, output), *more])

    def may_change(self, name: str) -> bool:
        return name.startswith(self.changing)


def _pipeline(arguments: list[str]) -> None:
    from pipeline.commands.corpus.cli import PIPELINE

    PIPELINE.main(arguments)


def _vocab(arguments: list[str]) -> None:
    from pipeline.commands.vocab.cli import VOCAB

    VOCAB.main(arguments)


def _dedup(arguments: list[str]) -> None:
    from pipeline.commands.dedup.cli import DEDUP

    DEDUP.main(arguments)


def _train(arguments: list[str]) -> None:
    """With small towers, in a process where TensorFlow wasn't used yet."""
    from pipeline.commands.train.cli import TRAIN
    from tests.support.training import use_small_towers

    use_small_towers()
    TRAIN.main(arguments)


PROGRAMS: dict[str, Callable[[list[str]], None]] = {
    "pipeline": _pipeline, "vocab": _vocab, "dedup": _dedup, "train": _train,
}  # fmt: skip


def _corpus(root: Path, output: Path) -> list[str]:
    inputs = f"--input={root}/pictures.parquet,{root}/urls.csv"
    more = ["--input.rows_per_shard=4", "--filters.porn.enabled=false", f"--eval_images={root}/eval"]
    formats = "--output.formats=[tfrecord,webdataset,parquet]"
    return [inputs, *more, "--filters.rare_ngram.top_k=108", formats, f"--output={output}"]


def _urls(root: Path, output: Path) -> list[str]:
    return [f"--input={root}/urls.csv", "--input.rows_per_shard=8", f"--output={output}"]


def _fit(root: Path, output: Path) -> list[str]:
    config = f"--config={Path(__file__).parents[2]}/configs/toy.yaml"
    return ["fit", config, f"--records={root}/records/*", f"--vocab={root}/vocab.txt", *SMALL, f"--output={output}"]


def _subset(root: Path, output: Path) -> list[str]:
    return ["subset", f"{root}/finished", "--size=50%", f"--output={output}"]


def _export(root: Path, output: Path) -> list[str]:
    return ["export", f"{root}/finished", "--format=webdataset,parquet", f"--output={output}"]


def _fetch(root: Path, output: Path) -> list[str]:
    patient = ("--fetch.allow_private=true", "--fetch.delay=0")  # the server is on this machine
    return ["fetch", f"{root}/web.csv", *patient, f"--output={output}"]


def _counts(root: Path, output: Path) -> list[str]:
    """A part of the pairs that are in the run `finished`."""
    more = ["--input.rows_per_shard=4", "--filters.porn.enabled=false", f"--counts={root}/finished"]
    return [f"--input={root}/pictures.parquet", *more, f"--output={output}"]


def _kept(root: Path, output: Path) -> list[str]:
    return [*_corpus(root, output), "--keep_work"]


def _reuse(root: Path, output: Path) -> list[str]:
    """Takes index, a run and signals from the run `kept`."""
    return [*_corpus(root, output), "--filters.word_count.min_words=4", f"--reuse={root}/kept"]


def _embed(root: Path, output: Path) -> list[str]:
    return ["embed", f"--images={root}/eval", f"--model={root}/model", f"--output={output}"]


CASES = {
    case.name: case
    for case in (
        Case("corpus", "pipeline", _corpus, loses=True),
        Case("overwrite", "pipeline", _corpus, before="finished"),
        Case("urls", "pipeline", _urls, loses=True),
        Case("vocab", "vocab", lambda root, out: [f"--input={root}/urls.csv", "--size=60", f"--output={out}"]),
        Case("index", "dedup", lambda root, out: ["index", f"--images={root}/eval", f"--output={out}/eval.idx"]),
        Case("groups", "dedup", lambda root, out: ["groups", f"{root}/finished", f"--output={out}/groups.parquet"]),
        Case("subset", "pipeline", _subset, loses=True),
        Case("export", "pipeline", _export, loses=True),
        Case("counts", "pipeline", _counts, loses=True),
        Case("reuse", "pipeline", _reuse, loses=True),
        Case("fetch", "pipeline", _fetch),
        Case("embed", "train", _embed, has_workers=False, loses=True),
        Case("fit", "train", _fit, False, changing=("log.csv", "evaluation.csv", "checkpoints/")),
    )
}

KEPT = Case("kept", "pipeline", _kept)  # the run that `reuse` takes from


MODULES = {
    "pipeline": (
        "pipeline.run",
        "pipeline.report",
        "pipeline.commands.subset.run",
        "pipeline.commands.export.run",
        "pipeline.commands.fetch.run",
        "pipeline.commands.fetch.page",
        "crawl.fetching.loop",
        "pipeline.commands.corpus.cli",
        "pipeline.commands.corpus.options",
    ),
    "vocab": ("pipeline.commands.vocab.cli", "pipeline.commands.vocab.build", "sentencepiece"),
    "dedup": ("pipeline.commands.dedup.cli", "pipeline.commands.dedup.index", "pipeline.commands.dedup.groups"),
    "train": (
        "tests.support.training",
        "pipeline.commands.train.cli",
        "pipeline.commands.train.embed.run",
        "pipeline.commands.train.fit.run",
    ),
}


def prepare(root: Path, cases: list[str]) -> None:
    """Imports what the commands need, and makes their inputs."""
    import pipeline.storage.lock
    import pipeline.warm  # noqa: F401
    from tests.support.kill_inputs import write_inputs, write_web

    programs = {CASES[name].program for name in cases}
    for program in programs:
        for module in MODULES[program]:
            import_module(module)
    gc.freeze()  # forks would copy all that it visits
    write_inputs(root, programs)
    if "fetch" in cases:
        write_web(root)


def state(output: Path) -> dict[str, str]:
    """A digest of every file of an output by its name, but what depends on time."""
    found = {}
    for folder, _, names in os.walk(output):
        for name in names:
            path = Path(folder, name)
            relative = path.relative_to(output).as_posix()
            if not relative.startswith(("tensorboard/", "timing.json", "work/error")):
                found[relative] = hashlib.sha256(_content(path)).hexdigest()[:16]
    return found


def _content(path: Path) -> bytes:
    if path.suffix == ".keras":  # Keras writes the time into metadata.json, and addresses of objects into config.json
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in sorted(archive.namelist()) if name != "metadata.json"}
        return b"".join(name.encode() + SHARED.sub(b"", content) for name, content in members.items())
    content = path.read_bytes()
    if path.name == "funnel.json" or path.parent.name == "fetched":  # the rate is that of the last start
        found = json.loads(content)
        return json.dumps({name: found[name] for name in found if name not in ("seconds", "asked")}).encode()
    return TIME.sub(b"", RATE.sub(b"", content)) if path.name == "report.html" else content
