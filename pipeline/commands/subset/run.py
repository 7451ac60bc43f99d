"""The whole way from a corpus to a part of it."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline import __version__
from pipeline.commands.subset.choose import find_cut, number_of, ties_before
from pipeline.commands.subset.options import Options
from pipeline.commands.subset.write import Shard, Subset, write_shard
from pipeline.config import config_of
from pipeline.emit import needed_by_notes
from pipeline.engines.choice import make_engine
from pipeline.engines.created import spread
from pipeline.engines.gathering import gather_after
from pipeline.files import Output, open_file, read_bytes
from pipeline.formats import DIGESTS, formats_of
from pipeline.identity import FORMAT, FUNNEL, MANIFEST, claim
from pipeline.inputs import InputError
from pipeline.outputs.card.corpus import carried_schema
from pipeline.outputs.card.write import write_card
from pipeline.outputs.command import write_command
from pipeline.outputs.formats.records import write_metadata
from pipeline.outputs.manifest import check_records, corpus_name, json_file, plain_config, read_manifest
from pipeline.report.described import rules_of
from pipeline.statistics.merge import read_notes
from pipeline.statistics.summary import origins
from pipeline.storage.for_report import EXAMPLES, NOTES, REASONS, small_files
from pipeline.storage.markers import forget_lost


def make_subset(options: Options, folder: str) -> dict[str, Any]:
    """Makes the subset that `options` describe, or resumes a killed run; returns its funnel.

    Raises InputError, OtherRun.
    """
    corpus, output = Output(options.corpus), Output(options.output)
    manifest, copies = read_manifest(corpus), read_copies(options.keep)
    check_records(manifest, options.corpus)
    check(options)
    this = identity(manifest, options.size, copies)
    if not claim(output, this, options.overwrite):
        output.sweep()
        write_command(output, options.command)
        write_shards(corpus, output, manifest, copies, options, folder)
        finish(corpus, output, manifest, this)
    funnel: dict[str, Any] = json.loads(read_bytes(output.path(FUNNEL)))
    say_less(options.size, funnel["kept"])
    return funnel


def say_less(size: str | None, pairs: int) -> None:
    """Says where a subset has fewer `pairs` than were asked for: all that there are."""
    if size is not None and (wanted := number_of(size, pairs)) > pairs:
        print(f"size: the corpus has {pairs:,} pairs to choose from, not {wanted:,}; all are taken", file=sys.stderr)


def check(options: Options) -> None:
    """Raises InputError for a size that is none, or an output that is the corpus itself."""
    try:
        number_of(options.size or "0", 0)
    except ValueError as error:
        raise InputError(str(error)) from error
    if os.path.realpath(options.output) == os.path.realpath(options.corpus):
        raise InputError(f"output: {options.output} is the corpus itself")


def read_copies(path: str | None) -> pa.StringArray:
    """The images that the table of `python -m dedup groups` says not to keep. Raises InputError."""
    if path is None:
        return pa.array([], pa.string())
    try:
        with open_file(path) as file:
            table = pq.read_table(file, columns=["image_id", "keep"])
        return table.filter(pc.invert(table["keep"]))["image_id"].combine_chunks().cast(pa.string())
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"keep: {path} is no table of python -m dedup groups: {reason}") from error


def identity(manifest: dict[str, Any], size: str | None, copies: pa.StringArray) -> dict[str, Any]:
    """Returns what identifies a subset."""
    left_out = hashlib.sha256("\n".join(sorted(copies.to_pylist())).encode()).hexdigest()[:16]
    choice = {"size": size, "copies": left_out if len(copies) else None}
    own = {name: manifest[name] for name in ("rules", "rule_descriptions") if name in manifest}
    known = {"format": FORMAT, "parent": corpus_name(manifest), "subset": choice, "config": manifest["config"]}
    return known | own


def write_shards(
    corpus: Output, output: Output, manifest: dict[str, Any], copies: pa.StringArray, options: Options, folder: str
) -> None:
    """Writes every shard that is missing."""
    names = [shard["name"] for shard in manifest["shards"]]
    cut = find_cut(corpus, names, copies, options.size)
    before = ties_before(corpus, names, copies, cut)
    shards = [
        Shard(shard["name"], shard["records"], len(names), ties)
        for shard, ties in zip(manifest["shards"], before, strict=True)
    ]
    forget_lost(output, needed_by_notes(names, formats_of(manifest["config"])))
    engine = make_engine(options.workers, os.path.join(folder, "workers.log"))
    meter = engine.meter(folder)
    rules = tuple(rules_of(manifest).values())
    subset = Subset(corpus, output, config_of(plain_config(manifest)), rules, copies, cut, meter)
    with meter.shown("subset", sum(shard.records for shard in shards)):
        pipeline = engine.pipeline()
        written = spread(pipeline, "Shards", shards) | "Write" >> beam.Map(write_shard, subset)
        small = small_files(manifest["config"]["name"])
        gather_after(written, output, [small[NOTES], small[EXAMPLES]], len(shards))
        engine.execute(pipeline)


def finish(corpus: Output, output: Output, manifest: dict[str, Any], this: dict[str, Any]) -> None:
    """Writes what is said of the whole subset, the report last."""
    from pipeline.report import write_report

    shards = manifest["shards"]
    notes, statistics, histograms = read_notes(output, [shard["name"] for shard in shards], rules_of(manifest).values())
    parent = json.loads(read_bytes(corpus.path(FUNNEL)))
    rows = sum(note["rows"] for note in notes)
    none = dict.fromkeys(parent["first_reason"], 0)
    funnel = parent | {"raw": rows, "kept": rows, "records": sum(note["records"] for note in notes)}
    if errors := parent.get("image_errors"):
        funnel["image_errors"] = dict.fromkeys(errors, 0)
    funnel |= {"parent": {name: parent[name] for name in ("raw", "kept", "records")}}
    funnel |= {"duplicate_keys": 0, "skipped_files": 0, "pages": None}
    funnel |= {**dict.fromkeys(REASONS, none), "seconds": {}}
    funnel |= origins(statistics, notes, [shard["source"] for shard in shards], funnel)
    output.write_bytes(FUNNEL, json_file(funnel))
    write_metadata(output, manifest["config"]["name"], notes, __version__)
    named = ("rows", "kept", "records", *DIGESTS, "verdicts_sha256")
    written = [shard | {name: note[name] for name in named} for shard, note in zip(shards, notes, strict=True)]
    known = {"inputs": manifest["inputs"], "versions": manifest["versions"], "skipped": {}, "shards": written}
    output.write_bytes(MANIFEST, json_file(this | known))
    write_card(output, this | known, funnel, carried_schema(corpus))
    write_report(output, [one.note() for one in histograms])
