"""Measures the signals of texts: words, counts over the whole corpus, and the first rare n-gram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from pipeline.config import Text
from pipeline.files import Output, local_copy
from pipeline.storage.runs import COUNTED, COUNTS, HASHES, read_run
from vocab.characters import load
from vocab.hashing import hash_words
from vocab.lookup import SortedTable
from vocab.rare import first_rare, ngram_texts
from vocab.segment import segmented_counts


@dataclass(frozen=True)
class CorpusCounts:
    """The counts of pass 2, memory-mapped; `frequent` is None if no n-gram can be rare."""

    images: SortedTable
    texts: SortedTable
    frequent: SortedTable | None


@lru_cache(maxsize=1)
def load_counts(output: Output) -> CorpusCounts:
    """Opens the counts of a run; cached per process."""

    def table(kind: str) -> SortedTable:
        (hashes,) = read_run(local_copy(output.path(f"{COUNTS}/{kind}")), HASHES)
        (counts,) = read_run(local_copy(output.path(f"{COUNTS}/{kind}-counts")), COUNTED[1:])
        return SortedTable(hashes, counts)

    frequent = None
    if output.has(f"{COUNTS}/frequent"):
        frequent = SortedTable(*read_run(local_copy(output.path(f"{COUNTS}/frequent")), HASHES))
    return CorpusCounts(table("images"), table("texts"), frequent)


def measure_text(pairs: Mapping[str, pa.Array], counts: CorpusCounts, text: Text) -> dict[str, pa.Array]:
    """Returns the columns `words`, `texts_of_image`, `images_of_text` and `rare_ngram` of an index shard."""
    texts, characters = pairs["text"], load(text.profile)
    words = hash_words(texts, characters)
    word_counts = segmented_counts(texts, words.counts, characters) if text.segment else words.counts
    rare = pa.nulls(len(texts), pa.string())
    if counts.frequent is not None:
        rare = ngram_texts(texts, first_rare(words, counts.frequent), characters)
    image_hash = pairs["image_hash"]
    unknown = image_hash.is_null().to_numpy(zero_copy_only=False)
    images, hashes = image_hash.fill_null(0).to_numpy(), pairs["text_hash"].to_numpy()
    return {
        "words": pa.array(word_counts.astype(np.int32)),
        "texts_of_image": pa.array(counts.images.counts_of(images, 1), pa.int64(), mask=unknown),
        "images_of_text": pa.array(counts.texts.counts_of(hashes, 1), pa.int64(), mask=unknown),
        "rare_ngram": rare,
    }
