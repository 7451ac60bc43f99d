"""Rules, models and indexes by which a run measures pixels, loaded once a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pyarrow as pa

from dedup.evaluation import EvalIndex
from dedup.search import Search
from filters import EvalDuplicate, Porn, Rule
from filters.porn import FAST, Quick, Scorer, load_quick, load_scorer
from pipeline.config import Config
from pipeline.earlier.judged import judged_before
from pipeline.files import Output
from pipeline.measure.eval_index_files import open_index
from pipeline.measure.vectors import EmbeddingSearch, load_search
from pipeline.storage.evaluation import EVAL_INDEX


@dataclass(frozen=True)
class Measures:
    """Everything that measures pixels in this run; `index` is None also without evaluation sets, `scorer` if the rule
    is off, `quick` if the scorer decides alone.

    `embedding`, if there is one, holds the images of `index` in the same order.
    """

    rules: Sequence[Rule]
    index: EvalIndex | None
    search: Search
    scorer: Scorer | None
    max_pixels: int
    everything: bool  # every enabled rule for every pair
    embedding: EmbeddingSearch | None = None
    quick: Quick | None = None
    own: Sequence[Rule] = ()  # the user's, judged after `rules`; no measurement depends on them

    @cached_property
    def eval_ids(self) -> pa.StringArray:
        """The ids of the images in the index."""
        return pa.array(self.index.ids if self.index else [], pa.string())

    def before(self, late: type[EvalDuplicate] | type[Porn]) -> list[Rule]:
        """The rules that are judged before `late` is measured."""
        later = {EvalDuplicate: (EvalDuplicate, Porn), Porn: (Porn,)}[late]
        return [rule for rule in self.rules if not isinstance(rule, later)]


@lru_cache(maxsize=1)
def load_measures(output: Output, config: Config, judged: tuple[str, ...] = ()) -> Measures:
    """Loads the evaluation index, the porn model and the embedder; cached once a process.

    `judged` are the reasons of rules that an earlier run judged.
    """
    filters = config.filters
    index: EvalIndex | None = None
    if filters.eval_duplicate.enabled and output.has(EVAL_INDEX):
        index = open_index(output.path(EVAL_INDEX))
    scorer, quick = _load_scorers(filters.porn)
    return Measures(
        rules=judged_before((rule for rule in filters.ours() if rule.enabled), judged),
        index=index,
        search=search_of(config),
        scorer=scorer,
        max_pixels=filters.undecodable.max_pixels,
        everything=config.measure == "all",
        embedding=load_search(output, config.dedup.embedding) if index is not None else None,
        quick=quick,
        own=judged_before((rule for rule in filters.own() if rule.enabled), judged),
    )


def _load_scorers(porn: Porn) -> tuple[Scorer | None, Quick | None]:
    if not porn.enabled:
        return None, None
    return load_scorer(porn.model, porn.preparation), load_quick(porn.max_score) if porn.speed == FAST else None


def search_of(config: Config) -> Search:
    """The limits of a near-duplicate by the settings, and how thorough the lookup is."""
    return config.dedup.search(thorough=config.filters.eval_duplicate.mode == "thorough")
