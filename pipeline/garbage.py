"""How often Python looks for garbage: rarely, since nearly all objects stay until a process ends."""

from __future__ import annotations

import gc

OBJECTS = 100_000  # new ones until the next search; Python's own number is 700


def search_rarely() -> None:
    """Searches for garbage once in many objects. Libraries make hundreds of thousands while they are imported, and the
    searches take a fifth of that time.
    """
    gc.set_threshold(OBJECTS, *gc.get_threshold()[1:])
