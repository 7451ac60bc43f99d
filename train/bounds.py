"""Checks of values of settings: each raises ValueError with the name and the value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def choose(name: str, value: str, choices: Iterable[str]) -> None:
    """Raises ValueError unless the value of a setting is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name}: {value!r:.100}; the choices are {', '.join(choices)}")


def above(settings: Any, low: float, *names: str) -> None:
    """Raises ValueError unless these settings are over `low`."""
    for name in names:
        if getattr(settings, name) <= low:
            raise ValueError(f"{name}: {getattr(settings, name)} is not over {low}")


def not_under(settings: Any, low: float, *names: str) -> None:
    """Raises ValueError if one of these settings is under `low`."""
    for name in names:
        if getattr(settings, name) < low:
            raise ValueError(f"{name}: {getattr(settings, name)} is under {low}")


def share(name: str, value: float) -> None:
    """Raises ValueError unless `value` is a share in [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"{name}: {value}; a share is from 0 to under 1")
