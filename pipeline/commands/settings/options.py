"""The options of `python -m pipeline settings`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.commands.command import Command
from pipeline.commands.parser import Parser


@dataclass(frozen=True)
class Options:
    """A section, or "" for all, and the form."""

    section: str
    markdown: bool


def read(parser: Parser, arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line for a wrong one."""
    add = parser.add_argument
    add("section", metavar="SECTION", nargs="?", default="", help="such as filters, or filters.porn (default: all)")
    add("--markdown", action="store_true", help="the page docs/settings.md")
    return Options(**vars(parser.parse_args(arguments)))


def run(options: Options, _: str) -> None:
    """Prints settings. Raises ConfigError for a section that doesn't exist."""
    from pipeline.commands.parser import no_such
    from pipeline.commands.settings.pages import lines, markdown
    from pipeline.commands.settings.sections import sections
    from pipeline.config import Config
    from pipeline.settings import ConfigError

    path = options.section.removeprefix("--")
    known = list(sections(Config()))
    chosen = [section for section in known if not path or f"{section.path}.".startswith(f"{path}.")]
    if not chosen:
        names = [section.path for section in known if section.path]
        raise ConfigError(no_such("section", options.section, path, names))
    print(markdown(chosen) if options.markdown else "\n".join(lines(chosen)))


SETTINGS = Command("settings", "every setting with its default, unit and meaning", read, run)
