"""A run that drops by a score which the input carries, with the porn model off, by the rule in `docs/rules.md`."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.base import dropped
from pipeline.config import load_config
from tests.support.own_rules import unsafe, write
from tests.support.two_runs import corpus, verdicts

LAION_400M = (
    ('"punsafe"', '"NSFW"'),
    ('pc.greater(numbers(signals["punsafe"]), self.max_punsafe)', 'pc.equal(signals["NSFW"], "NSFW")'),
)
CASES = {
    "numbers": ("punsafe", pa.array([0.2, 0.2000001, None, 0.9]), [False, True, False, True]),
    "texts": ("punsafe", pa.array(["0.2", "0.3", "", None]), [False, True, False, False]),
    "LAION-400M": ("NSFW", pa.array(["UNLIKELY", "NSFW", "UNSURE", None]), [False, True, False, False]),
}


def rule_of(case: str) -> str:
    rule = unsafe()
    for old, new in LAION_400M if case == "LAION-400M" else ():
        assert old in rule
        rule = rule.replace(old, new, 1)
    return rule


@pytest.mark.parametrize("case", CASES)
def test_the_rule_judges_by_the_score_of_the_input(tmp_path: Path, case: str) -> None:
    name, values, expected = CASES[case]
    rule = load_config("", [("rules", str(write(tmp_path, rule_of(case))))]).filters.own()[0]
    assert dropped(rule, {name: values}).tolist() == expected


@pytest.mark.slow(seconds=2)
def test_a_run_without_the_model_drops_by_it(tmp_path: Path) -> None:
    name, values, expected = CASES["numbers"]
    numbers = range(len(values))
    columns = {"url": [f"http://u/{n}" for n in numbers], "text": [f"a picture {n}" for n in numbers], name: values}
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    rules = f"--rules={write(tmp_path, unsafe())}"
    corpus(tmp_path / "in.parquet", tmp_path / "out", rules)  # with the porn model off
    assert [("unsafe" in row["reasons"]) for row in verdicts(tmp_path / "out")] == expected
