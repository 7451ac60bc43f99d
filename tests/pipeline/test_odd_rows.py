"""Rows that are odd, but no reason to fail: each has a verdict, and nothing outside the folder is touched."""

from __future__ import annotations

import pytest

from tests.support.command import run_corpus
from tests.support.crawl import tar
from tests.support.crawl_contents import encode, picture

pytestmark = pytest.mark.slow

PIXELS = encode(picture(0))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The verdicts of rows that are odd, but no reason to fail: texts, keys and names of members."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "secret.jpg").write_bytes(PIXELS)
    crawl = folder / "crawl"
    crawl.mkdir()
    (crawl / "a.csv").write_bytes(b"key,url,text\nk,u,caf\xe9 \xff kite\nk,u," + b"kite " * 200_000 + b"\nk,u,\n")
    (crawl / "b.jsonl").write_bytes(
        b'{"image_path":"../secret.jpg","text":"a","key":"k"}\n{"image_path":"c.jpg","text":null}\n'
    )
    (crawl / "c.jpg").write_bytes(PIXELS)
    (crawl / "d.tar").write_bytes(
        tar(("../../up.jpg", PIXELS), ("../../up.txt", b"caf\xe9"), ("/etc/root.jpg", PIXELS), ("/etc/root.txt", b"x"))
    )
    done = run_corpus(folder / "out", crawl, "--workers=1")
    assert done.process.returncode == 0, done.process.stderr
    assert not (folder / "up.jpg").exists()
    assert done.json("funnel.json")["raw"] == 7
    return done.verdicts()


def test_invalid_utf8_is_replaced(rows: list[dict]) -> None:
    assert rows[0]["text"] == "caf\ufffd \ufffd kite"
    assert rows[5]["text"] == "caf\ufffd"


def test_a_text_of_a_megabyte_is_judged(rows: list[dict]) -> None:
    assert rows[1]["words"] == 200_000
    assert rows[1]["reasons"] == ["word_count"]


def test_empty_and_null_texts_have_verdicts(rows: list[dict]) -> None:
    assert [rows[n]["text"] for n in (2, 4)] == ["", ""]
    assert [rows[n]["reasons"] for n in (2, 4)] == [["word_count"], ["word_count"]]


def test_keys_may_repeat(rows: list[dict]) -> None:
    assert [row["key"] for row in rows[:4]] == ["k"] * 4


def test_no_path_leads_out_of_the_folder(rows: list[dict]) -> None:
    assert rows[3]["image_path"] == "../secret.jpg"
    assert rows[3]["width"] is None
    assert rows[3]["reasons"][0] == "undecodable"


def test_names_of_members_are_keys_and_nothing_else(rows: list[dict]) -> None:
    assert [(row["key"], row["width"]) for row in rows[5:]] == [("../../up", 240), ("/etc/root", 240)]
