"""The examples of the page: how many, why so few, and the URL where there is no picture."""

import pytest

from pipeline.page.markup import shortened, visible
from pipeline.storage.for_report import EXAMPLES_SHOWN
from tests.support.report_runs import REASONS, Page, all_groups, candidate, dropped_pair, noise_jpeg, page_of, write_run


def test_reasons_without_an_example_are_one_line(tmp_path):
    words = Page(page_of(write_run(tmp_path, [candidate(1), dropped_pair(2, "porn")], verdicts=False))).words
    assert f"No example: {', '.join(REASONS[:-1])}." in words
    assert "No example: kept, undecodable" in Page(page_of(write_run(tmp_path, [dropped_pair(2, "porn")]))).words


def test_no_line_where_all_have_examples(tmp_path):
    words = Page(page_of(write_run(tmp_path, all_groups()))).words
    assert "No example" not in words and "No pair has a value" not in words


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (["a", "a", "a"], "1 of 10 pairs, since an image is shown once."),
        (["a", "b", "a"], "2 of 10 pairs, since an image is shown once."),
        (["a", "b", "c"], "3 of 10 pairs."),
        ([None, None], "2 of 10 pairs."),
        ([f"{number}" for number in range(EXAMPLES_SHOWN)] * 2, f"{EXAMPLES_SHOWN} of 10 pairs."),
    ],
)
def test_examples_are_counted_and_fewer_are_explained(tmp_path, images, says):
    rows = [dropped_pair(number, "porn", image_id=image) for number, image in enumerate(images)]
    assert says in Page(page_of(write_run(tmp_path, rows, verdicts=False))).words


def test_a_reason_that_is_never_first_counts_all_that_fail(tmp_path):
    rows = [candidate(1, reasons=["short_side", "porn"], porn_score=0.5, width=1)]
    words = Page(page_of(write_run(tmp_path, rows, verdicts=False))).words
    assert "1 of 25 pairs. Never the first reason" in words and "1 of 10 pairs." in words


@pytest.mark.parametrize("url", ["http://u/a.jpg", "javascript:alert(1)", '"><script>alert(1)</script>', "x" * 5_000])
def test_the_url_is_a_text_where_there_is_no_picture(tmp_path, url):
    pairs = [candidate(1, url=url), candidate(2, url=url, thumbnail=noise_jpeg(20)), candidate(3, url=None)]
    page = Page(page_of(write_run(tmp_path, pairs)))
    assert page.words.count(visible(shortened(url, 90))) == 1 and page.tags.count("img") == 1
    assert all(value.startswith("#") for name, value in page.attributes if name == "href")
