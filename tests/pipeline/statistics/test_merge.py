"""Statistics of many shards: written, merged in batches of any size, and told with what was cut."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from filters.text import WordCount
from pipeline.files import Output
from pipeline.report.histograms import count_shard
from pipeline.statistics import hosts, kernels
from pipeline.statistics.merge import Merged, read_notes
from pipeline.statistics.shard import NAMES_OF_SHARD, Pairs, hashes_of_verdicts, read_statistics, shard_statistics
from pipeline.statistics.summary import ROWS, offenders, statistics
from pipeline.statistics.tables import load_kernels
from pipeline.storage.for_report import NOTES
from vocab.languages import identified

CODES = ["short_side", "own"]
RULES = [WordCount()]  # of a note's histograms: a shard has as many words as its number
SHARDS, ROWS_OF_SHARD = 12, 200


def pairs(seed: int, rows: int = ROWS_OF_SHARD, **columns: pa.Array) -> Pairs:
    random = np.random.default_rng(seed)
    numbers = random.geometric(0.02, rows)
    shared, texts = random.integers(0, 40, rows), random.integers(0, 60, rows)
    counts = np.random.default_rng(0).integers(1, 30, 100)  # of a text or an image: the same in every shard
    found = {
        "url": pa.array([f"http://h{number}.example/{row}" for row, number in enumerate(numbers)], pa.string()),
        "text": pa.array([f"t{number}" for number in texts], pa.string()),
        "image_id": pa.array([f"i{number}" for number in shared], pa.string()),
        "images_of_text": pa.array(counts[texts], pa.int64()),
        "texts_of_image": pa.array(counts[shared], pa.int64()),
        "rare_ngram": pa.array([None if number % 3 else f"n{number}" for number in numbers], pa.string()),
    }
    table = pa.table(found | columns)
    failed = random.random((rows, len(CODES))) < 0.3
    return Pairs(table, failed, summary(failed), hashes_of_verdicts(table), None)


def summary(failed: np.ndarray) -> dict[str, Any]:
    first = np.where(failed.any(axis=1), failed.argmax(axis=1), -1).tolist()
    marks = {code: int(count) for code, count in zip(CODES, failed.sum(axis=0), strict=True)}
    firsts = {code: first.count(number) for number, code in enumerate(CODES)}
    return {"rows": len(failed), "kept": first.count(-1), "first_reason": firsts, "any_reason": marks}


SHARDS_OF_RUN = [pairs(seed, rows=0 if seed == 5 else ROWS_OF_SHARD) for seed in range(SHARDS)]
NAMES = [f"a-{number:05d}" for number in range(SHARDS)]
HOSTS = Counter(url.split("/")[2] for shard in SHARDS_OF_RUN for url in shard.verdicts["url"].to_pylist())


def write_note(output: Output, name: str, shard: Pairs, most: int) -> None:
    note = dict(shard.summary) | {"statistics": shard_statistics(shard, identify=False, most=most)}
    note |= {"histograms": count_shard(RULES, {"words": pa.array([int(name[2:])])}, {})}
    output.write_bytes(f"{NOTES}/{name}.json", json.dumps(note).encode())


def merged_of(shard: Pairs, identify: bool = False, most: int = NAMES_OF_SHARD) -> Merged:
    merged = Merged()
    merged.add([read_statistics(shard_statistics(shard, identify, most))])
    return merged


def told(folder: Path, most: int = 1000, held: int = 1000, batch: int = 5, backwards: bool = False) -> dict[str, Any]:
    output = Output(str(folder))
    shards = list(zip(NAMES, SHARDS_OF_RUN, strict=True))
    for name, shard in reversed(shards) if backwards else shards:
        write_note(output, name, shard, most)
    notes, merged, (words,) = read_notes(output, NAMES, RULES, held, batch)
    assert words.pairs[words.bins.edges < SHARDS].tolist() == [1] * SHARDS and words.measured == SHARDS
    assert notes == [shard.summary for shard in SHARDS_OF_RUN]
    sources = ["b.tar" if number % 2 else "a.tar" for number in range(SHARDS)]
    return {
        "statistics": statistics(merged, notes, sources, CODES),
        "offenders": offenders(merged, CODES, ngrams=True, least=3),
    }


@pytest.mark.parametrize("batch", [1, 2, 11, 12, 13])
def test_batches_and_the_order_of_writing_change_nothing(batch: int, tmp_path: Path) -> None:
    whole = told(tmp_path / "a")
    assert told(tmp_path / "b", batch=batch, backwards=True) == whole
    found = whole["statistics"]["host"]
    assert {row["name"]: row["raw"] for row in found["rows"]} == dict(HOSTS)
    assert (found["distinct"], found["may_lack"], found["rest"]) == (len(HOSTS), 0, None)


def test_the_bound_of_a_shard_on_both_sides(tmp_path: Path) -> None:
    largest = max(len(set(shard.verdicts["url"].to_pylist())) for shard in SHARDS_OF_RUN)
    hosts = max(len({url.split("/")[2] for url in shard.verdicts["url"].to_pylist()}) for shard in SHARDS_OF_RUN)
    assert hosts < largest
    assert told(tmp_path / "a", most=hosts)["statistics"] == told(tmp_path / "b")["statistics"]
    cut = told(tmp_path / "c", most=hosts - 1)["statistics"]["host"]
    assert cut["distinct"] is None and cut["may_lack"] >= 1


@pytest.mark.parametrize(("most", "held"), [(10, 1000), (1000, 20), (7, 15)])
def test_cut_statistics_are_within_what_they_may_lack(most: int, held: int, tmp_path: Path) -> None:
    found = told(tmp_path, most, held)["statistics"]["host"]
    assert found["distinct"] is None and found["may_lack"]
    for row in found["rows"]:
        assert 0 <= HOSTS[row["name"]] - row["raw"] <= found["may_lack"]
    total = SHARDS_OF_RUN[0].summary["rows"] * (SHARDS - 1)
    assert sum(row["raw"] for row in found["rows"]) + found["rest"]["raw"] == total
    kept = sum(row["kept"] for row in found["rows"]) + found["rest"]["kept"]
    assert kept == sum(shard.summary["kept"] for shard in SHARDS_OF_RUN)


def test_the_most_shared_texts_are_exact_whatever_is_cut(tmp_path: Path) -> None:
    found = told(tmp_path, most=2, held=3)["offenders"]
    for kind, name, signal in (("texts", "text", "images_of_text"), ("images", "image_id", "texts_of_image")):
        columns = [(shard.verdicts[name].to_pylist(), shard.verdicts[signal].to_pylist()) for shard in SHARDS_OF_RUN]
        counts = {one: count for names, values in columns for one, count in zip(names, values, strict=True)}
        assert [row[signal] for row in found[kind]] == sorted(counts.values(), reverse=True)[:20]
        assert all(counts[row[name]] == row[signal] for row in found[kind])


def test_hosts_with_the_worst_share_have_enough_pairs(tmp_path: Path) -> None:
    found = told(tmp_path)["offenders"]["hosts"]
    assert found["least_pairs"] == 3 and min(row["raw"] for row in found["rows"]) >= 3
    shares = [row["kept"] / row["raw"] for row in found["rows"]]
    assert shares == sorted(shares) and shares[-1] < 1


def test_rows_of_sources_are_sums_of_markers(tmp_path: Path) -> None:
    rows = told(tmp_path, most=1, held=1)["statistics"]["source"]["rows"]
    assert [(row["name"], row["raw"]) for row in rows] == [("a.tar", 6 * ROWS_OF_SHARD), ("b.tar", 5 * ROWS_OF_SHARD)]
    assert sum(row["kept"] for row in rows) == sum(shard.summary["kept"] for shard in SHARDS_OF_RUN)


@pytest.mark.parametrize("extra", [0, 1])
def test_a_thousand_rows_and_one_more(extra: int) -> None:
    urls = pa.array([f"http://h{number}/" for number in range(ROWS + extra)], pa.string())
    shard = pairs(1, ROWS + extra, url=urls)
    found = statistics(merged_of(shard, most=ROWS + 1), [shard.summary], ["a.tar"], CODES)["host"]
    assert len(found["rows"]) == ROWS and (found["rest"] or {"raw": 0})["raw"] == extra
    assert (found["distinct"], found["may_lack"]) == (ROWS + extra, 0)


def test_what_no_pair_has_is_null() -> None:
    nulls = pa.nulls(ROWS_OF_SHARD, pa.string())
    shard = pairs(1, url=nulls, rare_ngram=nulls, lang=nulls, images_of_text=pa.nulls(ROWS_OF_SHARD, pa.int64()))
    merged = merged_of(shard)
    found = statistics(merged, [shard.summary], ["a.tar"], CODES)
    assert {name for name, value in found.items() if value} == {"source"}
    none = offenders(merged, CODES, ngrams=False)
    assert none["texts"] is none["rare_ngrams"] is none["hosts"] is None and none["images"]
    assert offenders(merged, CODES, ngrams=True)["rare_ngrams"] == {"rows": [], "may_lack": 0}


def test_no_shards(tmp_path: Path) -> None:
    notes, merged, histograms = read_notes(Output(str(tmp_path)), [], RULES)
    assert [one.never for one in histograms] == [True]
    found = statistics(merged, notes, [], CODES)
    assert [name for name, value in found.items() if value] == ["source"]
    assert offenders(merged, CODES, ngrams=False) == dict.fromkeys(("texts", "images", "rare_ngrams", "hosts"))


@pytest.mark.parametrize(("rows", "url"), [(0, "http://a/"), (ROWS_OF_SHARD, "")])
def test_without_a_url_no_host_is_the_worst(rows: int, url: str) -> None:
    shard = pairs(1, rows, url=pa.array([url] * rows, pa.string()))
    assert offenders(merged_of(shard), CODES, ngrams=False)["hosts"] is None


def test_with_one_url_the_hosts_have_rows() -> None:
    urls = pa.array([f"http://h{number % 2}/" for number in range(ROWS_OF_SHARD)])
    rows = offenders(merged_of(pairs(1, url=urls)), CODES, ngrams=False)["hosts"]["rows"]
    assert sorted(row["name"] for row in rows) == ["h0", "h1"]


def test_languages_are_guessed_where_no_column_has_one() -> None:
    texts = pa.array(["A red house with a garden behind the old church", "Ein rotes Haus mit einem Garten"] * 50)
    given = pa.array([" FR", None, "", None] * 25)
    shard = pairs(1, 100, text=texts, lang=given)
    found = statistics(merged_of(shard, identify=True), [shard.summary], ["a.tar"], CODES)["language"]
    guessed = identified(texts, pa.array(["fr", None, None, None] * 25)).to_pylist()
    assert {row["name"]: row["raw"] for row in found["rows"]} == Counter(guessed)
    assert Counter(guessed)["fr"] == 25 and Counter(guessed)["de"] == 50


def test_the_kernels_that_workers_load_fit_every_shard(tmp_path: Path) -> None:
    load_kernels()
    compiled = [one for module in (hosts, kernels) for one in vars(module).values() if hasattr(one, "signatures")]
    before = [len(one.signatures) for one in compiled]
    told(tmp_path, most=10, held=20)
    for rows in (0, 1, 2):
        shard_statistics(pairs(1, rows), identify=False)
    assert [len(one.signatures) for one in compiled] == before and len(compiled) >= 7
