"""The funnel on the page names rules that judged nothing, and rules that judged only what others left."""

import json

import pytest

from tests.support.report_runs import REASONS, Page, candidate, funnel_of, page_of, write_run


def test_what_was_not_asked_is_said_in_the_funnel(tmp_path):
    output = write_run(tmp_path, [candidate(1)], verdicts=False)
    silent = {"eval_duplicate": "no --eval_images given", "porn": "no images in the input"}
    funnel = funnel_of([reason for reason in REASONS if reason not in silent]) | {"not_asked": silent}
    output.write_bytes("funnel.json", json.dumps(funnel).encode())
    words = Page(page_of(output)).words
    assert "not judged: no --eval_images given" in words and "not judged: no images in the input" in words
    assert "Distance to an evaluation image (no --eval_images given); Porn score (no images in the input)." in words


BOTH = "eval_duplicate and porn look only at pairs that nothing before them drops."
ONE = "porn looks only at pairs that nothing before it drops."
ALL = "Every rule looks at every pair (measure=all)."


@pytest.mark.parametrize(
    ("asked", "settings", "says"),
    [
        (REASONS, [], BOTH),
        (REASONS, [("measure", "all")], ALL),
        ([name for name in REASONS if name != "eval_duplicate"], [], ONE),
        (["short_side"], [], None),
        (["short_side"], [("measure", "all")], None),
    ],
)
def test_the_funnel_says_which_rules_look_at_what_is_left(tmp_path, asked, settings, says):
    output = write_run(tmp_path, [candidate(1)], *settings, verdicts=False)
    funnel = funnel_of(asked) | {"not_asked": {name: "no cause" for name in REASONS if name not in asked}}
    output.write_bytes("funnel.json", json.dumps(funnel).encode())
    words = Page(page_of(output)).words
    assert [sentence in words for sentence in (BOTH, ONE, ALL)] == [sentence == says for sentence in (BOTH, ONE, ALL)]


@pytest.mark.parametrize("dropped", [0, 1])
def test_the_number_of_dropped_pairs_has_the_colour_of_loss_unless_there_are_none(tmp_path, dropped):
    output = write_run(tmp_path, [candidate(1)], verdicts=False)
    funnel = funnel_of([]) | {"raw": 10, "kept": 10 - dropped}
    output.write_bytes("funnel.json", json.dumps(funnel).encode())
    assert (("class", "accent") in Page(page_of(output)).attributes) == bool(dropped)
