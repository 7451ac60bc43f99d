"""Every rule keeps the last value on one side of its boundary and drops the first on the other."""

import dataclasses
import pickle

import pyarrow as pa
import pytest

import filters
from filters import SIGNALS, dropped, failures, first_failures, reasons, survivors
from pipeline.rule_set import Filters

RULES = Filters().enabled()


def size(width: int | None, height: int | None) -> dict:
    return {"decodable": True, "width": width, "height": height}


KEEPS_AND_DROPS = {
    "undecodable": [
        (size(89_478_485, 1), size(89_478_486, 1)),
        (size(5, 17_895_697), size(5, 17_895_698)),
        (size(200, 200), {"decodable": False, "width": None, "height": None}),
        ({"decodable": None, "width": None, "height": None}, {"decodable": False, "width": 9, "height": 9}),
    ],
    "short_side": [
        (size(200, 200), size(199, 200)),
        (size(3000, 200), size(3000, 199)),
        (size(200, 900), size(199, 900)),
    ],
    "aspect_ratio": [(size(600, 200), size(601, 200)), (size(200, 600), size(200, 601)), (size(1, 3), size(1, 4))],
    "texts_of_image": [({"texts_of_image": 1000}, {"texts_of_image": 1001})],
    "images_of_text": [({"images_of_text": 10}, {"images_of_text": 11})],
    "rare_ngram": [({"rare_ngram": None}, {"rare_ngram": "mggqpuweqdpd"})],
    "word_count": [({"words": 3}, {"words": 2}), ({"words": 20}, {"words": 21}), ({"words": 3}, {"words": 0})],
    "eval_duplicate": [({"eval_match": None}, {"eval_match": "coco/1"})],
    "porn": [({"porn_score": 0.2}, {"porn_score": 0.2001})],
}


def signals(rule, *pairs):
    return {name: pa.array([pair[name] for pair in pairs], SIGNALS[name].type) for name in rule.needs}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.reason)
def test_both_sides_of_the_boundary(rule):
    for kept, gone in KEEPS_AND_DROPS[rule.reason]:
        assert dropped(rule, signals(rule, kept, gone)).tolist() == [False, True]


def test_every_rule_has_cases():
    assert [rule.reason for rule in RULES] == list(KEEPS_AND_DROPS)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.reason != "eval_duplicate"], ids=lambda rule: rule.reason
)
def test_a_signal_that_was_not_measured_fails_no_rule(rule):
    nothing = {name: pa.nulls(2, SIGNALS[name].type) for name in rule.needs}
    assert not dropped(rule, nothing).any()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.reason)
def test_a_rule_is_a_sentence_with_a_code(rule):
    assert rule.__doc__.startswith("Drops ")
    assert pickle.loads(pickle.dumps(rule)) == rule
    words = "".join("_" + letter.lower() if letter.isupper() else letter for letter in type(rule).__name__)
    assert rule.reason == words.lstrip("_")
    assert isinstance(rule, getattr(filters, type(rule).__name__))


def test_reasons_list_every_rule_that_drops_in_order():
    short, words = filters.ShortSide(), filters.WordCount()
    columns = {"width": pa.array([100, 300, 100]), "height": pa.array([300] * 3), "words": pa.array([1, 5, 5])}
    failed = failures([short, words], columns, 3)
    assert reasons([short, words], failed).to_pylist() == [["short_side", "word_count"], [], ["short_side"]]
    assert first_failures(failed).tolist() == [0, -1, 0]
    assert first_failures(failed[:, 1:]).tolist() == [0, -1, -1]
    assert survivors([short, words], columns, 3).tolist() == [False, True, False]
    nothing = failures([short, words], {name: values.slice(0, 0) for name, values in columns.items()}, 0)
    assert reasons([short, words], nothing).to_pylist() == first_failures(nothing).tolist() == []


def test_a_ratio_may_be_a_fraction():
    rule = filters.AspectRatio(max_ratio=2.5)
    columns = {"width": pa.array([500, 501]), "height": pa.array([200, 200])}
    assert dropped(rule, columns).tolist() == [False, True]


def test_rules_can_be_switched_off_but_one():
    off = dataclasses.replace(Filters(), porn=filters.Porn(enabled=False))
    assert [rule.reason for rule in off.enabled()] == [rule.reason for rule in RULES][:-1]
    assert filters.Undecodable().enabled
    with pytest.raises(TypeError):
        filters.Undecodable(enabled=False)


def test_an_unknown_mode_is_named_with_the_choices():
    with pytest.raises(ValueError, match="mode: no such mode: sparse; the modes are default"):
        filters.EvalDuplicate(mode="sparse")
