"""Made-up finished runs for `diff`, and a plain statement of which pairs of two runs are the same."""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from filters.signals import SHOWN, SIGNALS
from pipeline.files import Output
from pipeline.outputs.formats.shards import open_shards
from pipeline.outputs.formats.sink import PairImage
from pipeline.storage.for_report import EXAMPLES
from tests.support.report_runs import PAIR, config_tree

Row = dict[str, Any]
VERDICTS = pa.schema([(name, SIGNALS[name].type) for name in SHOWN])
CANDIDATES = pa.schema([*VERDICTS, ("thumbnail", pa.binary())])


def pair(**columns: Any) -> Row:
    """The verdict of a kept pair, with these columns in place."""
    return PAIR | {"image_id": None, "url": None, "kept": not columns.get("reasons")} | columns


def write_run(
    folder: Path,
    rows: Sequence[Row],
    *overrides: tuple[str, str],
    per_shard: int = 50,
    thumbnails: dict[str, bytes] | None = None,
    **entries: Any,
) -> Path:
    """A finished run as far as `diff` reads it; `entries` replace those of its manifest."""
    shards = []
    for number, start in enumerate(range(0, len(rows), per_shard)):
        name, part = f"align-{number:05d}", rows[start : start + per_shard]
        write_table(folder / f"verdicts/{name}.parquet", part, VERDICTS)
        shards.append({"name": name, "rows": len(part), "kept": sum(not row["reasons"] for row in part)})
    examples = [pair(image_id=image, thumbnail=found) for image, found in (thumbnails or {}).items()]
    write_table(folder / EXAMPLES / "align.parquet", examples, CANDIDATES)
    manifest = {"config": config_tree(*overrides), "versions": {"align-corpus": "1"}, "inputs": [], "shards": shards}
    (folder / "manifest.json").write_text(json.dumps(manifest | entries))
    (folder / "report.html").write_text("")
    return folder


def write_pictures(folder: Path, pictures: Mapping[str, bytes], format_: str) -> None:
    """Gives a run of `write_run` the images of its kept pairs, by key, in one format."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for shard in manifest["shards"]:
        rows = pq.read_table(folder / f"verdicts/{shard['name']}.parquet", columns=["key", "kept"]).to_pylist()
        kept = [row["key"] for row in rows if row["kept"]]
        columns = {name: pa.array(kept) for name in ("text", "key", "url", "sha256")}
        with open_shards(Output(str(folder)), shard["name"], [format_], pa.table(columns)) as written:
            for place, key in enumerate(kept):
                written.add(PairImage(place, pictures[key], 30, 20))
        shard["records"] = len(kept)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def write_table(file: Path, rows: Sequence[Row], schema: pa.Schema) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    columns = {field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in schema}
    pq.write_table(pa.table(columns), file)


def outcome(row: Row) -> str:
    return row["reasons"][0] if row["reasons"] else "kept"


def stated(one: Sequence[Row], two: Sequence[Row]) -> Counter[tuple[str, str]]:
    """Pairs by their outcomes in both runs, a pair at a time."""
    left, right = list(one), list(two)
    found: Counter[tuple[str, str]] = Counter()
    for names in (("source", "key", "image_id", "text"), ("image_id", "text")):
        waiting: dict[tuple[str, ...], deque[Row]] = defaultdict(deque)
        for row in right:
            waiting[tuple(row[name] or "" for name in names)].append(row)
        unmatched = []
        for row in left:
            same = waiting[tuple(row[name] or "" for name in names)]
            if same:
                found[outcome(row), outcome(same.popleft())] += 1
            else:
                unmatched.append(row)
        still = {id(row) for rows in waiting.values() for row in rows}
        left, right = unmatched, [row for row in right if id(row) in still]
    found.update((outcome(row), "absent") for row in left)
    found.update(("absent", outcome(row)) for row in right)
    return found
