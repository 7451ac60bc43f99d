"""The histograms of the report, counted by DuckDB as well, and their axes."""

import json
from pathlib import Path

import duckdb
import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from filters import Bins, ImagesOfText, WordCount
from pipeline.files import Output
from pipeline.page.axes import Axis, short_number, three_digits
from pipeline.report.charts import LEFT, WIDTH, bin_name, histogram_chart
from pipeline.report.described import rules_of
from pipeline.report.histograms import Histogram, add_up, with_distance
from pipeline.report.histograms import histograms_of as empty_histograms
from tests.support.report_runs import PAIRS, REASONS, config_tree, write_run

# The condition of each rule, stated once more, in SQL.
DROPS = {
    "short_side": "least(width, height) < 200",
    "aspect_ratio": "greatest(width, height) > 3 * least(width, height)",
    "texts_of_image": "texts_of_image > 1000",
    "images_of_text": "images_of_text > 10",
    "word_count": "words not between 3 and 20",
    "eval_duplicate": "eval_match is not null",
    "porn": "porn_score > 0.2",
}
VALUES = {
    "short_side": "if(width is null or height is null, null, least(width, height))",
    "aspect_ratio": "if(width is null or height is null, null, greatest(width, height) / least(width, height))",
    "texts_of_image": "texts_of_image",
    "images_of_text": "images_of_text",
    "word_count": "words",
    "eval_duplicate": "eval_distance",
    "porn": "porn_score",
}


def histograms_of(output: Output) -> list[Histogram]:
    notes = [json.loads(Path(output.path(name)).read_bytes()) for name in output.names("work/emitted")]
    rules = rules_of(json.loads(Path(output.path("manifest.json")).read_bytes()))
    return add_up(rules.values(), [note["histograms"] for note in notes])


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory) -> Output:
    return write_run(tmp_path_factory.mktemp("run"), [])


@pytest.mark.parametrize("place", range(len(VALUES)), ids=list(VALUES))
def test_histograms_equal_duckdb(verdicts, place):
    histogram = histograms_of(verdicts)[place]
    reason = histogram.rule.reason
    database = duckdb.connect()
    database.sql(
        f"create table signal as select {VALUES[reason]} as value, coalesce({DROPS[reason]}, false) as dropped "
        f"from read_parquet('{verdicts.path('verdicts/*.parquet')}')"
    )
    starts = histogram.bins.edges.tolist()
    bins = pa.table({"bin": range(len(starts)), "low": starts, "high": [*starts[1:], float("inf")]})
    database.register("bins", bins)
    within = "value >= low and value < high" if histogram.bins.whole else "(value > low or bin = 0) and value <= high"
    counted = database.sql(
        "select count(value), count(value) filter (dropped) from bins "
        f"left join signal on {within} group by bin order by bin"
    ).fetchall()
    assert [pairs for pairs, _ in counted] == histogram.pairs.tolist()
    assert [drops for _, drops in counted] == histogram.dropped.tolist()
    assert database.sql("select count(*) from signal where value is null").fetchall() == [(histogram.unmeasured,)]
    assert histogram.measured + histogram.unmeasured == 2 * PAIRS


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7, 20, 41, 100, 999, 12_345, 10**6])
def test_cuts_are_edges(number):
    numbers = {"short_side.min_pixels", "texts_of_image.max_texts", "images_of_text.max_images", "word_count.max_words"}
    overrides = [(f"filters.{name}", str(number)) for name in numbers]
    rules = rules_of({"config": config_tree(("filters.word_count.min_words", "0"), *overrides)})
    for histogram in empty_histograms(rules.values()):
        edges = histogram.bins.edges
        assert (np.diff(edges) > 0).all() and len(edges) < 500
        for position, _ in histogram.bins.cuts:
            assert position in edges or position == 0


@pytest.mark.parametrize(("ratio", "score"), [(1, 0), (1.01, 0.0001), (2.5, 0.35), (3, 0.2), (100, 0.999), (1e6, 1)])
def test_cuts_of_fractions_are_edges(ratio, score):
    tree = config_tree(("filters.aspect_ratio.max_ratio", str(ratio)), ("filters.porn.max_score", str(score)))
    for histogram in empty_histograms(rules_of({"config": tree}).values()):
        edges = histogram.bins.edges
        assert (np.diff(edges) > 0).all()
        assert all(position in edges for position, _ in histogram.bins.cuts)


def test_a_rule_that_is_off_drops_nothing(tmp_path):
    off = ((f"filters.{reason}.enabled", "false") for reason in REASONS[1:])
    for histogram in histograms_of(write_run(tmp_path, [], *off)):
        assert histogram.measured and not histogram.dropped.any()


