"""--counts with what another downloader brings back: its own keys, the same URLs and texts."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.img2dataset_layouts import PICTURE, WRITERS, download
from tests.support.img2dataset_layouts import write as write_downloads
from tests.support.two_runs import COUNTED, Row, call, corpus, kept, verdicts, write

pytestmark = pytest.mark.slow(seconds=30)

TEXTS = (
    "a red kite & a boat",
    "a red kite &amp; a boat",
    "a red kite &amp;amp; a boat",
    "one &lt; two &notit; three",
    "  the   space\u00a0between us ",
    "e\u0301clair with a kite",
    "&#39;a quoted text&#39;",
    "&eacute;clair &eacute on a plate",
)
"""Texts of HTML parsers and of careless people; some become an entity only when one is resolved."""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first")
    rows = [{"url": f"http://u/{i}?a=1&amp;b={i}", "text": text} for i, text in enumerate(TEXTS * 2)]
    return corpus(write(folder / "pairs.parquet", [*rows, {"url": "http://u/x", "text": "short"}]), folder / "run")


@pytest.fixture(scope="module")
def listed(first: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The rows of the documented command for other downloaders."""
    file = tmp_path_factory.mktemp("list") / "urls.parquet"
    assert call("fetch", first, f"--list={file}") == 0
    rows: list[Row] = pq.read_table(file).to_pylist()
    return rows


def test_the_list_has_the_kept_pairs(first: Path, listed: list[Row]) -> None:
    assert [(row["key"], row["url"]) for row in listed] == [(row["key"], row["url"]) for row in kept(verdicts(first))]
    assert len(listed) == 2 * len(TEXTS)


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_other_keys_with_the_same_urls_and_texts(kind: str, first: Path, listed: list[Row], tmp_path: Path) -> None:
    rows = [download(number) | {"url": row["url"], "caption": row["text"]} for number, row in enumerate(listed)]
    rows[3] = download(3, (None, None), None) | {"url": listed[3]["url"], "caption": listed[3]["text"]}
    came = write_downloads(tmp_path / "images", kind, rows)
    run = corpus(came, tmp_path / "run", f"--counts={first}")
    before = {(row["url"], row["text"]): row for row in kept(verdicts(first))}
    found = verdicts(run)
    assert len(found) == len(listed) - 1
    for row in found:
        told = before[row["url"], row["text"]]
        assert not row["reasons"] and {name: row[name] for name in COUNTED} == {name: told[name] for name in COUNTED}


def test_texts_survive_the_way_through_a_list(first: Path, listed: list[Row], tmp_path: Path) -> None:
    table = write(tmp_path / "came.parquet", [row | {"image": PICTURE} for row in listed])
    again = corpus(table, tmp_path / "run", f"--counts={first}")
    assert [row["text"] for row in verdicts(again)] == [row["text"] for row in kept(verdicts(first))]
    (tmp_path / "more").mkdir()
    assert call("fetch", again, f"--list={tmp_path / 'more' / 'urls.parquet'}") == 0
    assert pq.read_table(tmp_path / "more" / "urls.parquet")["text"].to_pylist() == [row["text"] for row in listed]


def test_another_url_of_a_text_is_not_in_the_run(
    first: Path, listed: list[Row], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row | {"key": None, "image": PICTURE} for row in listed]
    rows[0]["url"] = "http://elsewhere/0"
    table = write(tmp_path / "came.parquet", rows)
    assert call(f"--input={table}", f"--output={tmp_path / 'run'}", "--workers=1", f"--counts={first}") == 1
    assert f"counts: 1 of {len(rows)} pairs are not in {first}" in capsys.readouterr().err
