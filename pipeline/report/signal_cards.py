"""The signals: a card for each histogram, with its summary in words, and one for the n-grams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from filters import EvalDuplicate, RareNgram, Rule
from pipeline.page.markup import tag
from pipeline.report.charts import bin_name, histogram_chart
from pipeline.report.funnel import not_asked, share
from pipeline.report.histograms import Histogram
from pipeline.report.wording import sentence


def signals_section(funnel: Mapping[str, Any], rules: Mapping[str, Rule], histograms: list[Histogram]) -> Element:
    """All signals of the raw pairs, in the order of the rules; those without a value in one line."""
    cards = {histogram.rule.reason: _card(histogram) for histogram in histograms if histogram.measured}
    silent = not_asked(funnel)
    unmeasured = {
        histogram.rule.reason: _unmeasured(histogram, silent.get(histogram.rule.reason))
        for histogram in histograms
        if not histogram.measured
    }
    if (rule := rules[RareNgram.reason]).enabled and funnel["ngrams"]:
        cards[rule.reason] = _ngrams_card(funnel, rule)
    else:
        off = "" if rule.enabled else f" ({rule.reason} is switched off)"
        unmeasured[rule.reason] = f"n-grams{off}"
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
        *([_without(unmeasured[reason] for reason in rules if reason in unmeasured)] if unmeasured else []),
        id="signals",
    )


def _without(names: Iterable[str]) -> Element:
    """The signals that no pair has, in one line, with the causes."""
    return tag("p", f"No pair has a value: {'; '.join(names)}.", class_="note")


def _unmeasured(histogram: Histogram, silent: str | None) -> str:
    """The name of a signal with the cause: why the rule judged no pair (`silent`), or why it found no value."""
    off = f"{histogram.rule.reason} is switched off"
    return f"{histogram.title} ({(silent or histogram.bins.unmeasured) if histogram.rule.enabled else off})"


def _card(histogram: Histogram) -> Element:
    says = " ".join(_says(histogram))
    chart = histogram_chart(histogram, f"Histogram: {histogram.title}. {says}")
    return tag("article", tag("h3", histogram.title), chart, tag("p", says), _numbers(histogram))


def _says(histogram: Histogram) -> Iterator[str]:
    rule = histogram.rule
    if not rule.enabled:
        yield f"The rule {rule.reason} is switched off."
    else:
        yield f"{sentence(rule)}: {_dropped(histogram)}."
    if histogram.unmeasured:
        absent = "without" if _of_matches(histogram) else "not measured"
        yield f"{histogram.unmeasured:,} {absent}{_because(histogram)}."
    if histogram.bins.note:
        yield histogram.bins.note


def _because(histogram: Histogram) -> str:
    return f": {histogram.bins.unmeasured}" if histogram.rule.enabled else ""


def _dropped(histogram: Histogram) -> str:
    drops, measured = int(histogram.dropped.sum()), histogram.measured
    noun = "pair" if drops == 1 else "pairs"
    if _of_matches(histogram):
        return f"{drops:,} {noun} with a distance"
    if not histogram.bins.cuts:
        return f"{drops:,} {noun}"
    return f"{drops:,} of {measured:,} pairs, {share(drops, measured)}"


def _of_matches(histogram: Histogram) -> bool:
    """Returns whether only dropped pairs have a value: their share of these is always all of them."""
    return histogram.rule.reason == EvalDuplicate.reason


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
    ngrams = funnel["ngrams"]
    figures = (
        ("distinct unigrams and bigrams", ngrams["distinct"]),
        ("frequent", ngrams["frequent"]),
        ("rare", ngrams["distinct"] - ngrams["frequent"]),
        ("occurrences of the rarest frequent one", ngrams["count_at_cut"]),
    )
    drops, raw = funnel["any_reason"]["rare_ngram"], funnel["raw"]
    return tag(
        "article",
        tag("h3", "n-grams"),
        tag("dl", *(tag("div", tag("dt", name), tag("dd", f"{count:,}")) for name, count in figures), class_="ngrams"),
        tag("p", f"{sentence(rule)}: {drops:,} of {raw:,} pairs, {share(drops, raw)}."),
    )
