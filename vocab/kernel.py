"""The compiler of functions that loop over bytes and hashes. Importing this module loads numba."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from llvmlite import binding
from numba import njit
from numba.core import config

from vocab.private import private_folder

COMMON_CPU = "x86-64-v3"  # of x86-64 machines since 2013 (Haswell); kernels for the very CPU aren't measurably faster
FEATURES = ("avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")  # of that level, above those of its forerunners

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


def compile_for_common_cpu() -> None:
    """Compiles for `COMMON_CPU` where this machine's CPU can run it, and `NUMBA_CPU_NAME` names no other.

    Numba keeps machine code for each CPU apart. With one name for all of them, what was compiled when an image was
    built, or in a home folder that several machines share, serves them all.
    """
    if getattr(config, "CPU_NAME", None) is None and runs_common(binding.get_host_cpu_features()):
        setattr(config, "CPU_NAME", COMMON_CPU)  # noqa: B010  it comes from the environment
        setattr(config, "CPU_FEATURES", "")  # noqa: B010  those that the name implies


def runs_common(features: Mapping[str, bool]) -> bool:
    """Returns whether a CPU with these features, by their names in LLVM, runs code for `COMMON_CPU`."""
    return all(features.get(name, False) for name in FEATURES)


compile_for_common_cpu()
