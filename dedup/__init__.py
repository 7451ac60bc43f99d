"""Near-duplicates: images hashed in many variants, and look-ups that are verified pixel by pixel.

What stands in `__all__` is public, and imported at its first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedup.evaluation import EvalIndex, Matches, build
    from dedup.search import Search

__all__ = ["EvalIndex", "Matches", "Search", "build"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dedup import evaluation

    return getattr(evaluation, name)
