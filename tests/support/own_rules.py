"""Rules of a user's own for tests, the one of `docs/rules.md` among them, and inputs with a passthrough column."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.command import ROOT
from tests.support.crawl_contents import encode, picture

OPTIONS = ("--filters.porn.enabled=false", "--filters.rare_ngram.enabled=false")
SIMILARITIES = [0.1, 0.28, 0.2799, 0.5, None, 0.9, -0.3, 0.27]
SIZES = [300, 300, 300, 100, 300, 300, 100, 300]  # two short sides are under 200
LONG_TEXT = '''
@dataclass(frozen=True)
class LongText:
    """Drops a text of many characters."""

    reason = "long_text"
    needs = ("text", "image_width")
    max_characters: int = 16
    enabled: bool = True

    def drops(self, signals):
        return pc.greater(pc.utf8_length(signals["text"]), self.max_characters)

    def sentence(self):
        return f"Text of over {self.max_characters} characters"

    def decided(self, row):
        return f"{len(row['text'])} characters"
'''


def example() -> str:
    """The rule in `docs/rules.md`, with the histogram that the page adds to it."""
    rule, _, bins = _blocks()
    return f"{rule}\n{bins}"


def unsafe() -> str:
    """The rule in `docs/rules.md` on a score that the input carries."""
    return _blocks()[1]


def _blocks() -> list[str]:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


def rule_of(*changes: tuple[str, str]) -> str:
    """The text of a file with one small rule, with some of it replaced."""
    text = (
        "from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Small:\n"
        '    """Drops nothing."""\n\n    reason = "small"\n    needs = ("words",)\n    enabled: bool = True\n\n'
        '    def drops(self, signals):\n        return [False] * len(signals["words"])\n'
    )
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def write_inputs(folder: Path) -> Path:
    """Two tables of pictures: one with the column `similarity`, one without it."""
    folder.mkdir()
    for name, number in (("a", len(SIMILARITIES)), ("b", 3)):
        images = [encode(picture(row, SIZES[row], 300)) for row in range(number)]
        columns = {"image": images, "text": [f"a picture {name} {10**row}" for row in range(number)]}
        if name == "a":
            columns["similarity"] = pa.array(SIMILARITIES, pa.float32())
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    return folder


def low(similarity: float | None) -> bool:
    return similarity is not None and float(np.float32(similarity)) < 0.28


def write(folder: Path, text: str, name: str = "mine.py") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name
