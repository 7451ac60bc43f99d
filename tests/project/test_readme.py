"""The README says what the code says."""

import pathlib
import re
import subprocess

import pytest

from pipeline.rules import PAGES, write_tables

ROOT = pathlib.Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", PAGES)
def test_generated_tables_are_up_to_date(page):
    assert PAGES[page]() in (ROOT / page).read_text(), f"{page}: run python -m pipeline.rules --write"


def test_writing_mends_a_table_and_nothing_else(tmp_path):
    (tmp_path / "docs").mkdir()
    for name, table in PAGES.items():
        head = table().split("\n", 1)[0]
        (tmp_path / name).write_text(f"before\n\n{head}\n| stale |\n\nafter | this\n")
    write_tables(tmp_path)
    for name, table in PAGES.items():
        assert (tmp_path / name).read_text() == f"before\n\n{table()}\n\nafter | this\n"


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
    assert targets == ["help", "setup", "corpus", "vocab", "train", "test", "lint", "bench", "dataflow"]
