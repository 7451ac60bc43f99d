"""The compiler of functions that loop over bytes and hashes. Importing this module loads numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from numba import njit
from numba.core import config

from vocab.private import private_folder

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def kernel(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compiles `function` at its first call, without Python's lock, and keeps the machine code for the next process.

    Numba keeps the code beside the source, or in the user's cache folder. If neither can be written, it goes into a
    folder that no other user can write, since numba executes what it reads there.
    """
    try:
        return _compiled(function, cache=True)
    except RuntimeError:  # numba found no writable cache folder
        pass
    try:
        setattr(config, "CACHE_DIR", private_folder("kernels"))  # noqa: B010  it comes from the environment
    except OSError:  # no folder at all: every process compiles
        return _compiled(function, cache=False)
    return _compiled(function, cache=True)


def _compiled(function: Callable[Arguments, Result], cache: bool) -> Callable[Arguments, Result]:
    compiled: Callable[Arguments, Result] = njit(cache=cache, nogil=True)(function)
    return compiled
