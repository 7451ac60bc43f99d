"""`python -m pipeline subset`: which pairs it takes, and that what it writes is a corpus like any other."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.pipeline.commands.test_dedup_command import jpeg, picture
from tests.support.command import Finished, result, run, run_corpus, shards
from train.example import decode_example, read_records
from vocab.ngrams import hash_word

pytestmark = pytest.mark.slow(seconds=30)

PAIRS = 60
TWICE = 3  # the first pairs are there once more, with the same key: their draws are equal


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Two tables with pictures, and one with URLs alone."""
    folder = tmp_path_factory.mktemp("parent") / "crawl"
    folder.mkdir()
    images = [jpeg(picture(seed, 208)) for seed in range(PAIRS // 3)]
    rows = [(f"k{number}", f"some text of pair {number}", images[number // 3]) for number in range(PAIRS)]
    rows.insert(7, ("short", "two words", images[0]))
    for name, part in (("a", rows[:30] + rows[:TWICE]), ("b", rows[30:])):
        columns = dict(zip(("key", "text", "image"), map(list, zip(*part, strict=True)), strict=True))
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    urls = [f"http://x/{number}.jpg" for number in range(10)]
    pq.write_table(pa.table({"text": [f"a text for {url}" for url in urls], "url": urls}), folder / "c.parquet")
    off = [f"--filters.{rule}.enabled=false" for rule in ("porn", "rare_ngram")]
    done = run_corpus(folder.parent / "out", folder, "--workers=1", "--input.rows_per_shard=20", *off)
    assert done.json("funnel.json")["kept"] == PAIRS + TWICE + len(urls), done.process.stderr
    return done


def kept(finished: Finished) -> list[dict]:
    return [row for row in finished.verdicts() if not row["reasons"]]


def subset(corpus: Finished, output: Path, *options: str) -> Finished:
    done = run("pipeline", "subset", corpus.output, f"--output={output}", "--workers=1", *options)
    assert done.returncode == 0, done.stderr
    return Finished(output, done)


def smallest(rows: list[dict], number: int) -> list[dict]:
    """The rows with the smallest hash, by the plain definition, in input order."""
    draws = [hash_word("\t".join((row["source"], row["key"], row["image_id"]))) for row in rows]
    order = sorted(range(len(rows)), key=lambda place: (draws[place], place))[:number]
    return [rows[place] for place in sorted(order)]


def records(finished: Finished) -> list[dict]:
    found = []
    for file in shards(finished.output, "corpus"):
        with file.open("rb") as opened:
            found += [decode_example(data) for _, data in read_records(opened)]
    return found


ALL = PAIRS + TWICE + 10


@pytest.mark.parametrize(
    ("size", "number"),
    [
        ("0", 0),
        ("1", 1),
        ("17", 17),
        (str(ALL - 1), ALL - 1),
        (str(ALL), ALL),
        ("99999", ALL),
        ("10%", 7),
        ("100%", ALL),
    ],
)
def test_the_pairs_with_the_smallest_hashes(corpus: Finished, tmp_path: Path, size: str, number: int) -> None:
    done = subset(corpus, tmp_path / "out", f"--size={size}")
    expected = smallest(kept(corpus), number)
    assert done.verdicts() == expected
    assert done.json("funnel.json")["kept"] == number
    theirs = {(record["key"][0], record["txt"][0]): record for record in records(corpus)}
    pictured = [row for row in expected if row["source"] != "c.parquet"]
    assert records(done) == [theirs[row["key"].encode(), row["text"].encode()] for row in pictured]


def test_equal_hashes_are_told_apart_by_their_rows(corpus: Finished, tmp_path: Path) -> None:
    """Cut before, between and after two pairs that have the same hash."""
    rows = kept(corpus)
    key = next(key for key, count in Counter(row["key"] for row in rows).items() if count == 2)
    first = next(number for number in range(1, ALL) if key in {row["key"] for row in smallest(rows, number)})
    for number in (first - 1, first, first + 1):
        done = subset(corpus, tmp_path / str(number), f"--size={number}")
        assert done.verdicts() == smallest(rows, number)


def test_the_same_bytes_for_two_workers_and_a_second_run(corpus: Finished, tmp_path: Path) -> None:
    first = subset(corpus, tmp_path / "one", "--size=40%")
    done = run("pipeline", "subset", corpus.output, f"--output={tmp_path / 'two'}", "--workers=2", "--size=40%")
    assert done.returncode == 0
    assert result(tmp_path / "two") == result(first.output)
    assert subset(corpus, tmp_path / "one", "--size=40%").process.stdout == first.process.stdout
    refused = run("pipeline", "subset", corpus.output, f"--output={tmp_path / 'one'}", "--size=41%")
    assert refused.returncode == 2
    assert "holds another run, which differs in subset.size" in refused.stderr
    assert subset(corpus, tmp_path / "one", "--size=41%", "--overwrite").json("funnel.json")["kept"] == 29


def test_images_that_are_not_kept_are_left_out_before_the_size(corpus: Finished, tmp_path: Path) -> None:
    rows = kept(corpus)
    images = list(dict.fromkeys(row["image_id"] for row in rows))
    table = {"image_id": images[:8], "group": [0] * 8, "keep": [True, False] * 4}
    pq.write_table(pa.table(table), tmp_path / "groups.parquet")
    left = [row for row in rows if row["image_id"] not in images[1:8:2]]
    done = subset(corpus, tmp_path / "all", f"--keep={tmp_path / 'groups.parquet'}")
    assert done.verdicts() == left
    done = subset(corpus, tmp_path / "half", f"--keep={tmp_path / 'groups.parquet'}", "--size=50%")
    assert done.verdicts() == smallest(left, len(left) // 2)


def test_it_is_a_corpus_like_any_other(corpus: Finished, tmp_path: Path) -> None:
    """With a report, metadata that TFDS loads, a vocabulary, subsets of its own, and the name of its parent."""
    import tensorflow_datasets as tfds

    done = subset(corpus, tmp_path / "out", "--size=50%")
    manifest, parent = done.json("manifest.json"), corpus.json("manifest.json")
    assert done.json("funnel.json")["parent"] == {
        name: corpus.json("funnel.json")[name] for name in ("raw", "kept", "records")
    }
    assert manifest["parent"]["name"] == "align" and manifest["config"] == parent["config"]
    assert run("pipeline", "report", done.output).returncode == 0
    builder = tfds.builder_from_directory(str(done.output / "corpus"))
    assert builder.info.splits["train"].num_examples == len(records(done)) > 10
    vocab = run("vocab", f"--corpus={done.output}", f"--output={tmp_path / 'vocab'}", "--size=60", "--workers=1")
    assert vocab.returncode == 0, vocab.stderr
    smaller = subset(done, tmp_path / "smaller", "--size=9")
    assert smaller.verdicts() == smallest(kept(corpus), 9)
    assert str(tmp_path) not in json.dumps(manifest)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("{tmp}", "--output={tmp}/out"), "holds no finished run"),
        (("{corpus}", "--output={corpus}"), "is the corpus itself"),
        (("{corpus}", "--output={tmp}/out", "--size=101%"), "size: '101%' is neither a whole number nor a share"),
        (("{corpus}", "--output={tmp}/out", "--size=-1"), "size: '-1' is neither a whole number nor a share"),
        (("{corpus}", "--output={tmp}/out", "--size=half"), "size: 'half' is neither a whole number nor a share"),
        (("{corpus}", "--output={tmp}/out", "--keep={tmp}/none"), "is no table of python -m dedup groups"),
        (("{corpus}", "--output={tmp}/out", "--keep={parent}/crawl/c.parquet"), "is no table of python -m dedup"),
    ],
)
def test_what_is_refused(corpus: Finished, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    places = {"tmp": tmp_path, "corpus": corpus.output, "parent": corpus.output.parent}
    done = run("pipeline", "subset", *(word.format(**places) for word in words), "--workers=1")
    assert done.returncode == 2, done.stderr
    assert said in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
