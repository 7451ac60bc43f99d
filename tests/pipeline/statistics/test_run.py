"""The statistics of whole runs, against plain Python over their verdicts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Finished, run, run_corpus
from tests.support.origins import counted, host, language, licence, listed, write_origins
from tests.support.reuse import page_of

pytestmark = pytest.mark.slow(seconds=40)

OPTIONS = ("--filters.porn.enabled=false", "--filters.rare_ngram.min_count=12", "--input.rows_per_shard=20")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_origins(tmp_path_factory.mktemp("origins") / "inputs")


@pytest.fixture(scope="module")
def finished(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    done = run_corpus(tmp_path_factory.mktemp("one") / "out", inputs, "--workers=1", *OPTIONS)
    assert done.process.returncode == 0, done.process.stderr
    return done


@pytest.fixture(scope="module")
def statistics(finished: Finished) -> dict[str, Any]:
    return finished.json("funnel.json")["statistics"]


NAMED = {"source": lambda row: row["source"], "host": host, "language": language, "licence": licence}


@pytest.mark.parametrize("dimension", NAMED)
def test_each_dimension_is_that_of_the_verdicts(dimension: str, finished: Finished, statistics: dict[str, Any]) -> None:
    rows, found = finished.verdicts(), statistics[dimension]
    wanted = counted(rows, map(NAMED[dimension], rows))
    if dimension == "source":
        wanted["d.csv"] = [0, 0, {}, {}]
    assert listed(found) == wanted
    assert (found["distinct"], found["rest"], found["may_lack"]) == (len(wanted), None, 0)
    order = [(-row["raw"], row["name"]) for row in found["rows"]]
    assert order == sorted(order)


def test_formats_of_pictures(statistics: dict[str, Any]) -> None:
    raw = {name: counts[0] for name, counts in listed(statistics["picture_format"]).items()}
    assert raw == {"not read": 120, "JPEG": 6, "PNG": 6, "none": 6, "WebP": 3, "GIF": 3}


def test_each_dimension_adds_up_to_the_funnel(finished: Finished, statistics: dict[str, Any]) -> None:
    funnel = finished.json("funnel.json")
    for found in statistics.values():
        rows = listed(found).values()
        assert (sum(row[0] for row in rows), sum(row[1] for row in rows)) == (funnel["raw"], funnel["kept"])
        for place, kind in ((2, "first_reason"), (3, "any_reason")):
            total = sum((Counter(row[place]) for row in rows), Counter())
            assert total == Counter({code: count for code, count in funnel[kind].items() if count})


def test_offenders_are_those_of_the_verdicts(finished: Finished) -> None:
    rows, found = finished.verdicts(), finished.json("funnel.json")["offenders"]
    for kind, name, signal in (("texts", "text", "images_of_text"), ("images", "image_id", "texts_of_image")):
        counts = {row[name]: row[signal] for row in rows if (row[signal] or 0) > 1}
        assert [one[signal] for one in found[kind]] == sorted(counts.values(), reverse=True)[:20]
        assert {one[name]: one[signal] for one in found[kind]}.items() <= counts.items()
    ngrams = Counter(row["rare_ngram"] for row in rows if row["rare_ngram"])
    ordered = sorted(ngrams.items(), key=lambda one: (-one[1], one[0]))[:20]
    assert [(row["ngram"], row["pairs"]) for row in found["rare_ngrams"]["rows"]] == ordered
    assert found["hosts"] == {"least_pairs": 100, "rows": [], "may_lack": 0}  # none has as many pairs


def test_two_workers_give_the_same_statistics(inputs: Path, finished: Finished, tmp_path: Path) -> None:
    done = run_corpus(tmp_path / "out", inputs, "--workers=2", *OPTIONS)
    one, two = (each.json("funnel.json") | {"seconds": 0} for each in (finished, done))
    assert json.dumps(one) == json.dumps(two)
    assert len({page_of((each.output / "report.html").read_bytes()) for each in (finished, done)}) == 1


def test_a_lost_shard_alone_is_made_again(inputs: Path, finished: Finished, tmp_path: Path) -> None:
    before = finished.json("funnel.json")["statistics"]
    output = finished.output
    files = sorted((output / "work" / "emitted").iterdir())
    times = {file.name: file.stat().st_mtime_ns for file in files}
    files[3].unlink()
    (output / "funnel.json").unlink()
    done = run_corpus(output, inputs, "--workers=1", *OPTIONS)
    assert done.process.returncode == 0 and done.json("funnel.json")["statistics"] == before
    again = {file.name for file in files if file.stat().st_mtime_ns != times[file.name]}
    assert again == {files[3].name}


def test_a_subset_has_statistics_of_its_pairs(finished: Finished, tmp_path: Path) -> None:
    done = Finished(
        tmp_path / "out", run("pipeline", "subset", finished.output, f"--output={tmp_path / 'out'}", "--size=11")
    )
    assert done.process.returncode == 0, done.process.stderr
    rows, found = done.verdicts(), done.json("funnel.json")["statistics"]
    for dimension in ("host", "language", "licence"):
        assert listed(found[dimension] or {"rows": []}).items() <= counted(rows, map(NAMED[dimension], rows)).items()
    assert sum(row["raw"] for row in found["source"]["rows"]) == 11 == len(rows)
    assert found["picture_format"] is None  # verdicts don't hold it


def test_another_value_of_identify_is_another_run(inputs: Path, finished: Finished) -> None:
    done = run_corpus(finished.output, inputs, "--workers=1", *OPTIONS, "--report.identify=true")
    assert done.process.returncode == 2 and "differs in report.identify" in done.process.stderr
