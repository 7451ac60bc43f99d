"""The measured command: `python -m vocab` on some texts, into an empty directory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import FOLDER
from bench.distinct_words import write_texts
from bench.figures import Figure
from bench.measure import Usage, measure, python
from vocab.wordpiece import FACTS, FILE, WordPieceTokenizer

SECONDS, GIGABYTES, LARGE = 50.0, 3.0, 250_000
GB = 1e9


@dataclass(frozen=True)
class Learned:
    """A vocabulary in a directory, and the resources used."""

    folder: Path
    usage: Usage

    @property
    def content(self) -> bytes:
        """The bytes of vocab.txt."""
        return (self.folder / FILE).read_bytes()

    @property
    def pieces(self) -> list[str]:
        """All pieces, in order."""
        return WordPieceTokenizer.load(self.folder).pieces

    @property
    def characters(self) -> int:
        """The most characters in its alphabet."""
        return int(json.loads((self.folder / FACTS).read_text())["settings"]["max_characters"])


def learn(name: str, inputs: Path, *options: str, workers: int, memory: bool = False) -> Learned:
    """Runs `python -m vocab` on a folder. Raises CommandFailed."""
    output = FOLDER / "vocab" / name
    shutil.rmtree(output, ignore_errors=True)
    command = python("-m", "vocab", f"--input={inputs}", f"--output={output}", f"--workers={workers}", *options)
    return Learned(output, measure(*command, memory=memory))


def cost(distinct: int) -> Iterator[Figure]:
    """Cost of a large vocabulary. The bar on wall time is valid only on an idle machine."""
    texts = write_texts(FOLDER / f"words-{distinct}", distinct)
    usage = learn("large", texts, f"--size={LARGE}", workers=2, memory=True).usage
    name = f"{distinct / 1e6:g}M distinct words, {LARGE:,} pieces, two workers"
    yield Figure(f"{name}: wall time", usage.wall, "s", at_most=SECONDS)
    yield Figure(f"{name}: CPU time", usage.cpu, "s")
    yield Figure(f"{name}: peak PSS", usage.peak / GB, "GB", at_most=GIGABYTES)
