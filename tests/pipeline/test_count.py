"""Pass 2 against Counter and sets, on random corpora: in one and many hash ranges, one and many runs."""

from collections import Counter, defaultdict
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.count_stages import count_in_order
from filters import RareNgram
from pipeline import counting
from pipeline.counting import Counting, groups
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.inputs import FIELDS, Source
from pipeline.inputs.row_keys import row_keys
from pipeline.measure.header import measure
from pipeline.measure.text import load_counts
from pipeline.storage.plan import Shard, shard_name
from vocab.ngrams import hash_ngram, hash_word, ngrams
from vocab.words import words

TEXT = st.lists(st.sampled_from(["red", "Blue", "circle", "—", "圆", "é"]), max_size=5).map(" ".join) | st.none()
IMAGE = st.sampled_from(["a", "b", "c", "d"]) | st.none()
CORPUS = st.lists(st.tuples(IMAGE, TEXT), max_size=30)


def write_shard(output: Output, number: int, pairs: list, keys: list | None = None) -> Shard:
    given = {"url": [image for image, _ in pairs], "text": [text and text.encode() for _, text in pairs], "key": keys}
    columns = [pa.array(given.get(item.name) or [None] * len(pairs), item.type) for item in FIELDS]
    table = measure(pa.table(columns, schema=FIELDS), has_images=False)
    source = Source(number, f"{number}.csv", f"{number}.csv", 0, 0)
    with output.write(shard_name(number, 0)) as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return Shard(number, 1, source, 0, len(pairs), False)


def run_counts(output: Output, shards: list, rule: RareNgram, parts: int, keys: bool = True) -> dict:
    """Runs the stages of CountCorpus one after the other."""
    job = Counting(output, "uncased", rule, keys, len(shards), parts, Meter(None))
    return count_in_order([(number, (shard,)) for number, shard in enumerate(shards)], job)


def naive_frequent(pairs: list, rule: RareNgram) -> tuple[set[int], int]:
    counts = Counter(ngram for _, text in pairs for ngram in ngrams(words(text or "")))
    ranked = sorted((-number, hash_ngram(ngram)) for ngram, number in counts.items() if number >= rule.min_count)
    return {value for _, value in ranked[: rule.top_k]}, len(counts)


@pytest.mark.slow
@given(
    st.lists(CORPUS, min_size=1, max_size=6),
    st.integers(0, 12),
    st.integers(1, 3),
    st.sampled_from([1, 8]),
    st.sampled_from([2, 4, 512]),
)
@settings(max_examples=80, deadline=None)
def test_counts_are_those_of_a_naive_reference(tmp_path_factory, shards, top_k, min_count, parts, most):
    output, rule = Output(str(tmp_path_factory.mktemp("counts"))), RareNgram(top_k, min_count)
    written = [write_shard(output, *shard) for shard in enumerate(shards)]
    with mock.patch.object(counting, "MOST_MERGED", most):  # up to three levels
        summary = run_counts(output, written, rule, parts)
    pairs = [pair for shard in shards for pair in shard]
    frequent, distinct = naive_frequent(pairs, rule)
    assert (summary["distinct"], summary["frequent"]) == (distinct, len(frequent))
    assert summary["distinct_keys"] == len(pairs)
    counts = load_counts(output)
    assert (counts.frequent is None) == (distinct == len(frequent))
    if counts.frequent is not None:
        assert set(counts.frequent.keys.tolist()) == frequent
    texts_of, images_of = defaultdict(set), defaultdict(set)
    for image, text in pairs:
        if image is not None:
            texts_of[image].add(text or "")
            images_of[text or ""].add(image)
    for table, found in ((counts.images, texts_of), (counts.texts, images_of)):
        hashes = np.array([hash_word(name) for name in found], np.uint64)
        assert table.counts_of(hashes).tolist() == [len(others) for others in found.values()]


@pytest.mark.slow
@pytest.mark.parametrize("keys", [["x", "x", None], ["x", "0.csv#000000002", None]])
def test_keys_that_occur_again_are_counted(tmp_path, keys):
    output = Output(str(tmp_path))
    shard = write_shard(output, 0, [("a", "one")] * 3, keys)
    assert run_counts(output, [shard], RareNgram(), 1)["distinct_keys"] == 2


def test_a_stage_that_is_done_is_not_done_again(tmp_path):
    output, rule = Output(str(tmp_path)), RareNgram(min_count=2)
    shard = write_shard(output, 0, [("a", "red circle"), ("b", "red square")])
    first = run_counts(output, [shard], rule, 4)
    output.remove(output.path(shard.index))  # without it nothing could be counted
    assert run_counts(output, [shard], rule, 4) == first


def test_groups_are_cut_by_rows(monkeypatch):
    monkeypatch.setattr(counting, "ROWS_PER_RUN", 10)
    source = Source(0, "x", "x", 0, 0)
    shards = [Shard(number, 5, source, 0, rows, False) for number, rows in enumerate([4, 6, 1, 30, 2])]

    def numbers(output: str) -> list[list[int]]:
        return [[shard.number for shard in group] for _, group in groups(Output(output), shards)]

    assert numbers("out") == [[0, 1], [2, 3], [4]]
    assert numbers("gs://bucket/out") == [[0, 1, 2, 3, 4]]  # runs are longer where each merge asks for its part of each


def test_keys_of_rows_have_nine_digits():
    assert row_keys("a/b.csv", 9, 2).to_pylist() == ["a/b.csv#000000009", "a/b.csv#000000010"]
    assert row_keys("é", 999_999_998, 1).to_pylist() == ["é#999999998"]
    assert row_keys("x", 0, 0).to_pylist() == []
