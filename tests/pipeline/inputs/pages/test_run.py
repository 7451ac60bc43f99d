"""A whole run on pages: counts, columns, the same bytes for any number of workers, and bad files by name."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.command import result, run_corpus, shards
from tests.support.pages import image, warc, wat

pytestmark = pytest.mark.slow(seconds=25)

PAGE = "<html lang=en>" + "".join(image(f"a cat number {n}", f"{n}.jpg") for n in range(5)) + image(None, "x.jpg")


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.warc.gz").write_bytes(warc(PAGE, "<p>"))
    (tmp_path / "in" / "b.wat.gz").write_bytes(wat(PAGE))
    return tmp_path / "in"


def test_a_run(crawl: Path, tmp_path: Path) -> None:
    made = []
    for workers in (1, 2):
        done = run_corpus(tmp_path / f"out{workers}", crawl, "--input.rows_per_shard=3", f"--workers={workers}")
        assert done.process.returncode == 0, done.process.stderr
        made.append(result(done.output))
    assert made[0] == made[1]
    assert done.json("funnel.json")["raw"] == 10 and done.process.stderr.count("WAT files have only the src") == 1
    counts = {name: number for name, number in done.json("funnel.json")["pages"].items() if number}
    assert counts == {"records": 3, "pages": 3, "no_image": 1, "images": 12, "no_alt": 2}
    assert done.process.stdout.startswith("pages and images")
    assert "Responses, resources and files that may be pages" in (done.output / "report.html").read_text()
    tables = [pq.read_table(shard) for shard in shards(done.output, "verdicts")]
    assert [len(table) for table in tables] == [3, 2, 3, 2]
    assert tables[0]["page_lang"].to_pylist() == ["en"] * 3 and tables[2]["page_lang"].null_count == 3
    assert tables[0]["url"].to_pylist() == tables[2]["url"].to_pylist()


def test_bad_files_are_named_together(crawl: Path, tmp_path: Path) -> None:
    (crawl / "c.warc.gz").write_bytes(warc(PAGE)[:-30])
    (crawl / "d.warc").write_bytes(b"<html>")
    done = run_corpus(tmp_path / "out", crawl)
    assert done.process.returncode == 1
    assert "c.warc.gz: truncated" in done.process.stderr and "d.warc: Invalid WARC header" in done.process.stderr
