"""`python -m pipeline settings`: every setting with its default, unit and sentence; and the page made from them."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Annotated

import pytest

from pipeline.commands.corpus.cli import PIPELINE
from pipeline.commands.settings.pages import COMMAND, markdown
from pipeline.commands.settings.sections import Setting, sections
from pipeline.config import Config
from pipeline.page.parts import flat
from tests.support.command import ROOT

ALL = [setting for section in sections(Config()) for setting in section.settings]


def test_every_setting_is_listed_once_with_its_default() -> None:
    expected = {path: json.loads(value) for path, value in flat(dataclasses.asdict(Config()))}
    assert sorted(setting.path for setting in ALL) == sorted(expected)
    for setting in ALL:
        default = expected[setting.path]
        assert setting.default == ("''" if default == "" else json.dumps(default).replace('"', ""))


def test_every_setting_and_section_has_a_sentence() -> None:
    assert [setting.path for setting in ALL if not setting.says] == []
    assert [section.path for section in sections(Config()) if not section.says] == []


@dataclass(frozen=True)
class Base:
    """A base."""

    size: Annotated[int, "side of an image", "pixels"] = 3
    plain: int = 1


@dataclass(frozen=True)
class Derived(Base):
    """A derived class
    of two lines.

    And a second paragraph.
    """

    size: int = 4
    enabled: bool = True


def test_a_class_that_changes_a_default_keeps_the_sentence_of_its_base() -> None:
    (section,) = sections(Derived(), "a.b.")
    assert (section.path, section.says) == ("a.b", "A derived class of two lines.")
    assert section.settings == (
        Setting("a.b.size", "4", "pixels", "side of an image"),
        Setting("a.b.plain", "1", "", ""),
        Setting("a.b.enabled", "true", "", "false switches the rule off"),
    )


def test_the_page_is_the_generated_one() -> None:
    held = (ROOT / "docs" / "settings.md").read_text()
    assert held == markdown(sections(Config())) + "\n", f"docs/settings.md is another; mend it with: {COMMAND}"


def test_a_section_is_printed_with_all_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert PIPELINE.call(["settings", "filters.porn"]) == 0
    lines = capsys.readouterr().out.splitlines()
    printed = [line.split("=")[0].strip() for line in lines if line.startswith("  ")]
    assert printed == [setting.path for setting in ALL if setting.path.startswith("filters.porn.")]
    assert "  filters.porn.max_score=0.2 " in lines[1] and lines[1].endswith("highest score that stays, 0 to 1")


def test_a_section_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert PIPELINE.call(["settings", "filtres"]) == 2
    assert capsys.readouterr().err == "pipeline: filtres: no such section; the nearest is filters\n"
