"""Sorted runs and the cut of frequent n-grams, against Counter and brute force."""

from collections import Counter
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.files import Output
from pipeline.storage.frequent_ngrams import choose_cut, histogram, select
from pipeline.storage.runs import (
    COUNTED,
    PAIRS,
    Tally,
    merge_counts,
    merge_pairs,
    pair_run,
    read_run,
    rows_of,
    slices,
    write_ranges,
    write_run,
)
from vocab.counting import count as counted_hashes

HASHES = st.integers(0, 2**64 - 1)
FEW = st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1, 2**62, 12345])


def counted(values):
    return counted_hashes(np.array(values, np.uint64))


@pytest.mark.slow
@given(st.lists(st.lists(FEW | HASHES, max_size=30), max_size=5), st.sampled_from([1, 2, 8, 64]))
@settings(max_examples=60, deadline=None)
def test_merging_ranges_counts_what_a_counter_counts(tmp_path_factory, groups, parts):
    output = Output(str(tmp_path_factory.mktemp("runs")))
    for number, group in enumerate(groups):
        write_ranges(output, f"run-{number}", counted(group), parts)
    paths = [output.path(f"run-{number}") for number in range(len(groups))]
    assert [rows_of(path, parts) for path in paths] == [len(set(group)) for group in groups]
    merged = [merge_counts(slices(paths, COUNTED, part, parts)) for part in range(parts)]
    hashes = np.concatenate([hashes for hashes, _ in merged])
    counts = np.concatenate([counts for _, counts in merged])
    assert (np.diff(hashes.astype(object)) > 0).all()
    assert dict(zip(hashes.tolist(), counts.tolist(), strict=True)) == Counter(chain.from_iterable(groups))


@given(st.lists(st.lists(st.tuples(FEW | HASHES, FEW), max_size=30), max_size=5))
@settings(max_examples=60, deadline=None)
def test_pairs_are_distinct(groups):
    runs = [pair_run(*np.array(group, np.uint64).reshape(-1, 2).T.copy()) for group in groups]
    assert all((np.diff(pairs.astype(object)) >= 0).all() for pairs, _ in runs)
    images, texts = merge_pairs(runs)
    assert sorted(zip(images.tolist(), texts.tolist(), strict=True)) == sorted(set(chain.from_iterable(groups)))


@pytest.mark.parametrize("alike", ["image", "text", "both"])
def test_pairs_of_one_image_or_one_text_are_spread_over_all_ranges(alike):
    hashes = np.random.default_rng(1).integers(0, 1 << 64, 64_000, np.uint64)
    one = np.full_like(hashes, 0x123456789)
    pairs, _ = pair_run(hashes if alike == "text" else one, hashes if alike == "image" else one)
    if alike == "both":
        pairs, _ = pair_run(hashes, hashes)  # an address that is its own alt-text
    counts = np.bincount((pairs >> np.uint64(58)).astype(int), minlength=64)
    assert counts.min() > 800 and counts.max() < 1200


def test_counts_stop_at_the_largest_that_fits():
    hashes, counts = merge_counts([(np.array([7], np.uint64), np.array([2**32 - 1], np.uint32))] * 2)
    assert hashes.tolist() == [7] and counts.tolist() == [2**32 - 1]


def test_an_empty_run_is_empty_columns(tmp_path):
    output = Output(str(tmp_path))
    write_run(output, "empty", (np.empty(0, np.uint64), np.empty(0, np.uint64)))
    assert [len(column) for column in read_run(output.path("empty"), PAIRS)] == [0, 0]


def brute_force(counts: dict[int, int], top_k: int, min_count: int) -> set[int]:
    eligible = [(-count, value) for value, count in counts.items() if count >= min_count]
    return {value for _, value in sorted(eligible)[:top_k]}


@pytest.mark.slow
@given(
    st.dictionaries(FEW | HASHES, st.integers(1, 5), max_size=40),
    st.integers(0, 45),
    st.integers(0, 6),
    st.sampled_from([1, 4]),
)
@settings(max_examples=300, deadline=None)
def test_the_cut_is_the_exact_top_k_with_ties_by_hash(counts, top_k, min_count, parts):
    values = np.array(sorted(counts), np.uint64)
    numbers = np.array([counts[value] for value in values.tolist()], np.uint32)
    part_of = values >> np.uint64(62) if parts == 4 else np.zeros(len(values), np.uint64)
    ranges = [(values[part_of == part], numbers[part_of == part]) for part in range(parts)]
    cut = choose_cut([histogram(found) for _, found in ranges], top_k, min_count)
    chosen = [select(*found, cut.count, ties) for found, ties in zip(ranges, cut.ties, strict=True)]
    frequent = set(np.concatenate(chosen).tolist())
    assert frequent == brute_force(counts, top_k, min_count)
    assert (cut.distinct, cut.frequent) == (len(counts), len(frequent))
    assert cut.all_frequent == (frequent == set(counts))


@pytest.mark.parametrize("top_k", [2, 3, 4])
def test_top_k_at_under_and_over_the_number_of_ngrams(top_k):
    hashes, counts = np.array([1, 5, 9], np.uint64), np.array([1, 1, 1], np.uint32)
    cut = choose_cut([histogram(counts)], top_k, 1)
    assert select(hashes, counts, cut.count, cut.ties[0]).tolist() == [1, 5, 9][:top_k]
    assert cut.count == 1


@given(st.lists(st.lists(FEW | HASHES, max_size=30), max_size=8), st.sampled_from([0, 10, 100]))
@settings(max_examples=60, deadline=None)
def test_pieces_are_counted_as_a_counter_counts(groups, held):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.storage.runs._HELD", held)
        tally = Tally()
        for group in groups:
            tally.add(np.array(group, np.uint64))
        hashes, counts = tally.counts()
    assert (hashes.dtype, counts.dtype) == (np.uint64, np.uint32)
    assert hashes.tolist() == sorted(set(chain.from_iterable(groups)))
    assert dict(zip(hashes.tolist(), counts.tolist(), strict=True)) == Counter(chain.from_iterable(groups))