@given(st.floats(1e-3, 1e12), st.floats(1.01, 1e6), st.booleans(), st.integers(3, 8))
def test_ticks_are_few_and_within(low, factor, log, most):
    axis = Axis(low, low * factor, 0, 100, log)
    ticks = axis.ticks(most)
    assert len(ticks) <= most + 1
    assert all(-1e-6 <= axis.at(tick) <= 100 + 1e-6 for tick in ticks)
    assert axis.at(low) == pytest.approx(0, abs=1e-6) and axis.at(low * factor) == pytest.approx(100)


def test_numbers_below_the_bars_are_whole(verdicts):
    """Digits are some 6.2 of the chart's units wide; numbers stand in the middle under their ticks, also the last."""
    charts = [histogram_chart(histogram, "") for histogram in histograms_of(verdicts)]
    numbers = [text for chart in charts for text in chart.iter("text") if text.get("text-anchor") == "middle"]
    ends = [float(number.get("x")) + 3.1 * len(number.text) for number in numbers]
    assert 308 < max(ends) < WIDTH


@pytest.mark.parametrize(("pairs", "wanted"), [(1, [0, 1, 2]), (2, [0, 1, 2]), (3, [0, 1, 2, 3]), (9, [0, 5])])
def test_numbers_of_pairs_are_whole(pairs, wanted):
    for rule in (WordCount(), ImagesOfText()):
        (histogram,) = empty_histograms([rule])
        histogram.pairs[5] = pairs
        chart = histogram_chart(histogram, "")
        numbers = [float(text.text) for text in chart.iter("text") if text.get("x") == str(LEFT - 5)]
        log = histogram.bins.log_pairs
        assert numbers == ([value for value in (1, 2, 5) if value <= max(pairs, 2)] if log else wanted)


def test_short_numbers():
    assert [short_number(value) for value in (0, 0.2, 999, 1500, 2e6, 3e9)] == ["0", "0.2", "999", "1.5k", "2M", "3G"]


@pytest.mark.parametrize(
    ("edges", "whole", "names"),
    [
        ((0.0, 0.5, 1.0), True, ["under 0.5", "0.5 to under 1", "1 and more"]),
        ((0.0, 10.0, 20.0), True, ["under 10", "10 to 19", "20 and more"]),
        ((0.0, 1.0, 2.0), True, ["0", "1", "2 and more"]),
        ((1.0, 1.5, 2.0), False, ["up to 1.5", "over 1.5 to 2", "over 2"]),
    ],
)
def test_the_name_of_a_bin_is_true_of_all_its_values(edges, whole, names):
    """A value below the first edge is in the first bin, so its name can't begin there; a square has the ratio 1."""
    histogram = Histogram(WordCount(), Bins("words", np.array(edges), whole=whole))
    assert [bin_name(histogram, index) for index in range(3)] == names


def test_a_pair_is_one_pair(verdicts):
    (histogram,) = empty_histograms([WordCount()])
    histogram.pairs[5:7] = 1, 1200
    titles = [title.text for title in histogram_chart(histogram, "").iter("title")]
    assert titles == ["5: 1 pair", "6: 1,200 pairs"]


def test_numbers_in_sentences_have_no_exponent_where_they_are_large():
    values = (0.07256, 1.5, 999.4, 999.5, 1069.74, 2_345_678, -1500, 1e-5)
    assert [three_digits(value) for value in values] == [
        *("0.0726", "1.5", "999", "1,000", "1,070", "2,345,678", "-1,500", "1e-05")
    ]


def test_axes_are_labelled_and_logarithmic_ones_say_so(verdicts):
    for histogram in with_distance(histograms_of(verdicts), config_tree()):
        labels = [text.text for text in histogram_chart(histogram, "").iter("text") if text.get("class") == "unit"]
        scales = [", logarithmic scale" * log for log in (histogram.bins.log_pairs, histogram.bins.log_values)]
        assert labels == [f"pairs{scales[0]}", f"{histogram.bins.unit}{scales[1]}"]


def test_every_rule_with_a_number_has_its_lines(verdicts):
    for histogram in with_distance(histograms_of(verdicts), config_tree()):
        lines = [line for line in histogram_chart(histogram, "").iter("line") if line.get("class") == "cut"]
        assert len(lines) == len(histogram.bins.cuts) == (2 if histogram.rule.reason == "word_count" else 1)


@pytest.mark.parametrize(("limit", "cuts"), [("0", ((1, "≤ 0"),)), ("50", ((51, "≤ 50"),)), ("255", ()), ("256", ())])
def test_the_limit_of_a_distance_is_a_setting_of_the_search(verdicts, limit, cuts):
    config = config_tree(("dedup.max_distance", limit))
    [found] = [one for one in with_distance(histograms_of(verdicts), config) if one.rule.reason == "eval_duplicate"]
    assert found.bins.cuts == cuts
