"""The columns that the user's own rules compare and that nothing here measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from filters import SIGNALS, Rule
from pipeline.outputs.verdicts import fit
from pipeline.storage.plan import CARRIED, Shard
from vocab.buffers import one_array


def own_signals(
    rules: Iterable[Rule], columns: Mapping[str, pa.Array], shard: Shard, carried: pa.Schema
) -> dict[str, pa.Array]:
    """The columns that `rules` need besides the measured `columns` of a shard, with the types of the whole run.

    These are passthrough columns, null where this shard lacks them, and the name of the input file.
    """
    needs = dict.fromkeys(name for rule in rules for name in rule.needs)
    missing = [name for name in needs if name not in SIGNALS or name not in columns]
    return {name: _column(name, columns, shard, carried) for name in missing}


def _column(name: str, columns: Mapping[str, pa.Array], shard: Shard, carried: pa.Schema) -> pa.Array:
    if name == "source":
        return pa.repeat(shard.source.name, shard.rows)
    if name in SIGNALS:
        return pa.nulls(shard.rows, SIGNALS[name].type)
    kind = carried.field(name).type if name in carried.names else pa.float64()  # a rule that is off may lack its column
    column = columns.get(CARRIED + name)
    return pa.nulls(shard.rows, kind) if column is None else one_array(fit(column, kind))
