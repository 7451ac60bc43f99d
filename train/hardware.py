"""The machine that a training runs on: its processor, memory and accelerators, without its name or address."""

from __future__ import annotations

import os
import platform
from collections import Counter
from pathlib import Path
from typing import Any

import tensorflow as tf

CPUS, MODEL = "/proc/cpuinfo", "model name"


def hardware() -> dict[str, Any]:
    """The processor's model, the cores that this process may use, memory in bytes, and accelerators by their names.

    What the system doesn't tell is None.
    """
    return {"cpu": processor(), "cores": cores(), "memory": memory(), "accelerators": accelerators()}


def processor(cpus: str = CPUS) -> str | None:
    """The model of the processor: on Linux from the file `cpus`."""
    try:
        lines = Path(cpus).read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    models = (value.strip() for name, _, value in (line.partition(":") for line in lines) if name.strip() == MODEL)
    return next(models, None) or platform.processor() or None


def cores() -> int | None:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def memory() -> int | None:
    """The memory of the machine in bytes."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def accelerators() -> dict[str, int]:
    """The number of GPUs by their names."""
    names = (tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU"))
    return dict(Counter(str(details.get("device_name", "GPU")) for details in names))
