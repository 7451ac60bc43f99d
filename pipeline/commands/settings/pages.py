"""Settings as lines for a terminal, and as the page docs/settings.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.commands.settings.sections import Section, Setting

WIDEST = 56  # characters of a setting, its default and its unit; longer ones move their sentence
COMMAND = "python -m pipeline settings --markdown > docs/settings.md"
INTRODUCTION = f"""# Settings

Every setting of a config (`--config=NAME|FILE`) and of a command line (`--section.field=value`), with its default.
`python -m pipeline settings [SECTION]` prints the same. This page is generated: `{COMMAND}`.
"""


def lines(sections: Iterable[Section]) -> Iterator[str]:
    """A line for each setting, in columns, below a line for each section."""
    shown = [section for section in sections if section.settings]
    width = min(WIDEST, max(len(_assigned(setting)) for section in shown for setting in section.settings))
    for number, section in enumerate(shown):
        yield f"{chr(10) if number else ''}{section.path or 'the config'}: {section.says}"
        for setting in section.settings:
            yield f"  {_assigned(setting):{width}}  {setting.says}".rstrip()


def _assigned(setting: Setting) -> str:
    unit = f" {setting.unit}" if setting.unit else ""
    return f"{setting.path}={setting.default}{unit}"


def markdown(sections: Iterable[Section]) -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(line for section in sections if section.settings for line in _table(section))])


def _table(section: Section) -> Iterator[str]:
    yield f"## {f'`{section.path}`' if section.path else 'The config'}\n"
    yield f"{section.says}\n"
    yield "| setting | default | unit | meaning |"
    yield "|---|---|---|---|"
    for setting in section.settings:
        name = setting.path.rpartition(".")[2]
        yield f"| `{name}` | `{setting.default}` | {setting.unit} | {setting.says.replace('|', chr(92) + '|')} |"
    yield ""
