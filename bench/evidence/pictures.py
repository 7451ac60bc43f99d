"""A picture of the evidence, before it is rendered, and the texts that came with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Text:
    """A text, its kind (title, keywords, description or name), and its language."""

    kind: str
    lang: str
    text: str


@dataclass(frozen=True)
class Picture:
    """An SVG file of a style. Pictures of one concept show the same; the folder is the class."""

    style: str
    name: str
    concept: str
    folder: str
    svg: Path
    texts: tuple[Text, ...]

    @property
    def file(self) -> str:
        """The path of the rendered picture, below the folder of pictures."""
        return f"{self.style}/{self.name}.jpg"
