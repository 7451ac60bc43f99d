"""The section on the origins of pairs: what is unfolded, what is said, and that no data reaches the page raw."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, tostring

import pytest

from pipeline.report.origins_section import OFFENDERS_SHOWN, origins_sections
from pipeline.report.origins_style import COLOURS
from pipeline.report.origins_table import FOLDED, SHOWN, colour
from tests.support.report_runs import REASONS, Page

HOSTILE = "<script>alert(1)</script>\u202e"
RAW = 10


def row(name: str, raw: int = RAW) -> dict[str, Any]:
    return {"name": name, "raw": raw, "kept": raw - 3, "first_reason": {"short_side": 1, "porn": 2}, "any_reason": {}}


def dimension(names: list[str], may_lack: int = 0, **more: Any) -> dict[str, Any]:
    rows = [row(name) for name in names]
    return {"distinct": len(rows), "rows": rows, "rest": None, "may_lack": may_lack} | more


def funnel(pairs: int, **dimensions: Any) -> dict[str, Any]:
    none = dict.fromkeys(("source", "host", "language", "picture_format", "licence"))
    first = dict.fromkeys(REASONS, 0) | {"short_side": pairs // RAW, "porn": 2 * pairs // RAW}
    return {"raw": pairs, "kept": pairs - 3 * pairs // RAW, "first_reason": first, "statistics": none | dimensions}


def words(content: dict[str, Any], identified: bool = False) -> str:
    (section,) = origins_sections(content, identified)
    return Page(tostring(section, encoding="unicode", method="html")).words


def tables(content: dict[str, Any]) -> list[Element]:
    (section,) = origins_sections(content)
    return list(section.iter("table"))


@pytest.mark.parametrize("names", [SHOWN - 1, SHOWN, SHOWN + 1, FOLDED, FOLDED + 1])
def test_ten_rows_are_unfolded_and_the_rest_add_up(names: int) -> None:
    content = funnel(RAW * names, host=dimension([f"h{number}" for number in range(names)]))
    (section,) = origins_sections(content)
    first, *folded = section.iter("table")
    rows = len(first.findall("tbody/tr"))
    assert rows == (names if names <= SHOWN else SHOWN + 1)
    assert len(folded) == (names > SHOWN) == len(list(section.iter("details")))
    if folded:
        assert f"{names - SHOWN:,} others" in "".join(first.itertext())
        assert len(folded[0].findall("tbody/tr")) == min(names, FOLDED) - SHOWN + (names > FOLDED)


def test_a_dimension_of_one_name_is_a_line() -> None:
    content = funnel(RAW, licence=dimension(["CC0"]))
    assert not tables(content)
    assert "Licence: CC0, for all pairs." in words(content)
    assert "Host of the URL: not known (no pair has a URL)." in words(content)


def test_what_was_cut_is_said() -> None:
    names = [f"h{number}" for number in range(3)]
    assert "short by 7 pairs at most" in words(funnel(30, host=dimension(names, 7, distinct=None)))
    assert "short by" not in words(funnel(30, host=dimension(names)))


def test_the_rest_of_a_cut_table_has_no_number() -> None:
    content = funnel(RAW * 30, host=dimension([f"h{number}" for number in range(20)], 1, distinct=None))
    assert "others" in words(content) and "10 others" not in words(content)


def test_a_bar_has_a_part_for_each_first_reason() -> None:
    (table,) = tables(funnel(20, host=dimension(["a", "b"])))
    bar = next(table.iter("svg"))
    assert [part.get("class") for part in bar] == ["keeps", f"reason {colour(REASONS, 'short_side')}", "reason r8"]
    assert [float(part.get("width")) for part in bar] == [700, 100, 200]
    assert bar.get("aria-label") == "kept 7, short_side 1, porn 2"


@pytest.mark.parametrize("dropped", [0, 1])
def test_where_no_pair_is_dropped_a_bar_is_a_share_of_all(dropped: int) -> None:
    rows = [row("a", 30) | {"kept": 30}, row("b", 10) | {"kept": 10 - dropped}]
    content = funnel(40, host=dimension(["a", "b"], rows=rows)) | {"kept": 40 - dropped}
    (table,) = tables(content)
    head = [cell.text for cell in table.iter("th") if cell.get("scope") == "col"]
    assert ("Kept" in head, "Share" in head) == (bool(dropped), not dropped)
    assert ("by first reason" in words(content)) == bool(dropped)
    content["offenders"] = {"texts": [{"text": "a", "images_of_text": 12}]}
    assert ("causes of dropped pairs" in words(content)) == bool(dropped)
    if not dropped:
        assert [cell.text for cell in table.iter("td") if cell.text] == ["30", "75.0%", "10", "25.0%"]
        assert [float(bar.findall("rect")[1].get("width") or 0) for bar in table.iter("svg")] == [750, 250]


def test_a_digest_is_shown_by_its_first_digits() -> None:
    images = ["0123456789abcdef" * 4, "https://example.org/" + "x" * 44, "0123456789abcdef" * 4 + "0"]
    content = funnel(RAW, host=dimension(["a"]))
    content["offenders"] = {"images": [{"image_id": image, "texts_of_image": 9} for image in images]}
    shown = [found.text or "" for found in tables(content)[-1].iter("bdi")]
    assert shown[0] == "0123456789abcdef…"
    assert shown[1].startswith("https://example.org/x") and {len(name) for name in shown[1:]} == {44}


def test_every_reason_of_the_package_has_a_colour_of_its_own() -> None:
    assert len({colour(REASONS, code) for code in REASONS}) == len(REASONS) < len(COLOURS)
    many = [*REASONS, *(f"own_{number}" for number in range(5))]
    assert colour(many, "own_0") == colour(many, "own_4") == f"r{len(COLOURS) - 1}"


def test_no_data_reaches_the_page_raw() -> None:
    content = funnel(20, **dict.fromkeys(("source", "host", "language"), dimension([HOSTILE, "x" * 10_000])))
    content["offenders"] = {
        "texts": [{"text": HOSTILE * 100, "images_of_text": 12}, {"text": "", "images_of_text": 2}],
        "images": [{"image_id": HOSTILE, "texts_of_image": 3}],
        "rare_ngrams": {"rows": [{"ngram": HOSTILE, "pairs": 9}], "may_lack": 5},
        "hosts": {"least_pairs": 100, "rows": [row(HOSTILE)], "may_lack": 0},
    }
    (section,) = origins_sections(content)
    page = Page(tostring(section, encoding="unicode", method="html"))
    assert "script" not in page.tags and "\u202e" not in page.words and "x" * 100 not in page.words
    assert "[U+202E]" in page.words and "(empty text)" in page.words and "short by 5 pairs" in page.words
    assert "70.0% of 10" in page.words
    assert page.tags.count("bdi") >= 11


def test_a_list_of_offenders_is_short() -> None:
    content = funnel(RAW, host=dimension(["a"]))
    rows = [{"text": f"t{number}", "images_of_text": 99} for number in range(OFFENDERS_SHOWN + 1)]
    content["offenders"] = {"texts": rows, "images": None, "rare_ngrams": None, "hosts": None}
    assert f"t{OFFENDERS_SHOWN - 1}" in words(content) and f"t{OFFENDERS_SHOWN}" not in words(content)


def test_a_run_without_statistics_has_no_section() -> None:
    assert origins_sections({"raw": 1, "kept": 1, "first_reason": {}}) == []


def test_a_run_without_pairs() -> None:
    none = {"distinct": 0, "rows": [], "rest": None, "may_lack": 0}
    assert "Source file" in words(funnel(0, source=none))


@pytest.mark.parametrize("names", [["en"], ["en", "de"]])
def test_languages_that_were_identified_are_said_to_be(names: list[str]) -> None:
    content = funnel(RAW * len(names), language=dimension(names))
    said = ["identified" in words(content, identified) for identified in (True, False)]
    assert said == [True, False]
    assert "identified from" not in words(funnel(RAW), True)
