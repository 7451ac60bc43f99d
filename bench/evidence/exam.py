"""The pictures and texts that models are measured on, as a file that each cell reads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.evidence.emoji import LANGUAGES
from bench.evidence.material import Material
from bench.evidence.pictures import Picture
from bench.evidence.plants import is_planted


@dataclass(frozen=True)
class Drawing:
    """A held-out drawing: its file, its text, its folder, and whether copies of it may be planted."""

    file: str
    text: str
    folder: str
    planted: bool


@dataclass(frozen=True)
class Emoji:
    """An emoji of the held-out style: its file, and its names by language."""

    file: str
    names: dict[str, str]


@dataclass(frozen=True)
class Exam:
    """All that models are measured on."""

    drawings: list[Drawing]
    emoji: list[Emoji]

    def save(self, path: Path) -> None:
        """Writes a file."""
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")
        partial.rename(path)

    @classmethod
    def load(cls, path: Path) -> Exam:
        """Reads a file that `save` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls([Drawing(**each) for each in content["drawings"]], [Emoji(**each) for each in content["emoji"]])


def exam(material: Material) -> Exam:
    """The held-out drawings, and the held-out style without skin tones, which names hardly differ in."""
    drawings = [
        Drawing(query.picture.file, query.text, query.picture.folder, is_planted(query))
        for query in material.split.drawings
    ]
    neutral = [each for each in material.split.style if each.concept not in material.toned]
    return Exam(drawings, [Emoji(each.file, _names(each)) for each in neutral])


def _names(emoji: Picture) -> dict[str, str]:
    return {text.lang: text.text for text in emoji.texts if text.kind == "name" and text.lang in LANGUAGES}
