"""A phase of a classifier's training: kept in checkpoints, from which it goes on as if it had never stopped."""

from __future__ import annotations
