"""Compiled code is kept where no other user can change it; where nothing can be kept, it is compiled all the same."""

from __future__ import annotations

import os
from pathlib import Path

import numba.core.caching as caching
import numpy as np
import pytest
from llvmlite import binding
from numba.core import config
from numba.core.registry import cpu_target

from vocab import kernel, private


def doubled(values: np.ndarray) -> int:
    """A kernel of its own, so that no other test has compiled it."""
    return 2 * len(values)


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the folder of the source nor the user's cache can be written."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    for locator in (caching.InTreeCacheLocator, caching.UserWideCacheLocator):
        monkeypatch.setattr(locator, "ensure_cache_path", refuse)
    monkeypatch.setattr(config, "CACHE_DIR", "")


def test_it_is_kept_in_a_folder_of_this_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    private._root.cache_clear()
    assert kernel.kernel(doubled)(np.zeros(3)) == 6
    own = tmp_path / f"align-corpus-{os.geteuid()}"
    assert private.is_private(str(own)) and len(list((own / "kernels").rglob("*.nbi"))) == 1


def test_without_a_place_it_runs_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "not there"))
    private._root.cache_clear()
    assert kernel.kernel(doubled)(np.zeros(4)) == 8


def test_it_is_kept_under_one_name_for_all_recent_cpus() -> None:
    _, name, features = cpu_target.target_context.codegen().magic_tuple()
    own = binding.get_host_cpu_features()
    expected = ("x86-64-v3", "") if kernel.runs_common(own) else (binding.get_host_cpu_name(), own.flatten())
    assert (name, features) == expected


@pytest.mark.parametrize("missing", kernel.FEATURES)
def test_a_cpu_without_a_feature_of_that_name_gets_its_own_code(missing: str) -> None:
    every = dict.fromkeys((*kernel.FEATURES, "sse2"), True)
    assert kernel.runs_common(every)
    assert not kernel.runs_common(every | {missing: False})
    assert not kernel.runs_common({})
