"""Rendered pictures of all packages that can be fetched, divided into those to train on and those to measure on."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.evidence.drawings import drawings
from bench.evidence.emoji import STYLES, concepts, emoji
from bench.evidence.packages import EMOJIBASE, OPENCLIPART, PACKAGES, Package, unpacked
from bench.evidence.pictures import Picture
from bench.evidence.render import render, renderer
from bench.evidence.splits import Split, fraction, split
from bench.measure import CommandFailed


@dataclass(frozen=True)
class Material:
    """Pictures below `folder`/pictures; for a first try the `part` of them whose concepts have the smallest hashes."""

    folder: Path
    part: float = 1.0

    @property
    def pictures(self) -> Path:
        """The folder of the rendered pictures."""
        return self.folder / "pictures"

    @cached_property
    def packages(self) -> Mapping[Package, Path]:
        """The folders of the packages, without those that can't be fetched. Raises CommandFailed if none can."""
        found = dict(self._unpacked())
        if not found.keys() - {EMOJIBASE}:
            raise CommandFailed("evidence: no package of pictures can be fetched")
        return found

    @cached_property
    def toned(self) -> frozenset[str]:
        """The concepts that differ from another one in their skin tone alone."""
        return frozenset(code for code, each in concepts(self.packages[EMOJIBASE]).items() if each.toned)

    @cached_property
    def split(self) -> Split:
        """The pictures, rendered at the first use; those that can't be rendered are counted and left out."""
        wanted = [picture for picture in self._drawn() if fraction(picture.concept, "part") < self.part]
        there = render(wanted, self.pictures, renderer(self.folder / "packages"))
        _say(f"{len(there):,} pictures; {len(wanted) - len(there):,} can't be rendered")
        return split(there)

    @cached_property
    def key(self) -> str:
        """A name by the facts that determine the pictures and their texts."""
        return short_hash([[f"{each.name} {each.version}" for each in self.packages], self.part])

    def _unpacked(self) -> Iterator[tuple[Package, Path]]:
        for package in PACKAGES:
            try:
                yield package, unpacked(package, self.folder / "packages")
            except CommandFailed as error:
                _say(f"{package.name} can't be fetched, measured without it: {error}")

    def _drawn(self) -> Iterator[Picture]:
        if OPENCLIPART in self.packages:
            yield from drawings(self.packages[OPENCLIPART])
        if EMOJIBASE in self.packages:
            known = concepts(self.packages[EMOJIBASE])
            for style in (style for style in STYLES if style.package in self.packages):
                yield from emoji(style, self.packages[style.package], known)


def short_hash(content: object) -> str:
    """A name of 12 digits by what JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def _say(line: str) -> None:
    print(f"evidence: {line}", file=sys.stderr, flush=True)
