"""Templates that make sentences of class names, such as "a photo of a {}."."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from train.sets.files import BadSet, read_lines

SHIPPED = str(Path(__file__).with_name("templates.txt"))
PLACE = "{}"


def read_templates(file: str = "") -> tuple[str, ...]:
    """Templates in a file, one per line, each with one {}; without a file, the 80 that are shipped.

    Raises BadSet, NotThere.
    """
    file = file or SHIPPED
    templates = [line for line in read_lines(file) if line]
    for template in templates:
        if template.count(PLACE) != 1:
            raise BadSet(f"{file}: {template!r} has {template.count(PLACE)} {PLACE}; a template has one")
    if not templates:
        raise BadSet(f"{file}: no template in it")
    return tuple(templates)


def prompts(templates: Sequence[str], names: Sequence[str]) -> list[str]:
    """Every name in every template, (names x templates) prompts, those of the first name first."""
    return [template.replace(PLACE, name) for name in names for template in templates]
