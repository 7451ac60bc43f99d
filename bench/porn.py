"""The porn model's two speeds: every decision that differs on thousands of pictures, and images a CPU second.

Scores are kept in out/bench/porn, so that a run that was ended goes on where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from bench.corpus import FOLDER
from bench.debian_pictures import UNSEEN, debian_packages
from bench.figures import Figure, median
from bench.porn_pictures import Found, find_pictures
from bench.porn_ranges import calibration
from filters.open_nsfw import QUANTISED_SHA256
from filters.picture import UndecodableImage
from filters.porn import MARGIN, QUICK_SIDE, load_quick, load_scorer, lowest_doubt

MAX_SCORES = (0.2, 0.5, 0.8)
NEAR = 0.03
ROUNDED = 5e-5  # half of the last decimal of a score
CONFIDENCE = 0.95
BAR = 1.8  # times as many images a CPU second
TIMED, ROUNDS = 1400, 3  # pictures a round

Scores = dict[str, np.ndarray]  # by column: source, exact, quick


def porn(folders: Sequence[Path]) -> Iterator[Figure]:
    """The figures for the pictures in `folders` and Debian's, without those that the quick model's ranges are from.

    Those of packages that played no part in choosing anything have figures of their own.
    """
    packages = debian_packages(FOLDER / "porn")
    own = {folder.name: folder for folder in folders}
    sources = own | packages | debian_packages(FOLDER / "porn", UNSEEN)
    scores = _scores(sources, {found.sha256 for found in calibration(packages)})
    for source, pictures in zip(*np.unique(scores["source"], return_counts=True), strict=True):
        yield Figure(f"pictures of {source}", pictures)
    unseen = np.isin(scores["source"], list(UNSEEN))
    for of, those in (("all", np.ones(len(unseen), bool)), ("unseen", unseen)):
        yield from _figures(of, scores["exact"][those], scores["quick"][those])
    for of, those in (("the folders given", own), ("all", sources)):
        if those:
            yield from (replace(each, what=f"{of}: {each.what}") for each in _speed(those))


def _scores(sources: Mapping[str, Path], without: Collection[str]) -> Scores:
    """The scores of all pictures, in both ways; new ones are added to a file of lines of JSON."""
    path = FOLDER / "porn" / f"scores-{QUANTISED_SHA256[:16]}.jsonl"
    known = {row["sha256"]: row for row in map(json.loads, path.open())} if path.exists() else {}
    with path.open("a") as file:
        for found in find_pictures(sources):
            if found.sha256 not in known and found.sha256 not in without and (row := _score(found)):
                known[found.sha256] = row
                print(json.dumps(row), file=file, flush=True)
    return {column: np.array([row[column] for row in known.values()]) for column in ("source", "exact", "quick")}


def _score(found: Found) -> dict[str, Any] | None:
    """The scores of a picture; None if it can't be decoded."""
    exact, quick = load_scorer(), load_quick(MAX_SCORES[0]).scorer
    try:
        whole, small = found.open().converted, found.open().at_least(QUICK_SIDE)
    except UndecodableImage:
        return None
    scores = {"exact": exact([whole])[0], "quick": quick([small])[0]}
    return {"sha256": found.sha256, "source": found.source} | {name: round(each, 4) for name, each in scores.items()}


def _figures(of: str, exact: np.ndarray, quick: np.ndarray) -> Iterator[Figure]:
    yield Figure(f"{of}: pictures", len(exact))
    yield from (replace(each, what=f"{of}: {each.what}") for each in _errors(exact, quick))
    for max_score in MAX_SCORES:
        yield from (replace(each, what=f"{of}, {each.what}") for each in _decisions(exact, quick, max_score))


def _errors(exact: np.ndarray, quick: np.ndarray) -> Iterator[Figure]:
    """How far quick scores are off, in logits, where the exact score is near a limit that one might set, or over it."""
    near = exact > NEAR
    off = _logits(quick[near]) - _logits(exact[near])
    missed, many = int((off < -MARGIN).sum()), int(near.sum())
    yield Figure(f"exact scores over {NEAR:g}", many)
    yield Figure("quick scores of these: mean error", off.mean(), "logits")
    yield Figure("quick scores of these: standard deviation", off.std(), "logits")
    yield Figure("quick scores of these: furthest below", off.min(), "logits")
    yield Figure(f"at most so many of these are over {MARGIN:g} below (95 %)", 100 * _most(missed, many), "%")


def _logits(scores: np.ndarray) -> np.ndarray:
    clipped = np.clip(scores, ROUNDED, 1 - ROUNDED)
    return np.log(clipped / (1 - clipped))


def _decisions(exact: np.ndarray, quick: np.ndarray, max_score: float) -> Iterator[Figure]:
    """Decisions at a limit: quick scores alone, and with the exact ones from `lowest_doubt` on."""
    low, over = lowest_doubt(max_score), exact > max_score
    asked = quick >= low
    lost, many = int((over & ~asked).sum()), int(over.sum())
    at = f"at {max_score:g}"
    yield Figure(f"{at}: pictures over it", many)
    yield Figure(f"{at}: decisions that the quick model alone changes", int(((quick > max_score) != over).sum()))
    yield Figure(f"{at}: pictures that the exact model is asked for, from {low:.3g} on", 100 * asked.mean(), "%")
    yield Figure(f"{at}: largest exact score that is not asked for", exact[~asked].max())
    yield Figure(f"{at}: decisions that change", lost, at_most=0)
    yield Figure(f"{at}: at most so many of all pictures change (95 %)", 100 * _most(lost, len(exact)), "%")
    if many:
        yield Figure(f"{at}: at most so many of those over it are missed (95 %)", 100 * _most(lost, many), "%")


def _most(found: int, of: int) -> float:
    """The upper end of a share by Clopper and Pearson, one-sided."""
    return 1.0 if found == of else float(stats.beta.ppf(CONFIDENCE, found + 1, of - found))


def _speed(sources: Mapping[str, Path]) -> Iterator[Figure]:
    """CPU time an image, decoding included, in turns."""
    step = max(1, sum(1 for _ in find_pictures(sources)) // TIMED)
    pictures = list(islice(find_pictures(sources), 0, None, step))
    rounds = [(_cpu(_exactly, pictures), _cpu(_fast, pictures)) for _ in range(ROUNDS)]
    yield Figure("speed=exact", 1e3 * median([exact for exact, _ in rounds]), "ms / image")
    yield Figure("speed=fast", 1e3 * median([fast for _, fast in rounds]), "ms / image")
    ratio = median([exact / fast for exact, fast in rounds])
    asked = [load_quick(MAX_SCORES[0]).scorer([each.open().at_least(QUICK_SIDE)])[0] for each in pictures]
    share = np.mean(np.array(asked) >= lowest_doubt(MAX_SCORES[0]))
    yield Figure("pictures of these that the exact model is asked for", 100 * share, "%")
    yield Figure("images a CPU second, fast / exact", ratio, "x", at_least=BAR)


def _cpu(score: Callable[[Found], None], pictures: Sequence[Found]) -> float:
    """CPU seconds a picture."""
    begin = time.process_time()
    for picture in pictures:
        score(picture)
    return (time.process_time() - begin) / len(pictures)


def _exactly(found: Found) -> None:
    load_scorer()([found.open().converted])


def _fast(found: Found) -> None:
    picture, quick = found.open(), load_quick(MAX_SCORES[0])
    if quick.scorer([picture.at_least(QUICK_SIDE)])[0] >= quick.low:
        load_scorer()([picture.converted])
