"""The signals: a card for each histogram, with its summary in words, and one for the n-grams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from filters import RareNgram, Rule
from pipeline.page.markup import tag
from pipeline.report.charts import bin_name, histogram_chart
from pipeline.report.funnel import share
from pipeline.report.histograms import Histogram
from pipeline.report.wording import sentence


def signals_section(funnel: Mapping[str, Any], rules: Mapping[str, Rule], histograms: list[Histogram]) -> Element:
    """All signals of the raw pairs, in the order of the rules."""
    cards = {histogram.rule.reason: _card(histogram) for histogram in histograms}
    cards[RareNgram.reason] = _ngrams_card(funnel, rules[RareNgram.reason])
    note = tag(
        "p",
        "All raw pairs, each card with the one rule that looks at it: ",
        tag("span", "kept", class_="key keeps"),
        " or ",
        tag("span", "dropped", class_="key drops"),
        " by this rule. The dashed line is its number.",
        class_="note",
    )
    return tag(
        "section",
        tag("h2", "The signals"),
        note,
        tag("div", *(cards[reason] for reason in rules if reason in cards), class_="cards"),
        id="signals",
    )


def _card(histogram: Histogram) -> Element:
    says = " ".join(_says(histogram))
    if not histogram.measured:
        return tag("article", tag("h3", histogram.title), tag("p", says, class_="empty"))
    chart = histogram_chart(histogram, f"Histogram: {histogram.title}. {says}")
    return tag("article", tag("h3", histogram.title), chart, tag("p", says), _numbers(histogram))


def _says(histogram: Histogram) -> Iterator[str]:
    rule, measured = histogram.rule, histogram.measured
    if not rule.enabled:
        yield f"The rule {rule.reason} is switched off."
    if not measured:
        yield f"Not measured for any pair{_because(histogram)}."
        return
    if rule.enabled:
        yield f"{sentence(rule)}: {_dropped(histogram)}."
    if histogram.unmeasured:
        yield f"{histogram.unmeasured:,} not measured{_because(histogram)}."
    if histogram.bins.log_pairs:
        yield "Bar heights are logarithmic."


def _because(histogram: Histogram) -> str:
    return f": {histogram.bins.unmeasured}" if histogram.rule.enabled else ""


def _dropped(histogram: Histogram) -> str:
    drops, measured = int(histogram.dropped.sum()), histogram.measured
    if not histogram.bins.cuts:
        return f"{drops:,} pairs"
    return f"{drops:,} of {measured:,} pairs, {share(drops, measured)}"


def _numbers(histogram: Histogram) -> Element:
    """The histogram as a table, folded away."""
    rows = [
        tag("tr", tag("th", bin_name(histogram, index), scope="row"), tag("td", f"{int(pairs):,}"))
        for index, pairs in enumerate(histogram.pairs)
        if pairs
    ]
    head = tag("tr", tag("th", histogram.title, scope="col"), tag("th", "Pairs", scope="col"))
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="pairs")
    return tag("details", tag("summary", "Numbers"), table)


def _ngrams_card(funnel: Mapping[str, Any], rule: Rule) -> Element:
    title = tag("h3", "n-grams")
    ngrams = funnel["ngrams"]
    if not rule.enabled or not ngrams:
        off = "The rule rare_ngram is switched off. " if not rule.enabled else ""
        return tag("article", title, tag("p", f"{off}Unigrams and bigrams were not counted.", class_="empty"))
    figures = (
        ("distinct unigrams and bigrams", ngrams["distinct"]),
        ("frequent", ngrams["frequent"]),
        ("rare", ngrams["distinct"] - ngrams["frequent"]),
        ("occurrences of the rarest frequent one", ngrams["count_at_cut"]),
    )
    drops, raw = funnel["any_reason"]["rare_ngram"], funnel["raw"]
    return tag(
        "article",
        title,
        tag("dl", *(tag("div", tag("dt", name), tag("dd", f"{count:,}")) for name, count in figures), class_="ngrams"),
        tag("p", f"{sentence(rule)}: {drops:,} of {raw:,} pairs, {share(drops, raw)}."),
    )
