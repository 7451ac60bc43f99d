"""The rules on texts, each a sentence of ALIGN section 3, "Text-based filtering"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from filters.base import Signals


@dataclass(frozen=True)
class ImagesOfText:
    """Drops an alt-text that is shared by more than 10 images. 10 stays."""

    reason: ClassVar[str] = "images_of_text"
    needs: ClassVar[tuple[str, ...]] = ("images_of_text",)
    max_images: Annotated[int, "most images of an alt-text that stays", "images"] = 10
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        return pc.greater(signals["images_of_text"], self.max_images)


@dataclass(frozen=True)
class RareNgram:
    """Drops an alt-text with any unigram or bigram outside the 100 million most frequent ones of the raw corpus.

    `min_count` is ours: in a corpus with fewer n-grams than `top_k` nothing else can be rare.
    An n-gram seen exactly `min_count` times stays; ties at the cut go to the smallest hash.
    """

    reason: ClassVar[str] = "rare_ngram"
    needs: ClassVar[tuple[str, ...]] = ("rare_ngram",)
    top_k: Annotated[int, "most frequent n-grams of the raw corpus, which are not rare", "n-grams"] = 100_000_000
    min_count: Annotated[int, "fewest occurrences of an n-gram that is not rare", "occurrences"] = 1
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        return pc.is_valid(signals["rare_ngram"])


@dataclass(frozen=True)
class WordCount:
    """Drops an alt-text of under 3 or over 20 words. 3 and 20 stay."""

    reason: ClassVar[str] = "word_count"
    needs: ClassVar[tuple[str, ...]] = ("words",)
    min_words: Annotated[int, "fewest words that stay", "words"] = 3
    max_words: Annotated[int, "most words that stay", "words"] = 20
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        words = signals["words"]
        return pc.or_kleene(pc.less(words, self.min_words), pc.greater(words, self.max_words))
