"""The language of texts without one in the input, as a library guesses it from their characters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MISSING = "needs the package py3langid: pip install 'align-corpus[languages]'"


def identified(texts: pa.StringArray, languages: pa.StringArray) -> pa.StringArray:
    """`languages` with a guess, such as "en", for every text that has none. Raises ImportError without py3langid.

    Many guesses for texts of one to three words are wrong.
    """
    missing = languages.is_null()
    classify = classifier()
    guesses = [classify(text)[0] for text in texts.filter(missing).to_pylist()]
    places = np.cumsum(missing.to_numpy(zero_copy_only=False)) - 1
    filled = pa.array(guesses, pa.string()).take(pa.array(places, mask=~missing.to_numpy(zero_copy_only=False)))
    return pc.coalesce(languages, filled)


def classifier() -> Callable[[str], tuple[str, float]]:
    """Loads the classifier, which guesses a text's language and its certainty. Raises ImportError without py3langid."""
    try:
        import py3langid
    except ImportError as error:
        raise ImportError(MISSING) from error
    classify: Callable[[str], tuple[str, float]] = py3langid.classify
    return classify
