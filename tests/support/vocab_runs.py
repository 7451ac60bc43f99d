"""Runs of `python -m vocab`, and what they write."""

from __future__ import annotations

from pathlib import Path

from tests.support.command import Finished, run

FILES = ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "vocab.json", "report.html")


def vocab(output: Path, *options: str | Path) -> Finished:
    return Finished(output, run("vocab", f"--output={output}", *map(str, options)))


def made(output: Path, *options: str | Path) -> Finished:
    done = vocab(output, *options)
    assert done.process.returncode == 0, done.process.stderr
    assert sorted(path.name for path in output.iterdir()) == sorted(FILES)
    return done


def contents(done: Finished, *names: str) -> list[bytes]:
    return [(done.output / name).read_bytes() for name in names]
