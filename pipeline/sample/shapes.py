"""The outline of every shape: one closed polygon within -1 and 1, y downwards."""

from __future__ import annotations

import functools

import numpy as np

TURN = np.linspace(0, 2 * np.pi, 64, endpoint=False)


@functools.cache
def outline(shape: str) -> np.ndarray:
    """The corners of `shape` (a name of `scenes.SHAPES`), float64 (corners, 2). Raises KeyError."""
    return _CURVES[shape]() if shape in _CURVES else np.asarray(_POLYGONS[shape], np.float64)


def _circle() -> np.ndarray:
    return _points(np.cos(TURN), np.sin(TURN))


def _star() -> np.ndarray:
    angles = np.arange(10) * np.pi / 5 - np.pi / 2
    return _points(np.cos(angles), np.sin(angles)) * np.where(np.arange(10) % 2, 0.42, 1.0)[:, None]


def _heart() -> np.ndarray:
    y = 13 * np.cos(TURN) - 5 * np.cos(2 * TURN) - 2 * np.cos(3 * TURN) - np.cos(4 * TURN)
    return _points(np.sin(TURN) ** 3, -(y + 2.5) / 16)


def _moon() -> np.ndarray:
    """Most of a circle, open to the right, and back from tip to tip along an ellipse."""
    outer, inner = np.linspace(0.35, 1.65, 40) * np.pi, np.linspace(-0.5, 0.5, 40) * np.pi
    tip_x, tip_y = np.cos(outer[0]), np.sin(outer[0])
    x = np.concatenate([np.cos(outer), tip_x - 0.85 * np.cos(inner)])
    y = np.concatenate([np.sin(outer), tip_y * np.sin(inner)])
    return _points(x + 0.27, y)


def _fish() -> np.ndarray:
    """An ellipse that is open to the left, where the tail fin is."""
    body = np.linspace(-np.pi * 0.88, np.pi * 0.88, 50)
    tail = [(-1, 0.55), (-0.85, 0), (-1, -0.55)]
    return np.concatenate([_points(0.25 + 0.75 * np.cos(body), 0.6 * np.sin(body)), tail])


def _flower() -> np.ndarray:
    fine = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    return _points(np.cos(fine), np.sin(fine)) * (0.72 + 0.28 * np.cos(6 * fine))[:, None]


def _points(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([x, y], axis=1)


_CURVES = {
    "circle": _circle,
    "star": _star,
    "heart": _heart,
    "moon": _moon,
    "fish": _fish,
    "flower": _flower,
}

_POLYGONS = {
    "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "triangle": [(0, -0.95), (1, 0.8), (-1, 0.8)],
    "cross": [
        *[(-0.3, -1), (0.3, -1), (0.3, -0.3), (1, -0.3), (1, 0.3), (0.3, 0.3)],
        *[(0.3, 1), (-0.3, 1), (-0.3, 0.3), (-1, 0.3), (-1, -0.3), (-0.3, -0.3)],
    ],
    "arrow": [(0, -1), (0.8, -0.1), (0.3, -0.1), (0.3, 1), (-0.3, 1), (-0.3, -0.1), (-0.8, -0.1)],
    "house": [(0, -1), (1, -0.1), (0.75, -0.1), (0.75, 0.9), (-0.75, 0.9), (-0.75, -0.1), (-1, -0.1)],
    "tree": [
        *[(0, -1), (0.55, -0.3), (0.3, -0.3), (0.85, 0.45), (0.18, 0.45), (0.18, 1)],
        *[(-0.18, 1), (-0.18, 0.45), (-0.85, 0.45), (-0.3, -0.3), (-0.55, -0.3)],
    ],
}
