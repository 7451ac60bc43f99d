"""`python -m pipeline diff`: equal to a plain statement, for any ranges; its table, its page, and what it refuses."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.commands.diff import pairs
from pipeline.commands.diff.comparison import SHOWN, Comparison
from pipeline.commands.diff.run import compare_pairs
from pipeline.commands.diff.runs import read_runs
from pipeline.files import Output
from tests.conftest import EVERY_RULE, Runs
from tests.support.command import run
from tests.support.compared_runs import Row, pair, stated, write_run
from tests.support.google_cloud import empty_bucket
from tests.support.report_runs import Page, noise_jpeg
from tests.support.two_runs import call

OUTCOMES = ([], ["short_side"], ["word_count"], ["rare_ngram", "word_count"])


def some_rows(draw: random.Random, count: int, source: str = "a.parquet") -> list[Row]:
    """Pairs of which many have the same content, and some the same key too."""
    return [
        pair(
            source=source,
            key=draw.choice([f"{source}#{number:09d}", "again"]),
            image_id=draw.choice([None, *(f"image{some}" for some in range(12))]),
            text=draw.choice(["", "a red bicycle", "two dogs", "no more than a text"]),
            reasons=draw.choice(OUTCOMES),
        )
        for number in range(count)
    ]


def judged_again(draw: random.Random, rows: Sequence[Row]) -> list[Row]:
    return [row | {"reasons": draw.choice([row["reasons"], draw.choice(OUTCOMES)])} for row in rows]


def moved(rows: Sequence[Row]) -> list[Row]:
    """A copy of the rows under another name of their file, and so with other keys."""
    return [row | {"source": "b.parquet", "key": row["key"].replace("a.parquet", "b.parquet")} for row in rows]


def compared(folder: Path, one: Sequence[Row], two: Sequence[Row], per_shard: int = 50) -> Comparison:
    roots = {"RUN1": folder / "one", "RUN2": folder / "two"}
    for root, rows in zip(roots.values(), (one, two), strict=True):
        write_run(root, rows, per_shard=per_shard)
    return compare_pairs(*read_runs({name: str(root) for name, root in roots.items()}), Output(str(folder / "scratch")))


def counted(comparison: Comparison) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (before, after): count
            for before in comparison.outcomes
            for after in comparison.outcomes
            if (count := comparison.count(before, after))
        }
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("case", ["settings", "added", "removed", "moved", "shuffled", "other"])
def test_equal_to_the_statement(case: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    one = some_rows(draw, 130)
    two = judged_again(draw, one)
    if case == "added":
        two = some_rows(draw, 30, "0.parquet") + two
    elif case == "removed":
        two = two[20:90]
    elif case == "moved":
        two = moved(two)
    elif case == "shuffled":
        draw.shuffle(two)
    elif case == "other":
        two = [row | {"text": f"{row['text']} of another corpus"} for row in two]
    monkeypatch.setattr(pairs, "PAIRS_PER_PART", draw.choice([20, 1000]))
    assert counted(compared(tmp_path, one, two)) == stated(one, two)


def test_ranges_and_shards_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(7)
    one = some_rows(draw, 200)
    two = some_rows(draw, 20, "0.parquet") + judged_again(draw, one)
    made = []
    for number, (per_part, per_shard) in enumerate([(1000, 500), (10, 500), (10, 7)]):
        monkeypatch.setattr(pairs, "PAIRS_PER_PART", per_part)
        made.append(compared(tmp_path / str(number), one, two, per_shard))
    shown = [{change: chosen.rows.tolist() for change, chosen in one.chosen.items()} for one in made]
    assert shown[0] == shown[1] == shown[2]
    assert counted(made[0]) == counted(made[1]) == counted(made[2])


def test_two_files_that_were_joined_match_by_image_and_text(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(20)]
    one = [pair(source=f"{n % 2}.tar", key=f"{n}", image_id="i", text=text) for n, text in enumerate(texts)]
    two = [pair(source="all.tar", key=text, image_id="i", text=text) for text in reversed(texts)]
    assert counted(compared(tmp_path, one, two)) == {("kept", "kept"): 20}


def test_examples_are_those_with_a_picture_first_and_one_of_each_image(tmp_path: Path) -> None:
    one = [pair(key=f"k{n}", image_id=f"image{n // 2}", text=f"text {n}", width=150) for n in range(60)]
    two = [row | {"reasons": ["short_side"]} for row in one]
    pictured = {f"image{n}": noise_jpeg(8) for n in (3, 11)}
    write_run(tmp_path / "one", one, thumbnails=pictured)
    write_run(tmp_path / "two", two)
    assert call("diff", tmp_path / "one", tmp_path / "two") == 0
    page = (tmp_path / "two/diff.html").read_text()
    assert page.count("<img") == 2 and page.count("no picture at hand") == SHOWN - 2


def differing(folder: Path, hostile: str = "a red bicycle") -> tuple[Path, Path]:
    """Two runs with a change of every kind."""
    width, words = ("filters.short_side.min_pixels", "256"), ("filters.word_count.min_words", "2")
    rows = [pair(key=f"k{n}", source=hostile, text=f"{n} {hostile}", url=hostile, width=240, words=2) for n in range(5)]
    reasons = (([], []), ([], ["short_side"]), (["word_count"], []), (["word_count"], ["short_side"]))
    old = [row | {"reasons": before} for row, (before, _) in zip(rows, reasons, strict=False)]
    new = [row | {"reasons": after} for row, (_, after) in zip(rows, reasons, strict=False)]
    inputs = {name: [{"name": f"{name}{hostile}", "size": 1, "fingerprint": "f"}] for name in ("old", "new")}
    one = write_run(folder / "one", [*old, rows[4]], inputs=inputs["old"])
    two = write_run(
        folder / "two", [*new, pair(key="new")], width, words, inputs=inputs["new"], versions={"align-corpus": "2"}
    )
    return one, two


def test_the_table_says_what_changed_under_80_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("diff", *differing(tmp_path)) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()[:-1]
    assert max(map(len, lines)) < 80
    for line in (
        "setting filters.short_side.min_pixels: 200 -> 256",
        "version align-corpus: 1 -> 2",
        "input olda red bicycle: 1 bytes, f -> absent",
    ):
        assert line in lines
    numbers = {" ".join(line.split()[:-2]): line.split()[-2:] for line in lines if line[-1:].isdigit()}
    assert numbers["raw"] == ["5", "5"] and numbers["in this run alone"] == ["1", "1"]
    assert numbers["kept by both"] == ["1", "1"]
    assert numbers["kept by this run, dropped by the other"] == ["1", "1"]
    assert "short side 240 px, at least 256" in said and "2 words, 3 to 20" in said
    assert "word_count -> short_side" in said
    assert said.splitlines()[-1] == f"{tmp_path / 'two/diff.html'} shows it with examples"


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\x1b[2J\u202e", '"><img src=x onerror=y>'])
def test_no_text_of_the_data_reaches_page_or_terminal_raw(
    hostile: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("diff", *differing(tmp_path, hostile)) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said and "\u202e" not in said
    page = Page((tmp_path / "two/diff.html").read_text())
    assert "script" not in page.tags and "img" not in page.tags
    assert not {name for name, _ in page.attributes} & {"src", "href", "onerror"}


def test_equal_bytes_each_time_and_in_another_file(tmp_path: Path) -> None:
    one, two = differing(tmp_path)
    for _ in range(2):
        assert call("diff", one, two, f"--output={tmp_path / 'other.html'}") == 0
    assert not (two / "diff.html").exists()
    assert call("diff", one, two) == 0
    assert (two / "diff.html").read_bytes() == (tmp_path / "other.html").read_bytes()


def test_runs_and_page_in_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = differing(tmp_path / "here")
    assert call("diff", one, two) == 0
    page = (two / "diff.html").read_bytes()
    with empty_bucket(tmp_path, monkeypatch) as storage:
        for file in (found for run in (one, two) for found in run.rglob("*.*") if found.name != "diff.html"):
            storage.put("data", file.relative_to(tmp_path / "here").as_posix(), file.read_bytes())
        before = {*storage.buckets["data"]}
        assert call("diff", "gs://data/one", "gs://data/two") == 0
        assert call("diff", one, "gs://data/two", "--output=gs://data/page.html") == 0
        made = {name: found.content for name, found in storage.buckets["data"].items() if name not in before}
    assert made == {"two/diff.html": page, "page.html": page}


def test_nothing_in_common_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = write_run(tmp_path / "one", [pair(text="this")]), write_run(tmp_path / "two", [pair(text="that")])
    assert call("diff", one, two) == 0
    said = capsys.readouterr().out
    assert "no setting, version or input differs" in said and "no pair of RUN1 is in RUN2" in said
    assert "no pair of one is in two" in Page((two / "diff.html").read_text()).words


def test_runs_without_pairs(tmp_path: Path) -> None:
    assert call("diff", write_run(tmp_path / "one", []), write_run(tmp_path / "two", [])) == 0


def test_what_holds_no_finished_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write_run(tmp_path / "good", [pair()])
    unfinished = write_run(tmp_path / "unfinished", [pair()])
    (unfinished / "report.html").unlink()
    store = write_run(tmp_path / "store", [pair()])
    (store / "manifest.json").write_text('{"shards": []}')
    for bad in (unfinished, store, tmp_path / "none"):
        assert call("diff", good, bad) == 2
        assert f"RUN2: {bad} holds no finished run" in capsys.readouterr().err
        assert call("diff", bad, good) == 2
        assert f"RUN1: {bad} holds no finished run" in capsys.readouterr().err
    assert call("diff", good, tmp_path / "good/../good") == 2
    assert "RUN1 and RUN2 are the same folder" in capsys.readouterr().err
    assert not (good / "diff.html").exists()


def test_an_output_that_is_a_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = differing(tmp_path)
    assert call("diff", one, two, f"--output={tmp_path}") == 1
    assert "is a folder, not a file" in capsys.readouterr().err


@pytest.mark.slow(seconds=40)
def test_runs_of_the_pipeline_with_other_thresholds(corpus_of: Runs, tmp_path: Path) -> None:
    one, two = corpus_of(), corpus_of(replace(EVERY_RULE, min_pixels=230, max_words=12))
    runs = read_runs({"RUN1": str(one.output), "RUN2": str(two.output)})
    found = counted(compare_pairs(*runs, Output(str(tmp_path))))
    assert found == stated(one.verdicts(), two.verdicts())
    assert len(found) > 5
    done = run("pipeline", "diff", one.output, two.output, f"--output={tmp_path / 'page.html'}")
    assert done.returncode == 0, done.stderr
    assert "filters.short_side.min_pixels: 200 -> 230" in done.stdout
    assert "data:image/jpeg;base64," in (tmp_path / "page.html").read_text()
