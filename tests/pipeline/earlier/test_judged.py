"""Rules that an earlier run has judged: its reasons decide."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters import dropped
from pipeline.earlier.judged import JUDGED, JudgedRule, judged_before
from pipeline.rule_set import Filters

REASONS = st.lists(st.sampled_from(["word_count", "rare_ngram", "word_count of mine", ""]), max_size=4)


@given(judged=st.lists(REASONS), begin=st.integers(0, 5), length=st.integers(0, 20))
def test_a_pair_is_dropped_where_the_earlier_run_says_so(judged: list[list[str]], begin: int, length: int) -> None:
    column = pa.array(judged, pa.list_(pa.string())).slice(begin, length)
    for reason in ("word_count", "rare_ngram", "porn"):
        found = dropped(JudgedRule(reason), {JUDGED: column})
        assert found.tolist() == [reason in reasons for reasons in judged[begin : begin + length]]


def test_only_the_rules_of_these_reasons_are_replaced() -> None:
    rules = Filters().enabled()
    found = judged_before(rules, ["word_count", "rare_ngram"])
    assert [rule.reason for rule in found] == [rule.reason for rule in rules]
    replaced = {new.reason for old, new in zip(rules, found, strict=True) if new is not old}
    assert replaced == {"word_count", "rare_ngram"}
    assert {rule.needs for rule in found if rule.reason in replaced} == {(JUDGED,)}
