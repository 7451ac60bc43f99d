"""Two lanes: `-m "not slow"` runs in under a minute, all tests in a quarter of an hour. A pytest plugin.

A file that is slow as a whole has the line `pytestmark = pytest.mark.slow(...)`. The fast lane does not import such a
file, nor TensorFlow, whose import alone takes as long as hundreds of tests. A test without the marker may not start a
process, in either lane, so that no test becomes slow unseen.
"""

from __future__ import annotations

import gc
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings

FAST = "not slow"
SLOW_FILE = re.compile(r"^pytestmark = \[?pytest\.mark\.slow\b", re.MULTILINE)
TENSORFLOW = ("tensorflow", "keras")

BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure
settings.register_profile("busy", BUSY)
settings.register_profile("fast", BUSY, max_examples=30)  # of the hundred that all tests together draw
settings.load_profile("busy")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.markexpr == FAST:
        settings.load_profile("fast")
        sys.modules.update(dict.fromkeys(TENSORFLOW))  # with None an import is an ImportError


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    slow = config.option.markexpr == FAST and collection_path.suffix == ".py"
    return True if slow and SLOW_FILE.search(collection_path.read_text()) else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Looks for no garbage, which takes a fifth of the time: what is collected stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with the longest files, so that no process ends long after the others."""
    seconds: dict[Path, float] = {}
    for item in items:
        for marker in item.iter_markers("slow"):
            seconds[item.path] = max(seconds.get(item.path, 0), marker.kwargs.get("seconds", 0))
    items.sort(key=lambda item: -seconds.get(item.path, 0))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with ExitStack() as patches:
        if item.get_closest_marker("slow") is None:
            patches.enter_context(mock.patch.object(subprocess.Popen, "__init__", _refuse))
            patches.enter_context(mock.patch.object(BaseProcess, "start", _refuse))
        return (yield)


def _refuse(*_: Any, **__: Any) -> NoReturn:
    pytest.fail("a test that starts a process needs @pytest.mark.slow")
