"""The end of a run: sums up all shards in funnel, manifest and dataset metadata, and writes the report."""

from __future__ import annotations

import dataclasses
import errno
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline import __version__
from pipeline.config import Config
from pipeline.counting import SUMMARY
from pipeline.earlier.account import after_earlier, described_earlier
from pipeline.earlier.run import Earlier
from pipeline.earlier.table import FOLDER as EARLIER
from pipeline.files import TEMPORARY, Output, read_bytes
from pipeline.formats import DIGESTS, RECORDS
from pipeline.identity import FUNNEL, MANIFEST
from pipeline.measure.close_calls import join_close_calls
from pipeline.measure.eval_parts import PARTS as EVAL_PARTS
from pipeline.measure.eval_sets import EvalSets
from pipeline.measure.image_errors import add_errors
from pipeline.outputs.card.corpus import carried_schema
from pipeline.outputs.card.write import write_card
from pipeline.outputs.formats.records import write_metadata
from pipeline.outputs.manifest import json_file
from pipeline.outputs.versions import versions
from pipeline.report.described import describe
from pipeline.report.not_asked import not_asked
from pipeline.reuse.kept import FOLDERS, KEPT
from pipeline.reuse.take import FOLDER as REUSED
from pipeline.statistics.merge import read_notes
from pipeline.statistics.summary import origins
from pipeline.storage.evaluation import EVAL_NOTE, EVAL_WORK
from pipeline.storage.for_report import CLOSE_CALLS, NOTES, REASONS, SHARDS_CLOSE_CALLS, small_files
from pipeline.storage.gathered import FOLDER as GATHERED
from pipeline.storage.markers import Listing, forget_lost
from pipeline.storage.plan import Plan
from pipeline.storage.runs import COUNTS, PARTS


def finish(
    output: Output,
    config: Config,
    plan: Plan,
    sets: EvalSets,
    run: dict[str, Any],
    seconds: dict[str, float],
    earlier: Earlier | None = None,
) -> None:
    """Writes funnel, manifest and metadata, and last the report, which marks the run as finished."""
    from pipeline.report import write_report

    names = [shard.output_name(config.name) for shard in plan.shards]
    notes, statistics, histograms = read_notes(output, names, config.filters.all())
    check_close_calls(output, names, notes)
    join_close_calls(output, sets.images, config.filters.undecodable.max_pixels)
    counts = json.loads(read_bytes(output.path(SUMMARY)))
    silent = not_asked(
        config.filters,
        sets=bool(sets),
        images=not plan.pairs or any(shard.has_images for shard in plan.shards),
        unmeasured=[one.rule.reason for one in histograms if one.never] if plan.pairs else (),
    )
    content = funnel(config, plan, notes, counts, seconds, silent)
    content = after_earlier(content, earlier) if earlier else content
    sources = [shard.source.name for shard in plan.shards]
    content |= origins(statistics, notes, sources, content)
    output.write_bytes(FUNNEL, json_file(content))
    if RECORDS in config.output.formats:
        write_metadata(output, config.name, notes, __version__)
    evaluation = json.loads(read_bytes(output.path(EVAL_NOTE))) if output.has(EVAL_NOTE) else None
    settings: dict[str, Any] = {"config": dataclasses.asdict(config)}
    del settings["config"]["storage"]  # as workers: the manifest doesn't depend on them
    if own := config.filters.own():
        settings["rule_descriptions"] = describe(own)
    if earlier:
        settings["earlier"] = described_earlier(earlier)
    left_out = {"skipped": plan.skipped, "failed_downloads": plan.failed_downloads}
    known = {"versions": versions(), "evaluation": evaluation} | left_out
    manifest = run | settings | known | {"shards": _shards(config, plan, notes)}
    output.write_bytes(MANIFEST, json_file(manifest))
    write_card(output, manifest, content, carried_schema(output))
    write_report(output, [one.note() for one in histograms])


def check_close_calls(output: Output, names: Sequence[str], notes: Sequence[dict[str, Any]]) -> None:
    """Deletes the completion markers of shards whose close calls are missing, and raises FileNotFoundError.

    A rerun then makes them again. A finished run has all close calls in one file.
    """
    there = Listing(output)
    needed = {
        f"{NOTES}/{name}.json": [f"{SHARDS_CLOSE_CALLS}/{name}.parquet"]
        for name, note in zip(names, notes, strict=True)
        if note["audit"] and CLOSE_CALLS not in there
    }
    lost = [name for files in needed.values() for name in files if name not in there]
    forget_lost(output, needed)
    if lost:
        raise FileNotFoundError(errno.ENOENT, "is missing; the same command makes it again", output.path(lost[0]))


def clear_work(output: Output) -> None:
    """Deletes the files that only an unfinished run needs, but those that --keep_work keeps."""
    kept = () if output.has(KEPT) else (*FOLDERS, *EVAL_WORK)
    close_calls = small_files()[SHARDS_CLOSE_CALLS]
    gathered_before = output.names(GATHERED, ".json")  # by an older version, which began the run
    joined = (close_calls.folder, close_calls.gathered, EVAL_PARTS)
    for name in (*kept, *joined, *gathered_before, PARTS, COUNTS, EARLIER, REUSED, TEMPORARY):
        output.remove(output.path(name))


def funnel(
    config: Config,
    plan: Plan,
    notes: list[dict[str, Any]],
    counts: dict[str, int],
    seconds: dict[str, float],
    silent: Mapping[str, str],
) -> dict[str, Any]:
    """Sums up the run. `silent` maps rules that judged no pair to the cause; such rules have no counts.

    Generated keys are unique, so only keys given by the input can be duplicates.
    """
    codes = [rule.reason for rule in config.filters.all() if rule.reason not in silent]
    ngrams = {name: counts[name] for name in ("distinct", "frequent", "count_at_cut")}
    return {
        "raw": plan.pairs,
        "kept": sum(note["kept"] for note in notes),
        "records": sum(note["records"] for note in notes),
        "duplicate_keys": plan.pairs - counts["distinct_keys"] if plan.keys_may_repeat else 0,
        "skipped_files": len(plan.skipped),
        "pages": plan.pages or None,
        **{name: {code: sum(note[name][code] for note in notes) for code in codes} for name in REASONS},
        "image_errors": add_errors([note["image_errors"] for note in notes]),
        "not_asked": dict(silent),
        "ngrams": ngrams if config.filters.rare_ngram.enabled else None,
        "seconds": seconds,
        **({"limit": config.input.limit} if config.input.limit else {}),
    }


def _shards(config: Config, plan: Plan, notes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named = ("rows", "kept", "records", *DIGESTS, "verdicts_sha256")
    return [
        {"name": shard.output_name(config.name), "source": shard.source.name, "first_row": shard.first}
        | {"identified_by": shard.identified_by}
        | {name: note[name] for name in named}
        for shard, note in zip(plan.shards, notes, strict=True)
    ]
