"""The pixel signals that a finished run gives: the kinds that hold in another run, and the shards to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.files import Output, open_file
from pipeline.formats import VERDICTS
from pipeline.inputs.errors import reading
from pipeline.inputs.row_keys import row_keys
from pipeline.outputs.manifest import digest
from pipeline.reuse.conditions import rows_differ
from pipeline.reuse.facts import Facts
from pipeline.reuse.run import FinishedRun, VerdictShard
from vocab.buffers import one_array

READ = ("image_id", "eval_match", "porn_score", "porn_exact", "image_error", "reasons")


@dataclass(frozen=True)
class Signals:
    """The facts to take from the verdicts of a run."""

    root: str
    shards: tuple[VerdictShard, ...]
    early: tuple[str, ...]  # a pair with one of these reasons was not measured
    scores: bool  # porn scores hold
    clear: bool  # what could be decoded and matched nothing does so again
    matches: bool  # there are evaluation images, so a match counts

    @property
    def name(self) -> str:
        """The name of the folder of these facts: another run's, or others of the same run, have another."""
        return digest([self.shards, self.scores, self.clear, self.matches])[:16]

    @property
    def pairs(self) -> int:
        """Number of pairs to read."""
        return sum(shard.rows for shard in self.shards)


def find_signals(run: FinishedRun, this: Mapping[str, Any], *, scores: bool, clear: bool, matches: bool) -> Signals:
    """Returns what the verdicts of `run` tell the run with the identity `this`: see the fields of `Signals`."""
    numbered = not rows_differ(run, this)
    there = {entry["fingerprint"] for entry in this["inputs"]} if numbered else set[str]()
    shards = [shard for shard in run.shards if shard.identified_by == "id" or is_numbered(shard, there)]
    return Signals(run.root, tuple(shards if scores or clear else ()), run.early, scores, clear, matches)


def is_numbered(shard: VerdictShard, there: set[str]) -> bool:
    """Returns whether the images of a shard are known by their rows, in a file with a fingerprint that is `there`."""
    return shard.identified_by == "row" and shard.fingerprint in there


def ids_of(image_ids: pa.StringArray, identified_by: str | None, fingerprint: str, first: int) -> pa.StringArray:
    """Returns the identities under which the facts of a shard's pairs are kept."""
    return image_ids if identified_by == "id" else row_keys(fingerprint, first, len(image_ids))


def read_facts(shard: VerdictShard, signals: Signals) -> tuple[pa.StringArray, Facts]:
    """Reads a verdict shard: the identity of each pair's image, and its facts. Raises BadFile."""
    path = Output(signals.root).path(VERDICTS.file(shard.name))
    with reading(path), open_file(path) as file:
        table = pq.read_table(file, columns=list(READ), use_threads=False)
    columns = {name: one_array(table[name]) for name in table.column_names}
    facts = Facts.none(len(table))
    if signals.clear:
        facts = replace(facts, clear=_clear(columns, signals))
    if signals.scores:
        facts = replace(facts, **_scores(columns))
    return ids_of(columns["image_id"], shard.identified_by, shard.fingerprint, shard.first), facts


def _scores(columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
    """The porn scores, and which of them are the exact model's."""
    exact = columns["porn_exact"].fill_null(False)
    scores, exact = (column.to_numpy(zero_copy_only=False) for column in (columns["porn_score"], exact))
    return {"scores": scores, "exact": exact}


def _clear(columns: Mapping[str, pa.Array], signals: Signals) -> np.ndarray:
    """Marks the pairs whose pixels were measured without a match and without an error."""
    measured: np.ndarray = columns["image_error"].is_null().to_numpy(zero_copy_only=False)
    if signals.matches:
        measured &= columns["eval_match"].is_null().to_numpy(zero_copy_only=False)
    reasons = columns["reasons"]
    dropped = pc.is_in(pc.list_flatten(reasons), pa.array(signals.early, pa.string()))
    measured[pc.list_parent_indices(reasons).filter(dropped).to_numpy()] = False
    return measured
