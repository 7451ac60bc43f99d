"""CPU time of the text passes by function: the stages, called one after the other.

Runs without Beam, so that no thread hides from the profiler; the rest of the whole command is a separate line.
"""

from __future__ import annotations

import cProfile
import pstats
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from bench.corpus import FOLDER, captions, make_corpus, warm_up
from bench.figures import Figure

PASSES = ("index", "count", "emit", "finish")
FUNCTIONS_SHOWN = 10  # functions shown of each pass
LEAST_SECONDS = 0.03


class Stages:
    """The passes of a run on URL-only tables as plain calls, in the order of `PASSES`."""

    def __init__(self, crawl: Path, output: Path) -> None:
        from pipeline.commands.corpus.options import parse
        from pipeline.engines.progress import Meter
        from pipeline.files import Output
        from pipeline.inputs import find_sources

        shutil.rmtree(output, ignore_errors=True)
        self._config = parse([f"--input={crawl}", f"--output={output}"]).config
        self._sources = find_sources([str(crawl)])
        self._output, self._meter = Output(str(output)), Meter(None)

    def index(self) -> None:
        from pipeline.index import index_task, split_source
        from pipeline.storage.plan import make_plan

        settings = self._config.input
        for source in self._sources:
            for task in split_source(source, self._output, settings):
                index_task(task, self._output, settings, self._meter)
        self._plan = make_plan(self._output, self._sources, skip_bad=False)

    def count(self) -> None:
        from bench.count_stages import count_in_order
        from pipeline.counting import counting, groups

        rule, profile = self._config.filters.rare_ngram, self._config.text.profile
        job = counting(self._output, self._plan, profile, rule, self._meter)
        count_in_order(groups(job.output, self._plan.shards), job)

    def emit(self) -> None:
        from pipeline.emit import Emission, emit_shard

        emission = Emission(self._output, self._config, self._plan.carried, self._meter)
        for shard in self._plan.shards:
            emit_shard(shard, emission)

    def finish(self) -> None:
        from pipeline.finish import finish
        from pipeline.identity import identity
        from pipeline.measure.eval_sets import EvalSets

        sets = EvalSets()
        finish(self._output, self._config, self._plan, sets, identity(self._config, self._sources, sets), {})


def hot_spots(rows: int, foreign: float) -> Iterator[Figure]:
    """CPU seconds of each pass, and of its most expensive functions, without the functions they call."""
    crawl = captions(rows, foreign)
    warm_up()
    whole = make_corpus("hot_spots", crawl).cpu
    profiles = [_profiles(crawl) for _ in range(2)][1]  # the first run imports and loads
    passes = {name: profile.total_tt for name, profile in profiles.items()}  # type: ignore[attr-defined]
    yield Figure("the whole command", whole, "s")
    yield Figure("of it imports, Beam and all that is not a pass", whole - sum(passes.values()), "s")
    for name, profile in profiles.items():
        yield Figure(f"{name}, all", passes[name], "s")
        yield from _functions(name, profile)


def _profiles(crawl: Path) -> dict[str, pstats.Stats]:
    stages = Stages(crawl, FOLDER / "runs" / "stages")
    return {name: _profile(stages, name) for name in PASSES}


def _profile(stages: Stages, name: str) -> pstats.Stats:
    profile = cProfile.Profile(time.process_time)
    profile.runcall(getattr(stages, name))
    return pstats.Stats(profile)


def _functions(name: str, profile: pstats.Stats) -> Iterator[Figure]:
    own = {function: row[2] for function, row in profile.stats.items()}  # type: ignore[attr-defined]
    for function in sorted(own, key=own.__getitem__, reverse=True)[:FUNCTIONS_SHOWN]:
        if own[function] >= LEAST_SECONDS:
            yield Figure(f"{name}: {_called(*function)}", own[function], "s")


def _called(file: str, _line: int, function: str) -> str:
    """A name such as `runs.merge_counts`, or `numpy.ndarray.argsort` for code outside Python."""
    if file.startswith("~"):
        return function.strip("<>{}").replace("built-in method ", "").replace("method ", "")
    return f"{Path(file).stem}.{function}"
