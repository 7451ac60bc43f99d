"""The README says what the code says."""

import pathlib
import re
import subprocess

import pytest

from pipeline.rules import rules_table

ROOT = pathlib.Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_table_of_rules_is_the_generated_one():
    assert rules_table() in README, "replace the table of rules in README.md by what `python -m pipeline.rules` prints"


def test_files_it_names_are_there():
    for path in re.findall(r"\]\((docs/[^)]+|CHANGELOG.md)\)", README) + re.findall(r"`((?:\w+/)+\w+\.py)`", README):
        assert (ROOT / path).exists(), path


def test_configs_that_any_page_names_are_there():
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for path in re.findall(r"configs/[\w/]+\.yaml", page.read_text()):
            assert (ROOT / path).exists(), f"{page.name}: {path}"


@pytest.mark.slow
def test_make_help_names_every_target_of_the_contract():
    printed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    targets = [line.split()[1] for line in printed.splitlines()]
    assert targets == ["help", "setup", "corpus", "vocab", "train", "check", "test", "lint", "bench", "dataflow"]
