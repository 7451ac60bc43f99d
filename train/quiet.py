"""Silences the messages that TensorFlow's libraries print at their import: half a page, nothing from this project."""

from __future__ import annotations

import os
import sys

LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def import_tensorflow() -> list[str]:
    """Imports TensorFlow; returns its devices' names, such as GPU:0. With LEVEL set its messages are printed."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if LEVEL in os.environ:
        return _devices()
    os.environ[LEVEL] = "2"
    sys.stderr.flush()
    terminal, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        return _devices()
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nothing)


def _devices() -> list[str]:
    import tensorflow as tf

    return [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()]
