"""Allowed imports, checked in the sources: packages stay apart, heavy libraries stay where they are needed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("crawl", "dedup", "filters", "pipeline", "train", "vocab")
ALLOWED = {
    "crawl": (),
    "filters": (),
    "vocab": (),
    "dedup": ("filters.picture", "vocab.kernel"),
    "train": ("vocab", "filters.picture"),
    "pipeline": ("crawl", "dedup", "filters", "train", "vocab"),
}


@dataclass(frozen=True)
class Import:
    """One import of the module `name`, in the file `file`; `inside` a function or at the top."""

    file: Path
    name: str
    inside: bool

    @property
    def package(self) -> str:
        return self.file.relative_to(ROOT).parts[0]

    @property
    def where(self) -> str:
        return f"{self.file.relative_to(ROOT)} imports {self.name}"


def names(node: ast.AST) -> list[str]:
    """The modules of an import statement; `from a import b` may mean the module `a.b`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def walk(file: Path, node: ast.AST, inside: bool) -> Iterator[Import]:
    yield from (Import(file, name, inside) for name in names(node))
    for child in ast.iter_child_nodes(node):
        yield from walk(file, child, inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@cache
def imports() -> tuple[Import, ...]:
    """All imports of the packages; reading them takes a second, so no collection of tests does it."""
    return tuple(_imports())


def _imports() -> Iterator[Import]:
    for package in OURS:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield from walk(file, ast.parse(file.read_text(encoding="utf-8")), inside=False)


def within(name: str, modules: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(module + ".") for module in modules)


@pytest.mark.parametrize("package", OURS)
def test_a_package_imports_only_what_is_below_it(package: str) -> None:
    others = tuple(other for other in OURS if other != package)
    wrong = [
        found.where
        for found in imports()
        if found.package == package and found.file.name != "__main__.py"
        if within(found.name, others) and not within(found.name, ALLOWED[package])
    ]
    assert not wrong


def test_no_relative_imports() -> None:
    relative = [
        str(file.relative_to(ROOT))
        for package in OURS
        for file in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative


def test_beam_is_imported_in_the_pipeline_only() -> None:
    assert {found.package for found in imports() if within(found.name, ("apache_beam",))} == {"pipeline"}


def test_tensorflow_is_imported_in_train_or_inside_a_function() -> None:
    found = [found for found in imports() if within(found.name, ("tensorflow", "keras"))]
    outside = [found for found in found if found.package != "train"]
    assert not [found.where for found in outside if not found.inside]
    assert len({found.file for found in outside}) <= 1  # what loads a user's Keras model


def test_a_main_is_a_few_lines() -> None:
    for package in OURS:
        for file in (ROOT / package).glob("__main__.py"):
            assert len(ast.parse(file.read_text(encoding="utf-8")).body) <= 4, file
