"""The pipeline as a Python function, which does in a process of its own what the command does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.funnel import Funnel

if TYPE_CHECKING:
    from pipeline.config import Config

Path = str | os.PathLike[str]
Paths = Path | Iterable[Path]


def make_corpus(
    inputs: Paths,
    output: Path,
    *,
    config: Config | Mapping[str, Any] | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    eval_images: Paths = (),
    counts: Path = "",
    limit: int | None = None,
    reuse: Path = "",
    keep_work: bool = False,
    workers: int | None = None,
    overwrite: bool = False,
    beam: Iterable[str] = (),
) -> Funnel:
    """Makes the corpus of `inputs` in the directory `output`, as `python -m pipeline` does; returns its funnel.

    A call that was interrupted resumes, and a finished run returns its funnel at once. Progress goes to `sys.stderr`.

    Args:
        inputs: files, globs or directories. A string is split at commas; the items of a list are not.
        output: a directory, local or remote.
        config: a `Config`, a tree of settings, or the path of a YAML file; the paper's settings by default.
        settings: values by path, put over the config, such as `{"filters.short_side.min_pixels": 256}`.
        eval_images: evaluation sets, whose near-duplicates are dropped.
        counts: the directory of an earlier run over the raw pairs, whose counts apply.
        limit: only the first so many pairs of each input file, for a first try.
        reuse: the directory of a finished run, from which whatever can't have changed is taken.
        keep_work: keeps index and sorted runs for the `reuse` of a later run, 330 bytes a pair.
        workers: processes; all cores by default.
        overwrite: replaces another run in `output`.
        beam: options of Beam, such as `["--runner=DataflowRunner"]`.

    Raises:
        ConfigError: a setting or an option is wrong.
        InputError: an input or an evaluation set can't be used.
        OtherRun: `output` holds another run.
        BadInputs: input files are damaged; `lines` has one for each.
        Held: another process writes `output`.
        OSError, RuntimeError: the run failed; the same call resumes it.
    """
    from dataclasses import replace

    from pipeline.config import Options
    from pipeline.engines.own_process import ask
    from pipeline.outputs.command import equivalent

    options = Options(
        config=_config(config, {**(settings or {}), **_limit(limit)}),
        inputs=_paths("inputs", inputs, required=True),
        output=_paths("output", [output], required=True)[0],
        eval_images=_paths("eval_images", eval_images),
        workers=_whole("workers", os.cpu_count() or 1 if workers is None else workers),
        overwrite=overwrite,
        beam=tuple(beam),
        counts=os.fspath(counts),
        reuse=os.fspath(reuse),
        keep_work=keep_work,
    )
    return Funnel.of(ask("pipeline.commands.corpus.called", replace(options, command=equivalent(options))))


def _config(config: Config | Mapping[str, Any] | Path | None, settings: Mapping[str, Any]) -> Config:
    from copy import deepcopy
    from dataclasses import asdict

    from pipeline.config import Config, config_of, load_tree
    from pipeline.settings import put

    if isinstance(config, Config) and not settings:
        return config
    if isinstance(config, str | os.PathLike):
        tree = load_tree(_text(os.fspath(config)), (), f"config={os.fspath(config)}")
    else:
        tree = asdict(config) if isinstance(config, Config) else deepcopy(dict(config or {}))
    for path, value in settings.items():
        put(tree, path, value)
    return config_of(tree)


def _text(path: str) -> str:
    """The text of a config. Raises ConfigError, which names the argument and not the option."""
    from pipeline.commands.arguments import read_file
    from pipeline.settings import ConfigError

    try:
        return read_file(path)
    except ConfigError as error:
        raise ConfigError(str(error).removeprefix("--")) from error


def _paths(name: str, paths: Paths, required: bool = False) -> tuple[str, ...]:
    """The paths in the argument `name`. Raises InputError where it is `required` and empty."""
    if isinstance(paths, str):
        paths = paths.split(",")
    listed = [paths] if isinstance(paths, os.PathLike) else paths
    found = tuple(text for text in (os.fspath(path) for path in listed) if text)
    if required and not found:
        from pipeline.inputs import InputError

        raise InputError(f"{name}: empty")
    return found


def _limit(limit: int | None) -> dict[str, int]:
    return {} if limit is None else {"input.limit": _whole("limit", limit)}


def _whole(name: str, count: int) -> int:
    if not isinstance(count, int) or count < 1:
        from pipeline.settings import ConfigError

        raise ConfigError(f"{name}: {count!r} is not a whole number from 1")
    return count
