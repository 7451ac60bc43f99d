"""The vocabulary: what a word is, n-grams and their hashes, and the WordPiece tokeniser.

What stands in `__all__` is public, and imported at its first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vocab.wordpiece import WordPieceTokenizer

__all__ = ["WordPieceTokenizer"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from vocab import wordpiece

    return getattr(wordpiece, name)
