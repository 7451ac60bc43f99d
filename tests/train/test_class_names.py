"""Names of classes and templates of prompts, from small files in the formats in which they are published."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.evaluation import write
from train.sets.files import BadSet
from train.sets.names import class_names
from train.sets.prompts import prompts, read_templates

WORDNET = "n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus\nn01484850 great white shark\n"
INDEX = {"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"], "2": ["n01484850", "great_white_shark"]}
FISH = ("tench", "goldfish", "great white shark")
FOLDERS = ("n01440764", "n01443537", "n01484850")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("LOC_synset_mapping.txt", WORDNET),
        ("tabs.txt", "n01484850\tgreat white shark\nn01443537\tgoldfish\nn01440764\ttench\n"),
        ("imagenet_class_index.json", INDEX),
        ("names.json", dict(zip(FOLDERS, FISH, strict=True))),
        ("names.txt", "tench\ngoldfish\ngreat white shark\n"),
    ],
)
def test_names_come_in_five_formats(tmp_path: Path, file: str, content: Any) -> None:
    """Also for the folders of ImageNet-V2, which are numbers: the classes in the order of their ids."""
    path = write(tmp_path / file, content)
    assert class_names(FOLDERS, path) == FISH
    assert class_names(("0", "1", "2"), path) == FISH
    assert class_names(("2", "0"), path, subset=True) == ("great white shark", "tench")


@pytest.mark.parametrize("content", [WORDNET, INDEX], ids=["lines", "index"])
def test_of_a_subset_only_some_classes_have_a_folder(tmp_path: Path, content: Any) -> None:
    path = write(tmp_path / ("names.json" if content is INDEX else "names.txt"), content)
    assert class_names(("n01443537",), path, subset=True) == ("goldfish",)
    says = f"{path}: 2 of 3 names are of no class folder: tench, great"
    with pytest.raises(BadSet, match=re.escape(says)):
        class_names(("n01443537",), path)


def test_without_a_file_folders_are_the_names() -> None:
    assert class_names(("hot_dog", "t-shirt")) == ("hot dog", "t-shirt")


def test_lines_that_begin_with_the_folders_name_them(tmp_path: Path) -> None:
    path = write(tmp_path / "names.txt", "top a T-shirt\nlow a pair of trousers\n")
    assert class_names(("low", "top"), path) == ("a pair of trousers", "a T-shirt")
    assert class_names(("a", "b"), path) == ("top a T-shirt", "low a pair of trousers")


def test_numbers_that_are_named_are_no_places(tmp_path: Path) -> None:
    path = write(tmp_path / "names.json", {"3": "cat", "1": "dog"})
    assert class_names(("1", "3"), path) == ("dog", "cat")


def test_folders_without_a_name_are_named_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "names.txt", WORDNET)
    says = f"{path}: no name for 6 of 7 class folders: n02, n03, n04, n05, n06, …"
    with pytest.raises(BadSet, match=re.escape(says)):
        class_names(("n01440764", "n02", "n03", "n04", "n05", "n06", "n07"), path, subset=True)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("names.txt", "cat\ndog\n", "2 names, a line each, for 3 class folders"),
        ("names.txt", "", "no name for 3 of 3 class folders: a, b, c"),
        ("names.json", ["cat"], "no object of folders and names"),
        ("names.json", {"0": ["n1"]}, r"0: \['n1'\] is neither a name nor a folder and its name"),
    ],
)
def test_names_that_do_not_fit_are_refused(tmp_path: Path, file: str, content: Any, says: str) -> None:
    with pytest.raises(BadSet, match=says):
        class_names(("a", "b", "c"), write(tmp_path / file, content))


# Templates


def test_the_shipped_templates_are_eighty() -> None:
    templates = read_templates()
    assert len(templates) == len(set(templates)) == 80
    assert all(template.count("{}") == 1 for template in templates)


def test_each_name_stands_in_each_template(tmp_path: Path) -> None:
    templates = read_templates(write(tmp_path / "templates.txt", "a {}.\n\nthe {}!\n"))
    assert templates == ("a {}.", "the {}!")
    assert prompts(templates, ["cat", "{dog}"]) == ["a cat.", "the cat!", "a {dog}.", "the {dog}!"]


@pytest.mark.parametrize(("line", "count"), [("a photo", 0), ("{} and {}", 2)])
def test_a_template_has_one_place(tmp_path: Path, line: str, count: int) -> None:
    with pytest.raises(BadSet, match=re.escape(f"{line!r} has {count} {{}}; a template has one")):
        read_templates(write(tmp_path / "templates.txt", f"a {{}}\n{line}\n"))


def test_templates_have_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadSet, match="no template in it"):
        read_templates(write(tmp_path / "templates.txt", "\n"))
