"""`python -m pipeline.rules` prints the tables of rules, signals and statuses; `--write` puts them into the pages."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from pathlib import Path

from crawl.fetching.answers import STATUSES
from filters import SIGNALS, Rule
from filters.signals import COMPARABLE
from pipeline.rule_set import Filters

HIDDEN = ("enabled", "preparation")  # every rule's, and one for a model by path
ROOT = Path(__file__).resolve().parents[1]


def rules_table() -> str:
    """The rules as Markdown: the code, the sentence with its boundary, and the settings with their defaults."""
    rows = [f"| `{rule.reason}` | {_sentence(rule)} | {_settings(rule)} |" for rule in Filters().ours()]
    return "\n".join(["| reason | rule | settings (`filters.<reason>.`) |", "|---|---|---|", *rows])


def signals_table() -> str:
    """The signals that a rule may need, as Markdown: the name, the Arrow type, the sentence, and who measures it."""
    signals = [(name, SIGNALS[name]) for name in COMPARABLE]
    rows = [f"| `{name}` | {one.type} | {one.sentence} | {one.measured} |" for name, one in signals]
    return "\n".join(["| signal | type | meaning | measured from |", "|---|---|---|---|", *rows])


def statuses_table() -> str:
    """The statuses of URLs as Markdown: the name, the sentence, and whether `--retry=failed` asks again."""
    rows = [f"| `{name}` | {one.sentence} | {'yes' if one.again else ''} |" for name, one in STATUSES.items()]
    return "\n".join(["| status | the URL's answer | asked again by `--retry=failed` |", "|---|---|---|", *rows])


PAGES = {"README.md": rules_table, "docs/rules.md": signals_table, "docs/crawl.md": statuses_table}


def write_tables(root: Path = ROOT) -> None:
    """Replaces the table in each page by the generated one. Raises ValueError for a page without its head."""
    for name, made in PAGES.items():
        page, table = (root / name).read_text(encoding="utf-8"), made()
        before, head, rest = page.partition(table.split("\n", 1)[0])
        if not head:
            raise ValueError(f"{name}: no table that begins with {table.split(chr(10), 1)[0]}")
        _, blank, after = rest.partition("\n\n")
        (root / name).write_text(before + table + blank + after, encoding="utf-8")


def _sentence(rule: Rule) -> str:
    return inspect.cleandoc(rule.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _settings(rule: Rule) -> str:
    settings = {field.name: getattr(rule, field.name) for field in dataclasses.fields(rule)}  # type: ignore[arg-type]
    return ", ".join(f"`{name}={value}`" for name, value in settings.items() if name not in HIDDEN)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write_tables()
    else:
        print(*(made() for made in PAGES.values()), sep="\n\n")
