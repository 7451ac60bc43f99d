"""Pass 2: the counts over the whole raw corpus, from the index alone.

Groups of shards are counted into sorted runs; then each hash range of all runs is merged by itself, and the ranges are
joined. Only numbers and names travel between stages. Out come sorted files: the frequent n-grams (none where nothing
can be rare), and the counts of images and of texts where they are two or more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.pvalue import AsList, AsSingleton

from filters import RareNgram
from pipeline.engines.progress import Meter
from pipeline.files import Output, is_local, open_file, read_bytes, read_many
from pipeline.reuse.kept_runs import KeptRuns
from pipeline.storage.frequent_ngrams import FrequencyCut, Histogram, choose_cut, histogram, select
from pipeline.storage.groups import Group, group
from pipeline.storage.markers import forget_lost
from pipeline.storage.plan import Plan, Shard
from pipeline.storage.runs import (
    COUNTED,
    COUNTS,
    PAIRS,
    PARTS,
    RUNS,
    Tally,
    merge_counts,
    merge_pairs,
    pair_run,
    read_run,
    rows_of,
    run_name,
    slices,
    write_ranges,
    write_run,
)
from pipeline.storage.shards import load_texts
from vocab.characters import load
from vocab.counting import count
from vocab.hashing import hash_strings
from vocab.ngrams import hash_ngrams

SUMMARY = f"{COUNTS}/summary.json"
ROWS_PER_RUN = 250_000
ENTRIES_PER_PART = 4_000_000  # merged at once: some 100 MB
REMOTE = 8  # both limits are 8 times larger on remote storage, where each range of each run costs several requests
NGRAMS_PER_ROW = 16  # alt-texts have some 8 words; the number sizes the merges and affects no result

MERGED_KINDS = ("ngrams", "images-of", "texts-of")  # files of a merged range; ngrams only if n-grams can be rare
MERGED = dict[str, int | list[tuple[int, int]] | list[str]]  # `part`, `histogram` (count, n-grams), `keys`, `files`


@dataclass(frozen=True)
class Counting:
    """Parameters of the count pass; `parts` is the number of hash ranges, a power of two."""

    output: Output
    profile: str
    rule: RareNgram
    keys: bool  # whether keys are counted too: some may repeat
    runs: int
    parts: int
    meter: Meter
    kept: KeptRuns | None = None  # runs that a finished run left

    def names(self, folder: str, kind: str, numbers: int) -> list[str]:
        """Returns the full paths of all runs, or parts, of one kind, in order."""
        return [self.output.path(run_name(folder, kind, number)) for number in range(numbers)]


def counting(output: Output, plan: Plan, profile: str, rule: RareNgram, meter: Meter) -> Counting:
    """Sizes the count pass for a plan: hash ranges are small enough for flat memory."""
    parts = 1 << (plan.pairs * NGRAMS_PER_ROW // (ENTRIES_PER_PART * _scale(output))).bit_length()
    return Counting(output, profile, rule, plan.keys_may_repeat, len(groups(output, plan.shards)), parts, meter)


def _scale(output: Output) -> int:
    return 1 if is_local(output.root) else REMOTE


def groups(output: Output, shards: Iterable[Shard]) -> list[Group]:
    """Numbers groups of shards with about ROWS_PER_RUN rows; each group becomes one run of each kind."""
    return group(shards, ROWS_PER_RUN * _scale(output))


def is_counted(output: Output) -> bool:
    """Returns whether the count pass is done and all its files exist."""
    if not output.has(SUMMARY):
        return False
    files = json.loads(read_bytes(output.path(SUMMARY)))["files"]
    forget_lost(output, {SUMMARY: files})
    return output.has(SUMMARY)


def forget_lost_runs(counting: Counting) -> None:
    """Deletes the completion markers of groups and ranges whose files are missing."""
    output = counting.output
    needed = {
        run_name(RUNS, "keys", number): [run_name(RUNS, kind, number) for kind in ("ngrams", "pairs")]
        for number in range(counting.runs)
    }
    notes = output.names(PARTS, ".json")
    contents = read_many([output.path(name) for name in notes])
    merged = {name: json.loads(content)["files"] for name, content in zip(notes, contents, strict=True)}
    forget_lost(output, needed | merged)


@dataclass(eq=False)
class CountCorpus(beam.PTransform[beam.PCollection[Group], beam.PCollection[dict[str, Any]]]):
    """Groups of shards to the sorted files of `work/counts`; the output collection holds the summary."""

    counting: Counting

    def expand(self, shards: beam.PCollection[Group]) -> beam.PCollection[dict[str, Any]]:
        counting, pipeline = self.counting, shards.pipeline
        runs = shards | "SpreadGroups" >> beam.Reshuffle() | "Count" >> beam.Map(count_group, counting)
        ranges = pipeline | "Ranges" >> beam.Create(range(counting.parts)) | "SpreadRanges" >> beam.Reshuffle()
        merging = beam.Map(merge_range, counting, AsList(runs)).with_output_types(MERGED)
        merged = ranges | "Merge" >> merging
        cut = merged | "Histograms" >> beam.combiners.ToList() | "Cut" >> beam.Map(cut_of_ranges, counting.rule)
        again = pipeline | "RangesAgain" >> beam.Create(range(counting.parts)) | "SpreadAgain" >> beam.Reshuffle()
        finished = again | "Finish" >> beam.Map(finish_range, counting, AsSingleton(cut))
        once = pipeline | "Once" >> beam.Create([None])
        joining = beam.Map(join, counting, AsList(merged), AsSingleton(cut), AsList(finished))
        summary: beam.PCollection[dict[str, Any]] = once | "Join" >> joining
        return summary


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


def merge_range(part: int, counting: Counting, runs: list[int]) -> dict[str, Any]:
    """Merges one hash range of all runs: counts the n-grams, and writes runs of the images and texts of the pairs.

    `runs` are the numbers of distinct n-grams of the runs.
    """
    note = f"{PARTS}/{part:05d}.json"
    if counting.output.has(note):
        merged: dict[str, Any] = json.loads(read_bytes(counting.output.path(note)))
        return merged
    can_be_rare = _can_be_rare(sum(runs), counting.rule)
    histogram = _merge_ngrams(part, counting, can_be_rare)
    images, texts = merge_pairs(slices(counting.names(RUNS, "pairs", counting.runs), PAIRS, part, counting.parts))
    for kind, hashes in (("images-of", images), ("texts-of", texts)):
        write_ranges(counting.output, run_name(PARTS, kind, part), count(hashes), counting.parts)
    keys, _ = merge_counts(slices(counting.names(RUNS, "keys", counting.runs), COUNTED, part, counting.parts))
    result = {"part": part, "histogram": list(histogram.items()), "keys": len(keys)}
    result["files"] = [run_name(PARTS, kind, part) for kind in MERGED_KINDS if kind != "ngrams" or can_be_rare]
    counting.output.write_bytes(note, json.dumps(result).encode())
    return result


def _merge_ngrams(part: int, counting: Counting, can_be_rare: bool) -> Histogram:
    paths = counting.names(RUNS, "ngrams", counting.runs)
    hashes, counts = merge_counts(slices(paths, COUNTED, part, counting.parts))
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


def finish_range(part: int, counting: Counting, cut: FrequencyCut) -> int:
    """Writes one range of what depends on all ranges: frequent n-grams, counts of images and texts."""
    if not cut.all_frequent:
        hashes, counts = read_run(counting.output.path(run_name(PARTS, "ngrams", part)), COUNTED)
        frequent = select(hashes, counts, cut.count, cut.ties[part])
        write_run(counting.output, run_name(PARTS, "frequent", part), (frequent,))
    for kind in ("images", "texts"):
        found = merge_counts(slices(counting.names(PARTS, f"{kind}-of", counting.parts), COUNTED, part, counting.parts))
        _write_repeated(counting, kind, part, *found)
    return part


def join(
    _: None, counting: Counting, merged: list[dict[str, Any]], cut: FrequencyCut, finished: list[int]
) -> dict[str, Any]:
    """Concatenates the ranges, which are in hash order, into one file a kind, and writes the summary."""
    kinds = ["images", "images-counts", "texts", "texts-counts"] + ([] if cut.all_frequent else ["frequent"])
    for kind in kinds:
        with counting.output.write(f"{COUNTS}/{kind}") as file:
            for path in counting.names(PARTS, kind, counting.parts):
                with open_file(path) as part:
                    file.write(part.read())
    keys = sum(result["keys"] for result in merged)
    files = [f"{COUNTS}/{kind}" for kind in kinds]
    summary = {"distinct": cut.distinct, "frequent": cut.frequent, "count_at_cut": cut.count, "distinct_keys": keys}
    summary |= {"files": files}
    counting.output.write_bytes(SUMMARY, json.dumps(summary).encode())
    return summary


def _write_repeated(counting: Counting, kind: str, part: int, hashes: Any, counts: Any) -> None:
    """Writes the counts of at least 2; a hash missing from the file has count 1."""
    repeated = counts > 1
    write_run(counting.output, run_name(PARTS, kind, part), (hashes[repeated],))
    write_run(counting.output, run_name(PARTS, f"{kind}-counts", part), (counts[repeated],))
