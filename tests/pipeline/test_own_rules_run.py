"""Runs of the command with rules of a user's file: verdicts, funnel, page, identity, and what stops a run."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters import SIGNALS
from filters.signals import SHOWN
from tests.support.command import Finished, result, run, run_corpus, shards
from tests.support.own_rules import LONG_TEXT, OPTIONS, SIMILARITIES, example, low, rule_of, write, write_inputs
from tests.support.prism import prism


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_inputs(tmp_path_factory.mktemp("inputs") / "pairs")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("rules"), example() + LONG_TEXT)


@pytest.fixture(scope="module")
def finished(inputs: Path, rules: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    done = run_corpus(tmp_path_factory.mktemp("own") / "out", inputs, f"--rules={rules}", "--workers=1", *OPTIONS)
    assert done.process.returncode == 0, done.process.stderr
    return done


def expected(row: dict) -> list[str]:
    number = int(row["key"].rpartition("#")[2])
    similarity = SIMILARITIES[number] if row["source"] == "a.parquet" else None
    own = {"low_similarity": low(similarity), "long_text": len(row["text"]) > 16}
    return [reason for reason, drops in own.items() if drops]


@pytest.mark.slow
def test_verdicts_have_their_reasons_after_ours(finished: Finished, inputs: Path, tmp_path: Path) -> None:
    plain = run_corpus(tmp_path / "out", inputs, "--workers=1", *OPTIONS)
    pairs = list(zip(finished.verdicts(), plain.verdicts(), strict=True))
    for row, without in pairs:
        reasons = without["reasons"] + expected(row)
        assert row == without | {"reasons": reasons, "kept": not reasons}
    ours, own = ({reason for row in rows for reason in row["reasons"]} for rows in zip(*pairs, strict=True))
    assert ours - own == {"low_similarity", "long_text"}
    assert "short_side" in own


@pytest.mark.slow
def test_the_funnel_counts_them(finished: Finished) -> None:
    rows, funnel = finished.verdicts(), finished.json("funnel.json")
    assert list(funnel["first_reason"])[-2:] == ["low_similarity", "long_text"]
    for reason in ("low_similarity", "long_text", "short_side"):
        assert funnel["any_reason"][reason] == sum(reason in row["reasons"] for row in rows) > 0
        assert funnel["first_reason"][reason] == sum(row["reasons"][:1] == [reason] for row in rows)
    assert funnel["kept"] == funnel["records"] == sum(not row["reasons"] for row in rows) > 0


@pytest.mark.slow
def test_the_page_shows_them(finished: Finished) -> None:
    page = (finished.output / "report.html").read_text(encoding="utf-8")
    assert "Drops a pair whose similarity is under min_similarity, and keeps an equal one (min_similarity=0.28)" in page
    assert "similarity 0.2799, min_similarity=0.28" in page
    assert "Text of over 16 characters" in page and "18 characters" in page
    assert "<h3>similarity</h3>" in page and "≥ 0.28" in page and "4 not measured" in page


@pytest.mark.slow
def test_report_and_subset_need_no_file(finished: Finished, tmp_path: Path) -> None:
    before = (finished.output / "report.html").read_bytes()
    assert run("pipeline", "report", finished.output).returncode == 0
    assert (finished.output / "report.html").read_bytes() == before
    made = run("pipeline", "subset", finished.output, "--size=2", f"--output={tmp_path / 'part'}", "--workers=1")
    assert made.returncode == 0, made.stderr
    part = Finished(tmp_path / "part", made)
    assert [row["reasons"] for row in part.verdicts()] == [[], []]
    assert part.json("funnel.json")["any_reason"]["low_similarity"] == 0
    assert "<h3>similarity</h3>" in (part.output / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_same_bytes_with_two_workers(finished: Finished, inputs: Path, rules: Path, tmp_path: Path) -> None:
    done = run_corpus(tmp_path / "out", inputs, f"--rules={rules}", "--workers=2", *OPTIONS)
    assert done.process.returncode == 0, done.process.stderr
    assert result(done.output) == result(finished.output)


@pytest.mark.slow
def test_the_same_bytes_by_prism(finished: Finished, inputs: Path, rules: Path, tmp_path: Path) -> None:
    engine = ("--runner=PrismRunner", f"--prism_location={prism()}")
    done = run_corpus(tmp_path / "out", inputs, f"--rules={rules}", *engine, *OPTIONS)
    assert done.process.returncode == 0, done.process.stderr
    assert result(done.output) == result(finished.output)


@pytest.mark.slow
def test_the_content_of_the_file_is_part_of_the_run(
    finished: Finished, inputs: Path, rules: Path, tmp_path: Path
) -> None:
    moved = write(tmp_path, rules.read_text(encoding="utf-8"), "moved.py")
    assert run_corpus(finished.output, inputs, f"--rules={moved}", *OPTIONS).process.returncode == 0
    moved.write_text(moved.read_text(encoding="utf-8") + "# another\n", encoding="utf-8")
    for options in ((f"--rules={moved}",), ()):
        again = run_corpus(finished.output, inputs, *options, *OPTIONS).process
        assert again.returncode == 2
        assert "holds another run, which differs in" in again.stderr and "rules" in again.stderr


@pytest.mark.slow
def test_a_need_that_no_input_has(inputs: Path, tmp_path: Path) -> None:
    path = write(tmp_path, example().replace('("similarity",)', '("similarly",)'))
    done = run_corpus(tmp_path / "out", inputs, f"--rules={path}", "--workers=1", *OPTIONS).process
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("pipeline: ")]
    assert (
        "rule low_similarity needs similarly, which nothing gives: the input's other columns are similarity; " in line
    )
    assert "count:" not in done.stderr


@pytest.mark.slow
def test_a_column_of_another_type_is_found_before_the_second_pass(inputs: Path, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        rule_of(('[False] * len(signals["words"])', 'pc.less(signals["similarity"], "a")'), ("words", "similarity")),
    )
    path.write_text("import pyarrow.compute as pc\n" + path.read_text())
    done = run_corpus(tmp_path / "out", inputs, f"--rules={path}", "--workers=1", *OPTIONS).process
    assert done.returncode == 2
    assert "pipeline: rule small: ArrowNotImplementedError: " in done.stderr and "similarity float" in done.stderr


@pytest.mark.slow
def test_a_file_that_raises_ends_the_command_with_2(inputs: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "1 / 0\n")
    done = run_corpus(tmp_path / "out", inputs, f"--rules={path}").process
    assert done.returncode == 2 and not (tmp_path / "out").exists()
    assert done.stderr.splitlines()[-1].endswith(f"rules: {path}, line 1: ZeroDivisionError: division by zero")


EVERY_SIGNAL = """
from dataclasses import dataclass

from filters.signals import COMPARABLE, SIGNALS


@dataclass(frozen=True)
class EverySignal:
    \"\"\"Drops nothing, and raises where a column is not what the table says.\"\"\"

    reason = "every_signal"
    needs = COMPARABLE
    enabled: bool = True

    def drops(self, signals):
        for name in COMPARABLE:
            assert signals[name].type == SIGNALS[name].type, name
        return [False] * len(signals["key"])
"""


@pytest.mark.slow
def test_the_table_has_the_signals_that_are_measured(inputs: Path, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a red bicycle"], "url": ["http://a"]}), tmp_path / "links.parquet")
    rules = write(tmp_path, EVERY_SIGNAL)
    pairs = f"{inputs}/b.parquet,{tmp_path}/links.parquet"
    done = run_corpus(tmp_path / "out", pairs, f"--rules={rules}", "--workers=1", *OPTIONS)
    assert done.process.returncode == 0, done.process.stderr
    assert done.json("funnel.json")["any_reason"]["every_signal"] == 0
    schema = pq.read_schema(shards(done.output, "verdicts")[0])
    assert [(field.name, field.type) for field in schema] == [(name, SIGNALS[name].type) for name in SHOWN]
