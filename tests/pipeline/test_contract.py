"""The whole command against the independent statement, on a generated crawl: every verdict column, records, counts.

The only freedom: our hash and imagehash's may differ by `BAND` bits, so an image whose imagehash distance is nearer
to the threshold than that may fall on either side.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow_datasets as tfds

from tests.conftest import Runs
from tests.support.command import Finished, fingerprint, run, shards
from tests.support.crawl import ROWS_PER_SHARD, SETTINGS, Crawl
from tests.support.crawl_contents import encode
from tests.support.reading import decoded, read_records, tf_reads
from tests.support.statement import REASONS, Pair, Settings, verdicts
from tests.support.statement_image import BAND, THRESHOLD, converted, decodable, nearest, porn_score, size

pytestmark = pytest.mark.slow(seconds=50)

COLUMNS = (
    *("key", "source", "image_id", "image_path", "url", "text", "width", "height", "words", "texts_of_image"),
    *("images_of_text", "rare_ngram", "eval_match", "eval_distance", "porn_score", "porn_exact", "image_error"),
    *("kept", "reasons"),
)
CASES: dict[str, dict] = {
    "paper": {},
    "min_count": {"min_count": 3},
    "ties": {"top_k": 60},
    "multilingual": {"profile": "multilingual", "measure": "all", "min_count": 3},
    "off": {"off": frozenset({"short_side", "images_of_text", "rare_ngram", "porn"}), "min_count": 3},
    "all off": {"off": frozenset(REASONS[1:])},
}


@pytest.fixture(scope="module")
def images(crawl: Crawl) -> list[bytes]:
    """All distinct images of the crawl that decode, without the bomb."""
    found = dict.fromkeys(pair.image for pair in crawl.pairs if pair.image)
    sizes = {image: size(image) or (0, 0) for image in found}
    return [image for image in found if 0 < sizes[image][0] * sizes[image][1] < 10**6 and decodable(image)]


@pytest.fixture(scope="module")
def distances(crawl: Crawl, images: list[bytes]) -> dict[bytes, int]:
    return dict(zip(images, nearest(images, list(crawl.evaluation.values())), strict=True))


@pytest.fixture(scope="module", params=CASES)
def settings(request: pytest.FixtureRequest, images: list[bytes]) -> Settings:
    """The largest score allowed is one that occurs, with some above it."""
    score = sorted({porn_score(image) for image in images})[-12]
    return replace(SETTINGS, max_score=score, **CASES[request.param])


@pytest.fixture(scope="module")
def finished(settings: Settings, corpus_of: Runs) -> Finished:
    return corpus_of(settings)


@pytest.fixture(scope="module")
def rows(finished: Finished) -> list[dict]:
    return finished.verdicts()


@pytest.fixture(scope="module")
def expected(crawl: Crawl, settings: Settings, distances: dict[bytes, int]) -> list[dict]:
    return verdicts(crawl.pairs, settings, {image for image, bits in distances.items() if bits <= THRESHOLD})


def kept(crawl: Crawl, rows: list[dict]) -> list[tuple[Pair, dict]]:
    return [(pair, row) for pair, row in zip(crawl.pairs, rows, strict=True) if not row["reasons"]]


def test_every_pair_has_its_verdict(rows: list[dict], expected: list[dict]) -> None:
    assert [row["key"] for row in rows] == [row["key"] for row in expected]
    for row, true in zip(rows, expected, strict=True):
        assert {name: row[name] for name in true} == true


def test_every_rule_keeps_some_and_drops_some(expected: list[dict], settings: Settings) -> None:
    found = Counter(reason for row in expected for reason in row["reasons"])
    assert not settings.off & set(found)
    assert sum(not row["reasons"] for row in expected) > 5
    if settings.measure == "all":
        assert set(found) == set(REASONS)


def test_matches_name_the_evaluation_image(crawl: Crawl, rows: list[dict], distances: dict[bytes, int]) -> None:
    for pair, row in zip(crawl.pairs, rows, strict=True):
        image, match = pair.image or b"", row["eval_match"]
        assert ("eval_duplicate" in row["reasons"]) == (match is not None)
        if match:
            name = min(crawl.evaluation, key=lambda name: nearest([image], [crawl.evaluation[name]]))
            assert match == f"eval/{name}"
            assert abs(row["eval_distance"] - distances[image]) <= BAND


def input_shards(crawl: Crawl) -> list[list[int]]:
    """The numbers of the rows of each input shard: a tar, or so many rows of a table."""
    by_file: dict[str, list[int]] = {}
    for number, pair in enumerate(crawl.pairs):
        by_file.setdefault(pair.source, []).append(number)
    size = {source: len(rows) if source.endswith(".tar") else ROWS_PER_SHARD for source, rows in by_file.items()}
    return [rows[i : i + size[source]] for source, rows in by_file.items() for i in range(0, len(rows), size[source])]


def test_a_shard_for_every_input_shard(crawl: Crawl, finished: Finished, rows: list[dict]) -> None:
    wanted = [
        [crawl.pairs[n].key for n in numbers if not rows[n]["reasons"] and not crawl.pairs[n].url_only]
        for numbers in input_shards(crawl)
    ]
    files = shards(finished.output, "corpus")
    assert [file.name for file in files] == [f"align-{n:05d}-of-{len(wanted):05d}.tfrecord" for n in range(len(wanted))]
    assert [[record["key"].decode() for record in read_records(file)] for file in files] == wanted
    assert len(shards(finished.output, "verdicts")) == len(wanted)


def test_records_hold_the_kept_pairs(crawl: Crawl, finished: Finished, rows: list[dict]) -> None:
    records = [record for file in shards(finished.output, "corpus") for record in read_records(file)]
    pairs = [(pair, row) for pair, row in kept(crawl, rows) if not pair.url_only]
    for record, (pair, row) in zip(records, pairs, strict=True):
        assert record["txt"].decode() == row["text"]
        assert record["url"].decode() == (pair.url or "")
        assert record["sha256"].decode() == row["image_id"]
        assert (record["width"], record["height"]) == size(pair.image)


def test_records_are_read_by_tensorflow(crawl: Crawl, finished: Finished, rows: list[dict]) -> None:
    records = [record for file in shards(finished.output, "corpus") for record in read_records(file)]
    images = [pair.image or b"" for pair, _ in kept(crawl, rows) if not pair.url_only]
    for record, image in zip(records, images, strict=True):
        picture = converted(image)
        assert record["jpg"] == (image if tf_reads(image) else encode(picture, quality=95))
        assert decoded(record["jpg"]).shape == (picture.height, picture.width, len(picture.getbands()))


def test_the_funnel_counts_the_verdicts(crawl: Crawl, finished: Finished, rows: list[dict]) -> None:
    funnel = finished.json("funnel.json")
    any_reason = Counter(reason for row in rows for reason in row["reasons"])
    only_reason = Counter(row["reasons"][0] for row in rows if len(row["reasons"]) == 1)
    first_reason = Counter(row["reasons"][0] for row in rows if row["reasons"])
    assert funnel["raw"] == len(crawl.pairs)
    assert funnel["kept"] == len(kept(crawl, rows))
    assert funnel["records"] == sum(not pair.url_only for pair, _ in kept(crawl, rows))
    assert {reason: n for reason, n in funnel["any_reason"].items() if n} == any_reason
    assert {reason: n for reason, n in funnel["only_reason"].items() if n} == only_reason
    assert {reason: n for reason, n in funnel["first_reason"].items() if n} == first_reason


def test_verdicts_have_the_columns_in_order(finished: Finished) -> None:
    for file in shards(finished.output, "verdicts"):
        schema = pq.read_schema(file)
        assert schema.names == [*COLUMNS, "lang", "input_width", "input_reasons"]
        assert [schema.field(name).type for name in ("texts_of_image", "images_of_text")] == [pa.int64()] * 2
        assert schema.field("kept").type == pa.bool_()


def test_kept_says_that_no_rule_drops_the_pair(finished: Finished) -> None:
    judged = [(row["kept"], not row["reasons"]) for row in finished.verdicts()]
    assert all(kept == passed for kept, passed in judged)
    assert sum(kept for kept, _ in judged) == finished.json("funnel.json")["kept"]


def test_the_manifest_has_every_file(crawl: Crawl, finished: Finished) -> None:
    inputs = [(file["name"], file["size"]) for file in finished.json("manifest.json")["inputs"]]
    sizes = {file.name: file.stat().st_size for file in crawl.folder.rglob("*.*")}
    assert inputs == [(name, sizes[name.rpartition("/")[2]]) for name in dict.fromkeys(p.source for p in crawl.pairs)]
    text = (finished.output / "manifest.json").read_text()
    for file in [*shards(finished.output, "corpus"), *shards(finished.output, "verdicts")]:
        assert fingerprint(file) in text


def test_tfds_loads_the_corpus(crawl: Crawl, finished: Finished, rows: list[dict]) -> None:
    builder = tfds.builder_from_directory(finished.output / "corpus")
    (split,) = builder.info.splits.values()
    in_order = tfds.ReadConfig(interleave_cycle_length=1)
    examples = list(builder.as_dataset(split=split.name, read_config=in_order).as_numpy_iterator())
    pairs = [(pair, row) for pair, row in kept(crawl, rows) if not pair.url_only]
    assert split.num_examples == len(pairs)
    assert [example["txt"].decode() for example in examples] == [row["text"] for _, row in pairs]
    assert [example["key"].decode() for example in examples] == [pair.key for pair, _ in pairs]


def test_report_prints_the_funnel_again(finished: Finished) -> None:
    again = run("pipeline", "report", finished.output)
    assert again.returncode == 0
    assert again.stdout.strip()
    assert again.stdout.strip() in finished.process.stdout
