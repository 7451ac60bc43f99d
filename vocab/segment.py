"""Word counts for texts in scripts without spaces between words: Thai, Lao, Khmer and Myanmar.

Words are tokens with a letter or digit, as everywhere, once a space stands at every boundary that ICU's dictionary of
the language finds. In all four scripts:

* A run is letters, vowel signs and tone signs of one of these scripts. It ends at anything else, also at a digit or a
  Latin letter, so text glued to it is counted apart: `ไทยiPhoneสวย` is three words.
* A run's words are those of the dictionaries (Thai, Lao, Khmer, Burmese), with the signs of repetition and abbreviation
  that follow them. Text in no dictionary, such as a foreign name, splits into about its syllables, and so does
  another language in Myanmar script, such as Shan.
* A zero-width space ends a run: careful writers mark words with it. Joiners are dropped, as in tokens.

Segmentation affects counts only: tokens, n-grams and the vocabulary never change.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vocab.characters import Characters
from vocab.hashing import hash_words

THAI = "\u0e01-\u0e3a\u0e40-\u0e4e"
LAO = "\u0e80-\u0ecf\u0edc-\u0eff"
KHMER = "\u1780-\u17d3\u17d7\u17dc\u17dd"
MYANMAR = "\u1000-\u103f\u1050-\u108f\u109a-\u109d\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa76\uaa7a-\uaa7f"
SCRIPTS = (THAI, LAO, KHMER, MYANMAR)
JOINERS = "\u200c\u200d"
_LETTER = f"[{''.join(SCRIPTS)}]"
_RUN = re.compile("|".join(f"[{letters}][{letters}{JOINERS}]*" for letters in SCRIPTS))
_NO_JOINERS = str.maketrans("", "", JOINERS)


def dictionaries() -> str:
    """The version of ICU, whose dictionaries define the words. Raises ImportError without the package icu4py."""
    from icu4py import icu_version

    return f"ICU {icu_version}"


def segmented_counts(texts: pa.StringArray, counts: np.ndarray, characters: Characters) -> np.ndarray:
    """Words per text, int64 (rows,): `counts` for texts without a letter of these scripts, else never fewer.

    `counts` is `hash_words(texts, characters).counts`, int64 (rows,). Raises ImportError without the package icu4py.
    """
    affected = pc.match_substring_regex(texts, _LETTER).fill_null(False)
    spaced = pa.array(map(spaced_text, texts.filter(affected).to_pylist()), pa.string())
    segmented = counts.copy()
    segmented[affected.to_numpy(zero_copy_only=False)] = hash_words(spaced, characters).counts
    return segmented


def spaced_text(text: str) -> str:
    """The text with spaces around the words of every run. Raises ImportError without the package icu4py."""
    return _RUN.sub(lambda run: f" {' '.join(_segments(run[0]))} ", text)


def _segments(run: str) -> list[str]:
    from icu4py.breakers import WordBreaker

    return list(WordBreaker(run.translate(_NO_JOINERS), "und"))
