"""--counts on real pairs, where they lie beside the checkout: two runs keep what one keeps; recounting loses some."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.command import ROOT
from tests.support.two_runs import Row, compared, corpus, kept, records, verdicts, write

SAMPLE = ROOT.parent / "shared" / "data" / "alt_text_sample"
pytestmark = [
    pytest.mark.slow(seconds=90),
    pytest.mark.skipif(not SAMPLE.exists(), reason="the sample is not beside the checkout"),
]
OPTIONS = ("--filters.rare_ngram.min_count=2", f"--input.image_folder={SAMPLE}")


@pytest.fixture(scope="module")
def pairs() -> list[Row]:
    """The sample, each picture with a URL that says what it is."""
    rows = pq.read_table(SAMPLE / "pairs.parquet", columns=["image_path", "text"]).to_pylist()
    names = {path: hashlib.sha256((SAMPLE / path).read_bytes()).hexdigest() for path in {r["image_path"] for r in rows}}
    return [{"url": f"http://sample/{names[row['image_path']]}"} | row for row in rows]


def test_two_runs_keep_what_one_keeps(pairs: list[Row], tmp_path: Path) -> None:
    links = write(tmp_path / "links" / "pairs.parquet", [{"url": row["url"], "text": row["text"]} for row in pairs])
    first = corpus(links, tmp_path / "first", OPTIONS[0])
    at_once = corpus(write(tmp_path / "all" / "pairs.parquet", pairs), tmp_path / "at once", *OPTIONS)
    path = {row["url"]: row["image_path"] for row in pairs}
    worth_it = [
        {name: row[name] for name in ("key", "url")}
        | {"text": row["text"].replace("&", "&amp;"), "image_path": path[row["url"]]}
        for row in kept(verdicts(first))
    ]
    images = write(tmp_path / "images.parquet", worth_it)
    second = corpus(images, tmp_path / "second", *OPTIONS, f"--counts={first}")
    once, later = compared(verdicts(at_once)), compared(verdicts(second))
    assert later == {key: once[key] for key in later}
    assert {row["key"] for row in kept(verdicts(second))} == {row["key"] for row in kept(verdicts(at_once))}
    assert records(second) == records(at_once)
    counted_again = corpus(images, tmp_path / "again", *OPTIONS)
    assert 0 < len(kept(verdicts(counted_again))) < 0.9 * len(kept(verdicts(second)))
