"""The rules on texts, each a sentence of ALIGN section 3, "Text-based filtering"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.base import Signals
from filters.bins import Bins, by_factors
from filters.wording import Row, words


@dataclass(frozen=True)
class ImagesOfText:
    """Drops an alt-text that is shared by more than 10 images. 10 stays."""

    reason: ClassVar[str] = "images_of_text"
    needs: ClassVar[tuple[str, ...]] = ("images_of_text",)
    max_images: Annotated[int, "most images of an alt-text that stays", "images"] = 10
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        return pc.greater(signals["images_of_text"], self.max_images)

    def sentence(self) -> str:
        return f"Alt-text shared by more than {self.max_images:,} images"

    def decided(self, row: Row) -> str:
        return f"{row['images_of_text']:,} images, at most {self.max_images:,}"

    def bins(self) -> Bins:
        return Bins(
            value="images_of_text",
            edges=by_factors(self.max_images + 1, steps=2),
            cuts=((self.max_images + 1, f"≤ {self.max_images:,}"),),
            title="Images of the alt-text",
            unit="distinct images",
            unmeasured="the image has no identity",
            log_values=True,
            log_pairs=True,
        )


@dataclass(frozen=True)
class RareNgram:
    """Drops an alt-text with any unigram or bigram outside the 100 million most frequent ones of the raw corpus.

    `min_count` is not the paper's: in a corpus with fewer n-grams than `top_k` nothing else can be rare.
    An n-gram seen exactly `min_count` times stays; ties at the cut go to the smallest hash.
    """

    reason: ClassVar[str] = "rare_ngram"
    needs: ClassVar[tuple[str, ...]] = ("rare_ngram",)
    top_k: Annotated[int, "most frequent n-grams of the raw corpus, which are not rare", "n-grams"] = 100_000_000
    min_count: Annotated[int, "fewest occurrences of an n-gram that is not rare", "occurrences"] = 1
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        return pc.is_valid(signals["rare_ngram"])

    def sentence(self) -> str:
        seldom = f", or seen under {self.min_count:,} times" if self.min_count != 1 else ""
        return f"A unigram or bigram outside the {self.top_k:,} most frequent{seldom}"

    def decided(self, row: Row) -> str:
        return f"rare: “{row['rare_ngram']}”"


@dataclass(frozen=True)
class WordCount:
    """Drops an alt-text of under 3 or over 20 words. 3 and 20 stay."""

    reason: ClassVar[str] = "word_count"
    needs: ClassVar[tuple[str, ...]] = ("words",)
    min_words: Annotated[int, "fewest words that stay", "words"] = 3
    max_words: Annotated[int, "most words that stay", "words"] = 20
    enabled: bool = True

    def drops(self, signals: Signals) -> pa.Array:
        count = signals["words"]
        return pc.or_kleene(pc.less(count, self.min_words), pc.greater(count, self.max_words))

    def sentence(self) -> str:
        return f"Under {self.min_words:,} or over {self.max_words:,} words"

    def decided(self, row: Row) -> str:
        return f"{words(row)}, {self.min_words:,} to {self.max_words:,}"

    def bins(self) -> Bins:
        step = max(1, (self.max_words + 1) // 40)
        grid = np.arange(0, 3 * self.max_words + 2, step)
        return Bins(
            value="words",
            edges=np.union1d(grid, [self.min_words, self.max_words + 1]),
            cuts=((self.min_words, f"≥ {self.min_words:,}"), (self.max_words + 1, f"≤ {self.max_words:,}")),
            title="Words",
            unit="words of the alt-text",
            unmeasured="no text was counted",
        )
