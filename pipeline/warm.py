"""Imports everything that workers need: once, in the process that they are forked from."""

from __future__ import annotations

import pyarrow as pa
from apache_beam.runners.worker import sdk_worker_main  # noqa: F401

import pipeline.count
import pipeline.emit
import pipeline.inputs
import pipeline.measure.header  # noqa: F401
from dedup import border, rotation
from pipeline.engines.compiling import announce_compiling
from pipeline.statistics.tables import load_kernels as load_statistics_kernels
from pipeline.storage.sorting import load_kernels as load_sorting_kernels
from vocab.canonical import canonical_texts
from vocab.characters import load
from vocab.counting import count
from vocab.hashing import hash_strings, hash_words
from vocab.lookup import SortedTable
from vocab.ngrams import hash_ngrams
from vocab.rare import first_rare, ngram_texts


def load_kernels() -> None:
    """Calls every compiled kernel once, on next to nothing: numba loads its machine code at the first call."""
    characters, texts = load("uncased"), canonical_texts(pa.array(["two words"]))
    hashes, counts = count(hash_ngrams(texts, characters))
    table = SortedTable(hashes[:1], counts[:1])
    table.counts_of(hash_strings(texts), 1)
    ngram_texts(texts, first_rare(hash_words(texts, characters), SortedTable(hashes[:1])), characters)
    load_sorting_kernels()
    load_statistics_kernels()
    border.load_kernels()
    rotation.load_kernels()


announce_compiling()
load_kernels()
