"""The page of a vocabulary: every number against a plain count, and hostile pieces do it no harm."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pipeline.commands.vocab.curve import BOTTOM, TOP
from pipeline.commands.vocab.language_table import COLUMNS, LANGUAGES_SHOWN, NO_LANGUAGE
from pipeline.commands.vocab.page import vocabulary_page
from pipeline.commands.vocab.piece_lists import PIECES_SHOWN
from pipeline.page.markup import shortened, visible
from pipeline.report.funnel import share
from tests.support.page_cells import Report
from tests.support.report_runs import Page
from tests.support.vocab_words import LEARNED, PIECES, WORDS, Word, measured, plain_fit, plain_uses, table
from vocab.quality import Fit, Quality
from vocab.wordpiece import SPECIAL, WordPieceTokenizer

LANGUAGES, SIZES, SETTINGS = [*COLUMNS], ["First pieces", "Whole words"], ["Setting", "Value"]
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "style": "</style><style>*{display:none}</style>",
    "entity": "&lt;b&gt;&amp;'\"",
    "bidi": "##abc\u202egpj.exe",
    "nul": "a\x00b\x1bc",
    "comment": "<!--]]>",
    "long": "x" * 100,
    "arabic": "##توقف",
}


def facts(**columns: object) -> dict:
    counts = {"texts": 1234, "words": 99, "distinct": 5678, "learned_from": 4321, "characters": 77, "alphabet": 66}
    settings = {"min_count": 3, "max_words": 1_000_000, "max_characters": 1500}
    known = {"profile": "uncased", "size": len(PIECES), "corpus": {"name": "toy"}, "sha256": "0123456789abcdef" * 4}
    return {**known, "counts": counts, "settings": settings, "more": [1, {"a": 2}], **columns}


def report(words: Iterable[Word], pieces: list[str] = PIECES, **columns: object) -> Report:
    return Report(vocabulary_page(facts(**columns), measured(words, pieces)))


def cells(name: str, fit: Fit) -> list[str]:
    shares = [share(fit.unknown, fit.words), share(fit.whole, fit.words)]
    return [name, "", f"{fit.words:,}", f"{fit.pieces / fit.words:.3f}", *shares]


def test_each_language_has_its_row() -> None:
    names = ["en", "de", "zh-Hant", None]
    fits = {name: plain_fit([word for word in WORDS if word[0] == name]) for name in names}
    known = sorted(("en", "de", "zh-Hant"), key=lambda name: -fits[name].words)
    expected = [("all words", plain_fit(WORDS)), *((name, fits[name]) for name in known), ("not known", fits[None])]
    page = report(WORDS)
    assert page.table(LANGUAGES) == [cells(*row) for row in expected]
    splits = (f"{fit.unknown:,} unknown, {fit.words - fit.whole - fit.unknown:,} split" for _, fit in expected)
    labels = [
        f"{fit.words:,} words: {fit.whole:,} whole, {rest}" for (_, fit), rest in zip(expected, splits, strict=True)
    ]
    assert page.attribute("aria-label") == ["Languages", *labels]


def test_the_header_has_the_main_figures() -> None:
    page, fit = report(WORDS), plain_fit(WORDS)
    assert page.all("h1") == ["toy"] and page.all("title")[0] == "toy: vocabulary report"
    assert page.all("dd") == [
        f"{len(PIECES)}",
        "5,678",
        f"{fit.pieces / fit.words:.3f}",
        share(fit.whole, fit.words),
        share(fit.unknown, fit.words),
    ]
    assert page.all("small")[:5] == [
        "profile uncased",
        f"of {fit.words:,} in 1,234 texts",
        "pieces a word",
        f"{fit.whole:,}",
        f"{fit.unknown:,}",
    ]
    assert "Learned from 4,321 of 5,678 distinct words" in page.words and "66 of their 77 characters" in page.words


def test_the_curve_is_that_of_a_plain_count() -> None:
    page, words = report(WORDS), plain_fit(WORDS).words
    whole = plain_uses(WORDS, whole=True)
    covered = {size: sum(whole[piece] for piece in PIECES[:size]) for size in range(len(PIECES) + 1)}
    sizes = [5, 10, 20, len(PIECES)]
    assert page.table(SIZES) == [[f"{size}", share(covered[size], words)] for size in sizes]
    assert page.all("title")[2:] == [f"{size} pieces: {share(covered[size], words)}" for size in sizes]
    line = page.attribute("points")[1].split()
    heights = [(BOTTOM - float(place.split(",")[1])) / (BOTTOM - TOP) for place in line]
    assert heights == pytest.approx([covered[size] / words for size in range(5, len(PIECES) + 1)], abs=1e-4)
    assert "single characters up to 13" in page.words and share(covered[len(PIECES)], words) in page.all("text")


def test_a_line_of_a_large_vocabulary_has_few_places() -> None:
    pieces = [*PIECES, *(f"x{number}" for number in range(250_000))]
    page = report(WORDS, pieces)
    places = page.attribute("points")[1].split()
    assert 60 < len(places) <= 100
    assert [row[0] for row in page.table(SIZES)][::3] == ["100", "1,000", "10,000", "100,000"]
    assert page.all("title")[-1].startswith("250,027 pieces: ")


def test_pieces_are_listed_with_their_uses() -> None:
    page, uses = report(WORDS), plain_uses(WORDS)
    never = [piece for piece in LEARNED if not uses[piece]]
    rarest = sorted((piece for piece in LEARNED if uses[piece]), key=lambda piece: uses[piece])
    longest = sorted(LEARNED, key=lambda piece: -len(piece.removeprefix("##")))
    assert never and len({uses[piece] for piece in rarest}) == len(rarest)
    assert page.all("code")[3:-1] == [*never, *rarest, *longest]
    assert page.all("small")[5:] == [f"{uses[piece]:,}" for piece in [*rarest, *longest]]
    assert f"{len(never)} of {len(LEARNED)} learned pieces, {share(len(never), len(LEARNED))}." in page.words


def test_lists_of_pieces_end_somewhere() -> None:
    pieces = [*PIECES, *(f"x{number}" for number in range(1000)), *(f"ab{'c' * number}" for number in range(2, 90))]
    words = [("en", piece, 2 if piece.startswith("ab") else 1) for piece in pieces[-88:] + pieces[-200:-100]]
    page = report(words, pieces)
    assert page.tags.count("li") == 3 * PIECES_SHOWN
    assert page.all("code")[1 + 2 * PIECES_SHOWN] == "ab" + "c" * 89


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pieces_are_shown_and_harmless(text: str) -> None:
    corpus = {"name": text, "inputs": [text, text]}
    page = report([(text, text, 3), ("en", "abc", 2)], [*PIECES, text], corpus=corpus)
    assert page.all("code").count(visible(text)) >= 2 and page.all("li").count(visible(text)) == 2
    assert page.all("h1") == [visible(shortened(text, 60))]
    assert set(page.tags) == set(report(WORDS, corpus={"name": "a", "inputs": ["b", "c"]}).tags)
    assert not {"\u202e", "\x00", "\x1b"} & set(page.words)
    assert not {"script", "img", "iframe", "a"} & set(page.tags) and page.tags.count("style") == 1


def test_the_page_asks_nothing_of_the_network() -> None:
    content = vocabulary_page(facts(), measured(WORDS)).decode().lower()
    for word in ("<script", "http:", "https:", "://", "url(", "@import", "href=", "src=", "<link"):
        assert word not in content
    assert not any(name.startswith("on") for name, _ in Page(content).attributes)


def test_the_page_is_the_same_for_the_same_input() -> None:
    forwards, backwards = measured(WORDS), Quality(WordPieceTokenizer(PIECES))
    for word in reversed(WORDS):
        backwards.add(table([word]))
    assert vocabulary_page(facts(), forwards) == vocabulary_page(facts(), backwards)


@pytest.mark.parametrize("more", [0, 1, 5])
def test_the_rest_of_many_languages_is_one_row(more: int) -> None:
    words = [
        (f"l{number}", word, 1 + number) for number in range(LANGUAGES_SHOWN + more) for word in ("abc", "dé", "b")
    ]
    rest = plain_fit([word for word in words if word[2] <= more])
    names = [f"l{number}" for number in reversed(range(more, LANGUAGES_SHOWN + more))]
    rows = report(words).table(LANGUAGES)[1:]
    assert [row[0] for row in rows[:LANGUAGES_SHOWN]] == names
    assert rows[LANGUAGES_SHOWN:] == ([cells(f"and {more} more", rest)] if more else [])


def test_words_without_any_language_have_the_total_and_advice() -> None:
    page = report([(None, word, count) for _, word, count in WORDS])
    assert page.table(LANGUAGES) == [cells("all words", plain_fit(WORDS))]
    assert NO_LANGUAGE in page.words and NO_LANGUAGE not in report(WORDS).words


def test_something_is_never_nothing_in_percent() -> None:
    page = report([("en", "abc", 100_000), ("en", "é", 1)])
    assert page.table(LANGUAGES)[1] == ["en", "", "100,001", "1.000", "<0.1%", ">99.9%"]
    assert page.all("dd")[3:] == [">99.9%", "<0.1%"]


@pytest.mark.parametrize("pieces", [PIECES, PIECES[:13], [*SPECIAL, "a"], list(SPECIAL)])
@pytest.mark.parametrize("words", [[], [("en", "a", 1)], [("en", "é", 1)]])
def test_empty_things_have_a_page(pieces: list[str], words: list[Word]) -> None:
    page = report(words, pieces)
    assert page.table(LANGUAGES)[0][2:4] == ([str(len(words)), "1.000"] if words else ["0", "–"])
    curve = bool(words) and len(pieces) > len(SPECIAL)
    assert page.tags.count("polyline") == curve and ("there is no curve to draw" in page.words) != curve
    assert ("no other pieces than single characters" in page.words) == (len(pieces) < len(PIECES))
    assert "nan" not in page.words and not any("nan" in value for value in page.attribute("points"))


@pytest.mark.parametrize(
    ("corpus", "title"),
    [
        ({"name": "align"}, "align"),
        ({"inputs": ["gs:/crawl/part-*.parquet"]}, "part-*.parquet"),
        ({"inputs": ["a/texts/"]}, "texts"),
        ({"inputs": [f"a/{number}.txt" for number in range(1041)]}, "1,041 inputs"),
        ({"inputs": []}, "0 inputs"),
    ],
)
def test_the_page_is_named_after_its_texts(corpus: dict, title: str) -> None:
    page = report(WORDS, corpus=corpus)
    inputs = corpus.get("inputs", [])
    assert page.all("h1") == [title] and page.tags.count("ul") == bool(inputs)
    assert ("and 1,001 more" in page.words) == (len(inputs) > 40)


def test_the_footer_has_settings_and_checksum() -> None:
    page = report(WORDS)
    assert page.table(SETTINGS) == [
        ["max_characters", "1500"],
        ["max_words", "1000000"],
        ["min_count", "3"],
        ["profile", '"uncased"'],
        ["size", str(len(PIECES))],
    ]
    assert page.all("code")[-1] == "0123456789abcdef" * 4


def test_the_pictures_have_words() -> None:
    page = report(WORDS)
    labelled = [name for name, _ in page.attributes if name in ("aria-label", "aria-labelledby")]
    assert len(labelled) == page.tags.count("svg") + 1 and page.tags.count("desc") == 1
    assert set(" ".join(page.attribute("aria-labelledby")).split()) <= set(page.attribute("id"))
