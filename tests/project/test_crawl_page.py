"""docs/crawl.md names settings and statuses that exist, with their defaults, and commands that are understood."""

from __future__ import annotations

import dataclasses
import re
import shlex

import pytest

from crawl.fetching.answers import STATUSES
from crawl.fetching.settings import Fetch
from pipeline.commands.corpus.cli import PIPELINE
from pipeline.commands.fetch.sources import FIXED
from tests.support.command import ROOT

PAGE = (ROOT / "docs" / "crawl.md").read_text(encoding="utf-8")
DEFAULTS = dataclasses.asdict(Fetch())
BLOCKS = "\n".join(re.findall(r"```\n(.*?)```", PAGE, re.S)).replace("\\\n", " ").splitlines()
COMMANDS = [line.removeprefix("python -m pipeline ") for line in BLOCKS if line.startswith("python -m pipeline ")]


def test_settings_that_it_names_exist() -> None:
    named = set(re.findall(r"\bfetch\.([a-z_]+)", PAGE))
    assert named and named <= DEFAULTS.keys()


@pytest.mark.parametrize(("name", "value"), re.findall(r"`fetch\.([a-z_]+)`[^`]*?\(([\d.]+)\)", PAGE))
def test_defaults_that_it_names(name: str, value: str) -> None:
    assert DEFAULTS[name] == float(value)


def test_it_names_each_directive_and_what_identifies_a_fetch() -> None:
    assert not [name for name in DEFAULTS["opt_out"] if name not in PAGE.lower()]
    (listed,) = re.findall(r"that say what is asked\n\(([^)]*)\)", PAGE)
    assert re.findall(r"`(\w+)`", listed) == [*FIXED]


def test_statuses_of_a_retry_exist() -> None:
    named = {name for words in re.findall(r"--retry=([a-z_,]+)", PAGE) for name in words.split(",")}
    assert named <= {"failed", *STATUSES}


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_are_understood(command: str) -> None:
    words = shlex.split(command.replace("…", "x").replace("$", ""))
    PIPELINE.parse(words)


def test_there_are_commands() -> None:
    assert len(COMMANDS) == 6
