"""Errors of a run, reported in one line."""

from __future__ import annotations


class TrainingError(ValueError):
    """A problem with records, devices, checkpoints or the loss that ends a run."""
