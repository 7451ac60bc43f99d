"""The whole way from a corpus to its export."""

from __future__ import annotations

import json
import os
from typing import Any

import apache_beam as beam

from pipeline.commands.export.claim import claim, files_of, identity
from pipeline.commands.export.options import Options
from pipeline.commands.export.write import Export, Shard, note_of, read_pairs, write_shard
from pipeline.engines.choice import make_engine
from pipeline.engines.created import spread
from pipeline.files import Output, read_bytes
from pipeline.formats import FORMATS
from pipeline.identity import FUNNEL, MANIFEST
from pipeline.inputs import InputError, lies_in
from pipeline.outputs.card.corpus import carried_schema
from pipeline.outputs.card.write import write_card
from pipeline.outputs.formats.parquet import tell_json_columns
from pipeline.outputs.manifest import check_records, json_file, read_manifest
from pipeline.outputs.verdicts import too_many
from pipeline.printable import tell
from pipeline.storage.markers import forget_lost, read_json_files


def export(options: Options, folder: str) -> dict[str, Any]:
    """Makes the export that `options` describe, or resumes a killed one; returns its manifest.

    Raises InputError, OtherRun.
    """
    corpus, output = Output(options.corpus), Output(options.output)
    manifest = read_manifest(corpus)
    check(options, manifest)
    this = identity(manifest, options.formats)
    if not claim(output, this, options.overwrite):
        output.sweep()
        shards = [Shard(shard["name"], shard["records"]) for shard in manifest["shards"]]
        tell_json_columns(options.formats, read_pairs(corpus, shards[0]).schema)
        write_shards(corpus, output, shards, options, folder)
        finish(corpus, output, manifest, this, shards)
    content: dict[str, Any] = json.loads(read_bytes(output.path(MANIFEST)))
    return content


def check(options: Options, manifest: dict[str, Any]) -> None:
    """Raises InputError for a corpus without records, or an output that is the corpus itself or inside of it."""
    if os.path.realpath(options.output) == os.path.realpath(options.corpus):
        raise InputError(f"output: {options.output} is the corpus itself; give the export a folder of its own")
    if lies_in(options.output, options.corpus):
        raise InputError(f"output: {options.output} lies in the corpus; give the export a folder of its own")
    check_records(manifest, options.corpus)
    if not any(shard["records"] for shard in manifest["shards"]):
        raise InputError(f"corpus: {options.corpus} has no record to export: it kept no pair with an image")
    if problem := too_many(len(carried_schema(Output(options.corpus))), options.formats):
        raise InputError(f"corpus: {options.corpus} has {problem}")


def write_shards(corpus: Output, output: Output, shards: list[Shard], options: Options, folder: str) -> None:
    """Writes every shard that is missing."""
    forget_lost(output, {note_of(shard.name): files_of(shard.name, options.formats) for shard in shards})
    engine = make_engine(options.workers, os.path.join(folder, "workers.log"))
    meter = engine.meter(folder)
    with meter.shown("export", sum(shard.records for shard in shards)):
        pipeline = engine.pipeline()
        spread(pipeline, "Shards", shards) | "Write" >> beam.Map(
            write_shard, Export(corpus, output, options.formats, meter)
        )
        engine.execute(pipeline)


def finish(corpus: Output, output: Output, parent: dict[str, Any], this: dict[str, Any], shards: list[Shard]) -> None:
    """Writes what is said of the whole export; the manifest, which marks it as finished, comes last."""
    notes = read_json_files([output.path(note_of(shard.name)) for shard in shards])
    named = ("records", "bytes", *(FORMATS[one].digest for one in this["export"]["formats"]))
    written = [
        {"name": shard.name, **{name: note[name] for name in named}} for shard, note in zip(shards, notes, strict=True)
    ]
    manifest = this | {"records": sum(note["records"] for note in notes), "shards": written}
    funnel = json.loads(read_bytes(corpus.path(FUNNEL)))
    write_card(output, parent | manifest, funnel, carried_schema(corpus))
    output.write_bytes(MANIFEST, json_file(manifest))


def print_sizes(manifest: dict[str, Any], output: str) -> None:
    """Prints the folder of each format, with shards, pairs and size."""
    shards = manifest["shards"]
    for one in manifest["export"]["formats"]:
        size = sum(shard["bytes"][one] for shard in shards)
        what = f"{len(shards):,} shards, {manifest['records']:,} pairs, {size / 1e6:,.1f} MB"
        tell(f"{output}/{FORMATS[one].folder}: {what}", error=False)
