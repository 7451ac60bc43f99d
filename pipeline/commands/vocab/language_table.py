"""The table of languages: how well the words of each fit the vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from pipeline.page.markup import shortened, tag
from pipeline.report.charts import funnel_bar
from pipeline.report.funnel import share
from vocab.quality import Fit, Quality

LANGUAGES_SHOWN = 40
COLUMNS = ("Language", "How its words split", "Words", "Fertility", "Unknown", "Whole words")
NO_LANGUAGE = (
    "The language of no word is known. To see each language apart, name the column that holds it with "
    "--language=COLUMN, or have it identified with --identify."
)


def languages_section(quality: Quality) -> Element:
    """A row for all words, one for each of the languages with most words, and one for the words of no known one."""
    note = tag(
        "p",
        "Words are ",
        tag("span", "whole pieces", class_="key keeps"),
        ", ",
        tag("span", "unknown", class_="key drops"),
        ", or ",
        tag("span", "split", class_="key track"),
        " into pieces. Fertility is the number of pieces a word, 1 at best; an unknown word counts as one.",
        class_="note",
    )
    known = quality.languages or not quality.total.words
    without = [] if known else [tag("p", NO_LANGUAGE, class_="note")]
    head = tag("tr", *(tag("th", name, scope="col") for name in COLUMNS))
    table = tag("table", tag("thead", head), tag("tbody", *_rows(quality)), class_="languages", aria_label="Languages")
    return tag("section", tag("h2", "The languages"), note, *without, table, id="languages")


def fertility(fit: Fit) -> str:
    """Pieces a word, with three decimals; a dash without words."""
    return f"{fit.fertility:.3f}" if fit.words else "–"


def of_words(count: int, fit: Fit) -> str:
    """`count` as a share of the words; a dash without words."""
    return share(count, fit.words) if fit.words else "–"


def _rows(quality: Quality) -> Iterator[Element]:
    yield _row("all words", quality.total, class_="total")
    languages = sorted(quality.languages.items(), key=lambda item: (-item[1].words, item[0]))
    for name, fit in languages[:LANGUAGES_SHOWN]:
        yield _row(tag("code", shortened(name, 40) or "(empty)"), fit)
    if rest := [fit for _, fit in languages[LANGUAGES_SHOWN:]]:
        yield _row(f"and {len(rest):,} more", _sum(rest), class_="others")
    unknown = _without(quality.total, _sum(quality.languages.values()))
    if languages and unknown.words:
        yield _row("not known", unknown, class_="others")


def _sum(fits: Iterable[Fit]) -> Fit:
    total = Fit()
    for fit in fits:
        total.add(fit.words, fit.pieces, fit.unknown, fit.whole)
    return total


def _without(all_words: Fit, some: Fit) -> Fit:
    return Fit(
        all_words.words - some.words,
        all_words.pieces - some.pieces,
        all_words.unknown - some.unknown,
        all_words.whole - some.whole,
    )


def _row(name: Element | str, fit: Fit, **attributes: str) -> Element:
    split = fit.words - fit.whole - fit.unknown
    label = f"{fit.words:,} words: {fit.whole:,} whole, {fit.unknown:,} unknown, {split:,} split"
    return tag(
        "tr",
        tag("th", name, scope="row"),
        tag("td", funnel_bar(fit.whole + fit.unknown, fit.whole, fit.words, label), class_="picture"),
        tag("td", f"{fit.words:,}"),
        tag("td", fertility(fit)),
        tag("td", of_words(fit.unknown, fit), **({"class_": "accent"} if fit.unknown else {})),
        tag("td", of_words(fit.whole, fit)),
        **attributes,
    )
