"""How a run was made: its parent, command, version, inputs, evaluation sets, and settings that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from pipeline.outputs.changed import NONE, from_defaults
from pipeline.page.markup import shortened, tag
from pipeline.page.parts import byte_size, fold, table

INPUTS_SHOWN, SETS_SHOWN = 40, 20
LONGEST_COMMAND, LONGEST_NAME = 2_000, 60
DIGITS = 16  # of a digest


def about(manifest: Mapping[str, Any], command: str) -> Element:
    """A list of names and values; what a run doesn't have is left out."""
    parts = (part for name, value in _parts(manifest, command) for part in (tag("dt", name), tag("dd", value)))
    return tag("dl", *parts, class_="about")


def _parts(manifest: Mapping[str, Any], command: str) -> Iterator[tuple[str, Element | str]]:
    if parent := manifest.get("parent"):
        yield "Subset of", _parent(parent, manifest["subset"])
    if command:
        yield "Command", _command(shortened(command, LONGEST_COMMAND))
    if version := manifest["versions"].get("align-corpus"):
        yield "Version", f"align-corpus {version}"
    yield "Inputs", _inputs(manifest["inputs"])
    if "parent" not in manifest:
        yield "Evaluation sets", _evaluation(manifest.get("evaluation"))
    yield "Settings", _settings(manifest["config"])


def _command(command: str) -> Element:
    """The command, which a narrow page breaks between its words."""
    words = (part for word in command.split(" ") for part in (tag("span", word), " "))
    return tag("code", *words, class_="command")


def _parent(parent: Mapping[str, str], choice: Mapping[str, str | None]) -> Element:
    """The corpus that a subset is taken from, and the choice."""
    size = f"{choice['size']} of its pairs" if choice["size"] else "all of its pairs"
    copies = ", without the near-copies that --keep leaves out" if choice["copies"] else ""
    name, digest = shortened(parent["name"], LONGEST_NAME), parent["sha256"][:DIGITS]
    return tag("span", f"corpus {name}, with records of the digest ", tag("code", digest), f": {size}{copies}")


def _inputs(inputs: list[Mapping[str, Any]]) -> Element:
    total = sum(entry["size"] for entry in inputs)
    noun = "file" if len(inputs) == 1 else "files"
    rows = [(entry["name"], byte_size(entry["size"])) for entry in inputs[:INPUTS_SHOWN]]
    if len(inputs) > INPUTS_SHOWN:
        rows.append((f"and {len(inputs) - INPUTS_SHOWN:,} more", ""))
    return fold(f"{len(inputs):,} {noun}, {byte_size(total)}", table(("File", "Size"), rows))


def _evaluation(evaluation: Mapping[str, Any] | None) -> str:
    if not evaluation:
        return "none"
    sets = evaluation.get("sets", {})
    names = [f"{shortened(name, LONGEST_NAME)} ({images:,})" for name, images in [*sets.items()][:SETS_SHOWN]]
    more = [f"and {len(sets) - SETS_SHOWN:,} more"] * (len(sets) > SETS_SHOWN)
    return ": ".join(filter(None, [f"{evaluation['images']:,} images", ", ".join([*names, *more])]))


def _settings(config: Mapping[str, Any]) -> Element:
    changed = from_defaults(config)
    if not changed:
        return tag("span", "all as by default")
    rows = [
        (setting.path, setting.value, "a rule of your own" if setting.other == NONE else setting.other)
        for setting in changed
    ]
    return table(("Differs from the default", "Value", "Default"), rows)
