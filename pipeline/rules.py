"""`python -m pipeline.rules` prints the table of the rules that the README shows; a test holds both equal."""

from __future__ import annotations

import dataclasses
import inspect

from filters import Rule
from pipeline.config import Filters

HIDDEN = ("enabled", "preparation")  # every rule's, and one for models of one's own


def rules_table() -> str:
    """The rules as Markdown: the code, the sentence with its boundary, and the settings with their defaults."""
    rows = [
        f"| `{rule.reason}` | {_sentence(rule)} | {_settings(rule)} |"
        for rule in (getattr(Filters(), setting.name) for setting in dataclasses.fields(Filters))
    ]
    return "\n".join(["| reason | rule | settings (`filters.<reason>.`) |", "|---|---|---|", *rows])


def _sentence(rule: Rule) -> str:
    return inspect.cleandoc(rule.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _settings(rule: Rule) -> str:
    settings = {field.name: getattr(rule, field.name) for field in dataclasses.fields(rule)}  # type: ignore[arg-type]
    return ", ".join(f"`{name}={value}`" for name, value in settings.items() if name not in HIDDEN)


if __name__ == "__main__":
    print(rules_table())
