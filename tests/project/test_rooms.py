"""The rooms of `pipeline/`, in their order: a room imports from rooms below it, and from none above."""

from __future__ import annotations

import pytest

from tests.project.test_arrows import ROOT, Import, imports, within

ROOMS = (  # from the top down; a name is a folder, or a module that stands alone
    "__main__", "console", "sample", "call", "commands", "compile", "warm", "run", "preflight", "finish",
    "identity", "index", "count", "counting", "emit", "measure", "statistics", "funnel", "report", "reuse", "earlier",
    "engines", "outputs", "storage", "rules", "config", "rule_set", "own_rules", "inputs", "formats", "page",
    "files", "filesystems", "cloud", "remote", "yaml_text", "settings", "garbage", "printable",
)  # fmt: skip
UP = {("engines", "warm")}  # the process that workers are forked from imports all that they run
BEAM = {  # outside engines/, which holds every private API of Beam's
    "pipeline.run", "pipeline.index", "pipeline.count", "pipeline.emit", "pipeline.warm",
    "pipeline.filesystems", "pipeline.cloud", "pipeline.remote",
    "pipeline.earlier.take", "pipeline.reuse.take", "pipeline.measure.eval_parts",
    "pipeline.commands.arguments", "pipeline.commands.export.run", "pipeline.commands.fetch.run",
    "pipeline.commands.subset.run",
    "pipeline.commands.vocab.count_pass", "pipeline.commands.vocab.words",
}  # fmt: skip


def passes() -> tuple[Import, ...]:
    return tuple(found for found in imports() if found.package == "pipeline")


def room(module: str) -> str:
    """The room of `pipeline.<room>…`; the package itself for a name that it defines."""
    name = module.split(".")[1] if "." in module else ""
    return name if (ROOT / "pipeline" / name).is_dir() or (ROOT / "pipeline" / f"{name}.py").exists() else ""


def module(found: Import) -> str:
    parts = found.file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def test_every_room_has_its_place_in_the_order() -> None:
    folders = {path.parent.name for path in (ROOT / "pipeline").glob("*/__init__.py")}
    modules = {path.stem for path in (ROOT / "pipeline").glob("*.py")} - {"__init__"}
    assert folders | modules == set(ROOMS)


def test_a_room_imports_only_from_rooms_below_it() -> None:
    inside = [found for found in passes() if within(found.name, ("pipeline",))]
    arrows = {(room(module(found)), room(found.name)): found.where for found in inside}
    order = {name: floor for floor, name in enumerate(ROOMS)}
    up = {pair: where for pair, where in arrows.items() if all(pair) and order[pair[0]] > order[pair[1]]}
    assert up.keys() == UP, sorted(up.values())


@pytest.mark.parametrize("package", ["crawl", "filters", "vocab", "dedup", "train"])
def test_packages_beside_the_pipeline_import_neither_it_nor_beam(package: str) -> None:
    theirs = [found for found in imports() if found.package == package and found.file.name != "__main__.py"]
    assert theirs and not [found.where for found in theirs if within(found.name, ("pipeline", "apache_beam"))]


def test_beam_is_imported_by_engines_and_by_what_wires_a_pass() -> None:
    users = {module(found) for found in passes() if within(found.name, ("apache_beam",))}
    assert {name for name in users if not name.startswith("pipeline.engines.")} == BEAM
