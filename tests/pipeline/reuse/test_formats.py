"""Inputs of other kinds: images beside a table, ids that are only claimed, archives, links."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

import pytest

from tests.support.crawl import tar
from tests.support.reuse import both, corpus, rows, small, write
from tests.support.two_runs import Row, verdicts

pytestmark = pytest.mark.slow(seconds=60)


def claimed(first: int, last: int) -> list[Row]:
    """Pairs whose input claims one id for each three images, whatever these are."""
    return [row | {"sha256": f"{number // 3:064x}"} for number, row in enumerate(rows(first, last))]


def write_tar(file: Path, first: int, last: int, **fields: str) -> Path:
    members = []
    for number, row in enumerate(rows(first, last)):
        members += [(f"{number:03d}.jpg", row["image"] or b""), (f"{number:03d}.txt", row["text"].encode())]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(tar(*members))
    return file


def beside(folder: Path, seeds: range) -> Path:
    """A table of paths, and the images that it names."""
    folder.mkdir()
    for number, seed in enumerate(seeds):
        (folder / f"{number}.jpg").write_bytes(small(seed))
    found = [{"text": f"a picture of {number % 3}", "image_path": f"{number}.jpg"} for number in range(len(seeds))]
    return write(folder / "table.parquet", found)


def test_claimed_ids_are_known_by_their_rows(tmp_path: Path) -> None:
    file = write(tmp_path / "in/a.parquet", claimed(0, 20))
    first = corpus(tmp_path / "run", [file])
    scores = {row["image_id"]: set[float | None]() for row in verdicts(tmp_path / "run")}
    for row in verdicts(tmp_path / "run"):
        scores[row["image_id"]].add(row["porn_score"])
    assert max(map(len, scores.values())) > 1  # images of one id have other scores
    scratch, again = both(tmp_path, tmp_path / "run", [write(tmp_path / "b.parquet", rows(30, 33)), file])
    assert 0 < again.scored < 4 <= scratch.scored and scratch.scored - again.scored == first.scored


def test_claimed_ids_in_another_file_are_measured_again(tmp_path: Path) -> None:
    first = corpus(tmp_path / "run", [write(tmp_path / "in/a.parquet", claimed(0, 12))], "--keep_work")
    other = [row | {"image": small(100 + number)} for number, row in enumerate(claimed(0, 12))]
    scratch, again = both(tmp_path, tmp_path / "run", [write(tmp_path / "b/a.parquet", other)])
    assert again.scored == scratch.scored > 0 and first.scored
    assert "reuse: nothing of" in " ".join(again.lines) and "not reused: pixels (no image is known" in again.lines[0]


def test_a_column_that_becomes_the_id_by_a_setting(tmp_path: Path) -> None:
    """The settings of the input differ, so rows are not trusted either."""
    file = write(
        tmp_path / "in/a.parquet", [row | {"digest": f"{number // 3:064x}"} for number, row in enumerate(rows(0, 12))]
    )
    corpus(tmp_path / "run", [file], "--keep_work")
    scratch, again = both(tmp_path, tmp_path / "run", [file], "--input.columns.sha256=digest")
    assert again.scored == scratch.scored > 0
    assert "index of input files (input.columns.sha256)" in " ".join(again.lines)


def test_tars(tmp_path: Path) -> None:
    one, other = write_tar(tmp_path / "in/0.tar", 0, 15), write_tar(tmp_path / "in/1.tar", 15, 30)
    corpus(tmp_path / "run", [one], "--keep_work")
    scratch, again = both(tmp_path, tmp_path / "run", [one, other])
    assert 0 < again.scored < scratch.scored and "index of 1 of 2 input files" in " ".join(again.lines)


def test_pictures_beside_a_table_may_have_changed(tmp_path: Path) -> None:
    """Size and time of the table are as before, and so are those of the picture."""
    table = beside(tmp_path / "in", range(50, 58))
    corpus(tmp_path / "run", [table], "--keep_work")
    picture = tmp_path / "in/3.jpg"
    status = picture.stat()
    content = small(200)
    picture.write_bytes(content + bytes(max(status.st_size - len(content), 0)))
    os.utime(picture, ns=(status.st_atime_ns, status.st_mtime_ns))
    scratch, again = both(tmp_path, tmp_path / "run", [table])
    assert again.scored == 1 < scratch.scored
    assert "index of input files (1 with images beside the file)" in " ".join(again.lines)


def test_a_picture_that_is_gone_beside_a_table(tmp_path: Path) -> None:
    table = beside(tmp_path / "in", range(50, 58))
    corpus(tmp_path / "run", [table])
    (tmp_path / "in/3.jpg").unlink()
    _, again = both(tmp_path, tmp_path / "run", [table])
    assert again.scored == 0
    assert [row["image_error"] for row in verdicts(tmp_path / "again")].count("missing") == 1


def test_links_that_become_pictures(tmp_path: Path) -> None:
    """A table of links and file names: its files came after the first run."""
    found = [
        {"text": f"a picture of {number}", "url": f"http://u/{number}", "file_name": f"{number}.jpg"}
        for number in range(6)
    ]
    table = write(tmp_path / "in/table.parquet", found)
    corpus(tmp_path / "run", [table], "--keep_work")
    assert {row["porn_score"] for row in verdicts(tmp_path / "run")} == {None}
    for number in range(6):
        (tmp_path / f"in/{number}.jpg").write_bytes(small(number))
    scratch, again = both(tmp_path, tmp_path / "run", [table], "--keep_work")
    assert again.scored == scratch.scored == 6


def test_links_alone(tmp_path: Path) -> None:
    def links(name: str, count: int) -> Path:
        (tmp_path / "in").mkdir(exist_ok=True)
        with (tmp_path / "in" / name).open("w", newline="") as file:
            csv.writer(file).writerows(
                [("url", "text"), *((f"http://{name}/{n}", f"a link of {n % 4}") for n in range(count))]
            )
        return tmp_path / "in" / name

    one, other = links("a.csv", 30), links("b.csv", 7)
    corpus(tmp_path / "run", [one], "--keep_work")
    _, again = both(tmp_path, tmp_path / "run", [other, one], "--filters.images_of_text.max_images=8", "--keep_work")
    assert "reuse: index of 1 of 2 input files (30 pairs)" in " ".join(again.lines)
    shutil.copytree(tmp_path / "again", tmp_path / "third")
    _, more = both(tmp_path / "more", tmp_path / "third", [other, one], "--filters.images_of_text.max_images=7")
    assert "index of 2 of 2 input files (37 pairs)" in " ".join(more.lines)


def test_evaluation_pictures_beside_a_table_may_have_changed(tmp_path: Path) -> None:
    table = beside(tmp_path / "eval", range(50, 53))
    inputs = [write(tmp_path / "in/a.parquet", rows(50, 60))]
    corpus(tmp_path / "run", inputs, f"--eval_images={table}")
    (tmp_path / "eval/0.jpg").write_bytes(small(58))
    scratch, again = both(tmp_path, tmp_path / "run", inputs, f"--eval_images={table}")
    assert again.looked_up == scratch.looked_up and "the pictures beside" in " ".join(again.lines)
    assert [row["eval_match"] is not None for row in verdicts(tmp_path / "again")].index(True) == 1
