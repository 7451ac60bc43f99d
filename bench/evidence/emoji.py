"""Emoji in five styles, their names and keywords in 25 languages, and one concept for the same emoji in each style."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.evidence.packages import FLUENT, OPENMOJI, TWEMOJI, Package
from bench.evidence.pictures import Picture, Text

LANGUAGES = (
    *("bn", "da", "de", "en", "es", "et", "fi", "fr", "hi", "hu", "it", "ja", "ko", "lt", "ms", "nb", "nl", "pl"),
    *("pt", "ru", "sv", "th", "uk", "vi", "zh"),
)
TONES = ("light", "medium-light", "medium", "medium-dark", "dark")  # Unicode's, 1 to 5
HELD_OUT_STYLE = "twemoji"


@dataclass(frozen=True)
class Style:
    """The folder of a style in its package, and the way its files are called: by code points, or by names."""

    name: str
    package: Package
    below: str
    by_name: bool = False


STYLES = (
    Style("openmoji-color", OPENMOJI, "color/svg"),
    Style("openmoji-black", OPENMOJI, "black/svg"),
    Style(HELD_OUT_STYLE, TWEMOJI, "."),
    Style("fluent-modern", FLUENT, "icons/modern", by_name=True),
    Style("fluent-flat", FLUENT, "icons/flat", by_name=True),
)


@dataclass(frozen=True)
class Concept:
    """An emoji: its code points, its group, its texts in all languages, and whether it has a skin tone."""

    code: str
    group: str
    texts: tuple[Text, ...]
    toned: bool


def concepts(package: Path) -> dict[str, Concept]:
    """The emoji of emojibase-data by their code points, those with one skin tone included."""
    groups = json.loads((package / "meta" / "groups.json").read_text())["groups"]
    texts = dict[str, list[Text]]()
    for language in LANGUAGES:
        for each in _entries(package, language):
            texts.setdefault(code_points(each["hexcode"]), []).extend(_texts(each, language))
    return {
        code: Concept(code, groups.get(str(each.get("group", 2)), "component"), tuple(texts[code]), "tone" in each)
        for each in _entries(package, "en")
        for code in [code_points(each["hexcode"])]
    }


def _entries(package: Path, language: str) -> Iterator[Mapping[str, Any]]:
    for each in json.loads((package / language / "data.json").read_text()):
        tags = each.get("tags", [])
        yield each
        yield from ({**skin, "tags": tags} for skin in each.get("skins", []) if isinstance(skin["tone"], int))


def _texts(entry: Mapping[str, Any], language: str) -> Iterator[Text]:
    yield Text("name", language, entry["label"])
    if tags := entry.get("tags"):
        yield Text("keywords", language, ", ".join(tags))


def emoji(style: Style, package: Path, known: Mapping[str, Concept]) -> Iterator[Picture]:
    """Yields the pictures of a style, by name; those of emoji that have no name are left out."""
    names = {name: code for code, each in known.items() for name in _file_names(each)}
    for path in sorted((package / style.below).glob("*.svg")):
        code = names.get(path.stem) if style.by_name else code_points(path.stem)
        if concept := known.get(code or ""):
            yield Picture(style.name, path.stem.lower(), concept.code, concept.group, path, concept.texts)


def code_points(name: str) -> str:
    """`1F600-FE0F` or `1f600` as emoji are compared: upper case, without zeros before and variation selectors."""
    parts = (part.upper().lstrip("0") for part in name.split("-"))
    return "-".join(part for part in parts if part != "FE0F")


def _file_names(concept: Concept) -> Iterator[str]:
    """The names that fluentui-emoji has for an emoji: its English name, with the skin tone at its end."""
    name, _, tone = next(each.text for each in concept.texts if (each.kind, each.lang) == ("name", "en")).partition(
        ": "
    )
    if not concept.toned:
        yield _dashed(f"{name} {tone}")
        yield f"{_dashed(name)}-default"
    elif tone.endswith(" skin tone"):
        yield f"{_dashed(name)}-{tone.removesuffix(' skin tone').replace(' ', '-')}"


def _dashed(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
