"""Pass 2: the counts over the whole raw corpus, from the index alone.

Groups of shards are counted into sorted runs; then each hash range of all runs is merged by itself, and the ranges are
joined. Many runs are merged in levels. Only numbers and names travel between stages. Out come sorted files: the
frequent n-grams (none where nothing can be rare), and the counts of images and of texts where they are two or more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.pvalue import AsList, AsSideInput, AsSingleton

from filters import RareNgram
from pipeline.counting import SUMMARY, Counting
from pipeline.engines.created import spread
from pipeline.files import read_bytes, read_many
from pipeline.remote import in_force
from pipeline.storage.frequent_ngrams import FrequencyCut, Histogram, choose_cut, histogram, select
from pipeline.storage.groups import Group
from pipeline.storage.levels import Merge
from pipeline.storage.merging import Merging
from pipeline.storage.runs import (
    COUNTED,
    COUNTS,
    PARTS,
    RUNS,
    Tally,
    merge_counts,
    merge_pairs,
    pair_run,
    read_run,
    rows_of,
    run_name,
    write_ranges,
    write_run,
)
from pipeline.storage.shards import load_texts
from vocab.characters import load
from vocab.counting import count
from vocab.hashing import hash_strings
from vocab.ngrams import hash_ngrams

MERGED_KINDS = ("ngrams", "images-of", "texts-of")  # files of a merged range; ngrams only if n-grams can be rare
JOINED_KINDS = ("images", "images-counts", "texts", "texts-counts", "frequent")  # the last as MERGED_KINDS' n-grams
MERGED = dict[str, int | list[tuple[int, int]] | list[str]]  # `part`, `histogram` (count, n-grams), `keys`, `files`


@dataclass(eq=False)
class CountCorpus(beam.PTransform[beam.PCollection[Group], beam.PCollection[dict[str, Any]]]):
    """Groups of shards to the sorted files of `work/counts`; the output collection holds the summary."""

    counting: Counting

    def expand(self, shards: beam.PCollection[Group]) -> beam.PCollection[dict[str, Any]]:
        counting, pipeline = self.counting, shards.pipeline
        runs = shards | "SpreadGroups" >> beam.Reshuffle() | "Count" >> beam.Map(count_group, counting)
        levels = in_levels(pipeline, "RunsLevel", counting.of_runs, AsList(runs))
        merging = beam.Map(merge_range, counting, AsList(runs), *levels).with_output_types(MERGED)
        merged = spread(pipeline, "Ranges", range(counting.parts)) | "Merge" >> merging
        cut = merged | "Histograms" >> beam.combiners.ToList() | "Cut" >> beam.Map(cut_of_ranges, counting.rule)
        levels = in_levels(pipeline, "PartsLevel", counting.of_parts, AsSingleton(cut))
        finishing = beam.Map(finish_range, counting, AsSingleton(cut), *levels)
        finished = spread(pipeline, "RangesAgain", range(counting.parts)) | "Finish" >> finishing
        joining = beam.FlatMap(join, counting, AsSingleton(cut), AsList(finished))
        joined = spread(pipeline, "Kinds", JOINED_KINDS) | "Join" >> joining
        summing = beam.Map(summarise, counting, AsList(merged), AsSingleton(cut), AsList(joined))
        summary: beam.PCollection[dict[str, Any]] = pipeline | "Once" >> beam.Create([None]) | "Summarise" >> summing
        return summary


def in_levels(pipeline: beam.Pipeline, name: str, merging: Merging, after: AsSideInput) -> list[AsSideInput]:
    """Wires the levels of a merge before the last, each after the one before; returns what the last has to wait for."""
    waits = list[AsSideInput]()
    for level, merges in enumerate(merging.between(), 1):
        merging_block = beam.Map(merge_block, merging, after)
        after = AsList(spread(pipeline, f"{name}{level}", merges) | f"Merge{name}{level}" >> merging_block)
        waits = [after]
    return waits


def merge_block(merge: Merge, merging: Merging, _: Any) -> int:
    """Merges a block of files in one hash range, after what the last argument waits for. Returns the block."""
    merging.merge(merge)
    return merge.block


def count_group(numbered: Group, counting: Counting) -> int:
    """Writes the runs of a group: n-grams, (image, text) pairs and keys. Returns the number of distinct n-grams."""
    number, shards = numbered
    last = run_name(RUNS, "keys", number)
    if counting.output.has(last) or (counting.kept and counting.kept.take(number, counting.output, counting.parts)):
        return rows_of(counting.output.path(run_name(RUNS, "ngrams", number)), counting.parts)
    characters = load(counting.profile)
    ngrams, images, texts, keys = Tally(), [], [], []
    for shard in shards:
        table = load_texts(counting.output, shard, counting.keys)
        if counting.rule.enabled:
            ngrams.add(hash_ngrams(table["text"], characters))
        known = table["image_hash"].is_valid().to_numpy(zero_copy_only=False)
        images.append(table["image_hash"].fill_null(0).to_numpy()[known])
        texts.append(table["text_hash"].to_numpy()[known])
        if counting.keys:
            keys.append(hash_strings(table["key"]))
        counting.meter.add(shard.rows, shard.rows)
    pairs = pair_run(np.concatenate(images), np.concatenate(texts))
    distinct = ngrams.counts()
    write_ranges(counting.output, run_name(RUNS, "ngrams", number), distinct, counting.parts)
    write_ranges(counting.output, run_name(RUNS, "pairs", number), pairs, counting.parts)
    write_ranges(counting.output, last, count(np.concatenate([np.empty(0, np.uint64), *keys])), counting.parts)
    return len(distinct[0])


def merge_range(part: int, counting: Counting, runs: list[int], _: Any = None) -> dict[str, Any]:
    """Merges one hash range of all runs: counts the n-grams, and writes runs of the images and texts of the pairs.

    `runs` are the numbers of distinct n-grams of the runs; what comes after them is only waited for.
    """
    note = f"{PARTS}/{part:05d}.json"
    if counting.output.has(note):
        merged: dict[str, Any] = json.loads(read_bytes(counting.output.path(note)))
        return merged
    can_be_rare = _can_be_rare(sum(runs), counting.rule)
    histogram = _merge_ngrams(part, counting, can_be_rare)
    images, texts = merge_pairs(counting.of_runs.slices("pairs", part))
    for kind, hashes in (("images-of", images), ("texts-of", texts)):
        write_ranges(counting.output, run_name(PARTS, kind, part), count(hashes), counting.parts)
    keys, _ = merge_counts(counting.of_runs.slices("keys", part))
    result = {"part": part, "histogram": list(histogram.items()), "keys": len(keys)}
    result["files"] = [run_name(PARTS, kind, part) for kind in MERGED_KINDS if kind != "ngrams" or can_be_rare]
    counting.output.write_bytes(note, json.dumps(result).encode())
    return result


def _merge_ngrams(part: int, counting: Counting, can_be_rare: bool) -> Histogram:
    hashes, counts = merge_counts(counting.of_runs.slices("ngrams", part))
    if can_be_rare:
        eligible = counts >= counting.rule.min_count
        write_run(counting.output, run_name(PARTS, "ngrams", part), (hashes[eligible], counts[eligible]))
    return histogram(counts)


def _can_be_rare(ngrams: int, rule: RareNgram) -> bool:
    """Returns whether any n-gram can be rare. `ngrams` is an upper bound: it counts an n-gram once per run."""
    return rule.min_count > 1 or ngrams > rule.top_k


def cut_of_ranges(merged: list[dict[str, Any]], rule: RareNgram) -> FrequencyCut:
    """Chooses the cut over all ranges, which arrive in any order."""
    ordered = sorted(merged, key=lambda result: result["part"])
    return choose_cut([dict(result["histogram"]) for result in ordered], rule.top_k, rule.min_count)


def finish_range(part: int, counting: Counting, cut: FrequencyCut, _: Any = None) -> int:
    """Writes one range of what depends on all ranges: frequent n-grams, counts of images and texts."""
    if not cut.all_frequent:
        hashes, counts = read_run(counting.output.path(run_name(PARTS, "ngrams", part)), COUNTED)
        frequent = select(hashes, counts, cut.count, cut.ties[part])
        write_run(counting.output, run_name(PARTS, "frequent", part), (frequent,))
    for kind in ("images", "texts"):
        _write_repeated(counting, kind, part, *merge_counts(counting.of_parts.slices(f"{kind}-of", part)))
    return part


def join(kind: str, counting: Counting, cut: FrequencyCut, finished: list[int]) -> Iterator[str]:
    """Concatenates the ranges of a kind, which are in hash order, into one file, and yields its name.

    Yields nothing for frequent n-grams where nothing can be rare. `finished` are the ranges, in any order.
    """
    if kind == "frequent" and cut.all_frequent:
        return
    paths = [counting.output.path(run_name(PARTS, kind, part)) for part in range(len(finished))]
    at_once = in_force().requests
    with counting.output.write(f"{COUNTS}/{kind}") as file:
        for first in range(0, len(paths), at_once):
            file.writelines(read_many(paths[first : first + at_once]))
    yield f"{COUNTS}/{kind}"


def summarise(
    _: None, counting: Counting, merged: list[dict[str, Any]], cut: FrequencyCut, files: list[str]
) -> dict[str, Any]:
    """Writes the summary, which completes the pass; `files` are the joined ones."""
    keys = sum(result["keys"] for result in merged)
    summary = {"distinct": cut.distinct, "frequent": cut.frequent, "count_at_cut": cut.count, "distinct_keys": keys}
    summary |= {"files": sorted(files)}
    counting.output.write_bytes(SUMMARY, json.dumps(summary).encode())
    return summary


def _write_repeated(counting: Counting, kind: str, part: int, hashes: Any, counts: Any) -> None:
    """Writes the counts of at least 2; a hash missing from the file has count 1."""
    repeated = counts > 1
    write_run(counting.output, run_name(PARTS, kind, part), (hashes[repeated],))
    write_run(counting.output, run_name(PARTS, f"{kind}-counts", part), (counts[repeated],))
