"""The statistics of a run as `funnel.json` has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.statistics.columns import NOT_READ
from pipeline.statistics.hosts import NO_HOST, NO_URL
from pipeline.statistics.merge import Merged
from pipeline.statistics.shard import OFFENDERS, SHARED
from pipeline.statistics.tables import Table
from pipeline.storage.for_report import NOT_GIVEN

ROWS = 1000  # at most, of each dimension
LEAST_PAIRS = 100  # raw pairs of a host whose share is looked at

_UNKNOWN = {"host": NO_URL, "language": NOT_GIVEN, "picture_format": NOT_READ, "licence": NOT_GIVEN}
_REASONS = ("first_reason", "any_reason")

Row = dict[str, Any]
Notes = Sequence[Mapping[str, Any]]


def origins(merged: Merged, notes: Notes, sources: Sequence[str], funnel: Row) -> Row:
    """The entries `statistics` and `offenders` of a run's `funnel`, which has its other numbers already.

    `notes` and `sources` are of the output shards, in order, and `merged` their statistics.
    """
    codes = list(funnel["first_reason"])
    return {
        "statistics": statistics(merged, notes, sources, codes),
        "offenders": offenders(merged, codes, funnel["ngrams"] is not None),
    }


def statistics(merged: Merged, notes: Notes, sources: Sequence[str], codes: Sequence[str]) -> Row:
    """The statistics by dimension, each null where nothing is known of any pair.

    `notes` count the pairs of each shard, `sources` are the shards' input files, and `codes` the reasons that are told.
    """
    whole = _sum(notes, codes)
    found = {name: _dimension(name, merged, whole, codes) for name in _UNKNOWN}
    return {"source": _by_source(notes, sources, codes)} | found


def offenders(merged: Merged, codes: Sequence[str], ngrams: bool, least: int = LEAST_PAIRS) -> Row:
    """The most frequent causes of drops, each null where it was not measured; `ngrams` says whether n-grams were."""
    hosts, rare = _known("host", merged), merged.tables.get("rare_ngram")
    shared = {kind: _shared(merged, kind) for kind in SHARED}
    return shared | {
        "rare_ngrams": _ngrams(rare) if rare else {"rows": [], "may_lack": 0} if ngrams else None,
        "hosts": _worst(hosts, merged.codes, codes, least) if hosts else None,
    }


def _shared(merged: Merged, kind: str) -> list[Row] | None:
    found = merged.shared[kind]
    return None if found is None else [{SHARED[kind][0]: name, SHARED[kind][1]: count} for name, count, _ in found]


def _ngrams(table: Table) -> Row:
    names, raw = table.names, table.counts[:, 0]
    rows = [{"ngram": names[row].as_py(), "pairs": int(raw[row])} for row in _ordered(table)[:OFFENDERS]]
    return {"rows": rows, "may_lack": table.lacks}


def _worst(table: Table, known: Sequence[str], codes: Sequence[str], least: int) -> Row:
    """The hosts with the smallest share of kept pairs, of those with `least` raw pairs."""
    raw, kept = table.counts[:, 0], table.counts[:, 1]
    hosts = ~np.asarray(pc.is_in(table.names, pa.array([NO_URL, NO_HOST])))
    rows = np.array([row for row in _ordered(table) if hosts[row] and raw[row] >= least and kept[row] < raw[row]], int)
    worst = rows[np.argsort(kept[rows] / raw[rows], kind="stable")][:OFFENDERS]
    return {"least_pairs": least, "rows": [_row(table, row, known, codes) for row in worst], "may_lack": table.lacks}


def _dimension(name: str, merged: Merged, whole: Row, codes: Sequence[str]) -> Row | None:
    table = _known(name, merged)
    if table is None:
        return None
    rows = [_row(table, row, merged.codes, codes) for row in _ordered(table)[:ROWS]]
    return _listed(rows, whole, None if table.is_cut else len(table.names), table.lacks)


def _known(name: str, merged: Merged) -> Table | None:
    """The table of a dimension; None where nothing is known of any pair."""
    table = merged.tables.get(name)
    return None if table is None or set(table.names.slice(0, 2).to_pylist()) <= {_UNKNOWN[name]} else table


def _listed(rows: list[Row], whole: Row, distinct: int | None, lacks: int) -> Row:
    """The rows, and the rest of the `whole` that they don't hold."""
    rest = _less(whole, rows)
    return {"distinct": distinct, "rows": rows, "rest": rest if rest["raw"] else None, "may_lack": lacks}


def _ordered(table: Table) -> list[int]:
    """The rows of a table by raw pairs, ties by name."""
    columns = pa.table({"raw": table.counts[:, 0], "name": table.names})
    order: list[int] = pc.sort_indices(columns, [("raw", "descending"), ("name", "ascending")]).to_pylist()
    return order


def _row(table: Table, row: int, known: Sequence[str], codes: Sequence[str]) -> Row:
    """A row of `funnel.json`, with those of the `known` reasons that are `codes`."""
    raw, kept, *rest = table.counts[row].tolist()
    parts = (rest[: len(known)], rest[len(known) :])
    reasons = {
        kind: _told(dict(zip(known, part, strict=True)), codes) for kind, part in zip(_REASONS, parts, strict=True)
    }
    return {"name": table.names[int(row)].as_py(), "raw": raw, "kept": kept} | reasons


def _told(counts: Mapping[str, int], codes: Sequence[str]) -> dict[str, int]:
    return {code: counts[code] for code in codes if counts.get(code)}


def _by_source(notes: Notes, sources: Sequence[str], codes: Sequence[str]) -> Row:
    of = defaultdict[str, list[Mapping[str, Any]]](list)
    for note, source in zip(notes, sources, strict=True):
        of[source].append(note)
    rows: list[Row] = [{"name": source} | _sum(found, codes) for source, found in of.items()]
    rows.sort(key=lambda row: (-row["raw"], row["name"]))
    return _listed(rows[:ROWS], _sum(notes, codes), len(rows), 0)


def _sum(notes: Notes, codes: Sequence[str]) -> Row:
    sums = {kind: {code: sum(note.get(kind, {}).get(code, 0) for note in notes) for code in codes} for kind in _REASONS}
    whole = {"raw": sum(note["rows"] for note in notes), "kept": sum(note["kept"] for note in notes)}
    return whole | {kind: _told(counts, codes) for kind, counts in sums.items()}


def _less(whole: Row, rows: Sequence[Row]) -> Row:
    left: Row = {name: whole[name] - sum(row[name] for row in rows) for name in ("raw", "kept")}
    for kind in _REASONS:
        rest = {code: count - sum(row[kind].get(code, 0) for row in rows) for code, count in whole[kind].items()}
        left[kind] = {code: count for code, count in rest.items() if count}
    return left
