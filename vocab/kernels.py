"""The compiled kernels under one name: words, hashes, n-grams and counts of whole columns, on Arrow's buffers.

No row is ever a Python object. Importing this loads numba (0.3 s), so import it where it is used. The first call of
a kernel compiles it for a second or so; the machine code is then cached on disk.
"""

from vocab.counting import count, radix_sort
from vocab.hashing import Words, hash_bigrams, hash_strings, hash_words
from vocab.lookup import SortedTable
from vocab.rare import first_rare, ngram_texts

__all__ = [
    "SortedTable",
    "Words",
    "count",
    "first_rare",
    "hash_bigrams",
    "hash_strings",
    "hash_words",
    "ngram_texts",
    "radix_sort",
]
