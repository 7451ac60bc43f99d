"""The report page: what it says, and that hostile captions do it no harm."""

import json
import subprocess
import sys
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

import filters
from pipeline.page.markup import LONGEST_TEXT, serialized, shortened, tag, visible
from pipeline.page.parts import byte_size
from pipeline.report.chosen_examples import choose_examples
from pipeline.report.described import rules_of
from pipeline.report.wording import decided, sentence
from pipeline.rule_set import Filters
from pipeline.storage.for_report import EXAMPLES_SHOWN
from tests.support.report_runs import (
    PAIR,
    REASONS,
    VERDICTS,
    Page,
    all_groups,
    candidate,
    config_tree,
    dropped_pair,
    funnel_of,
    noise_jpeg,
    page_of,
    write_run,
    write_table,
)

HISTOGRAMS = 7
SAMPLE = Path(__file__).resolve().parents[4] / "shared" / "data" / "alt_text_sample" / "pairs.parquet"
CAPTIONS = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "style": "</style><style>*{display:none}</style>",
    "bidi": "abc \u202egpj.exe\u202c \u2066x\u2069",
    "nul": "a\x00b\x1bc\x7f",
    "long": "start " + "word " * 200_000 + "end",
    "marks": "e" + "\u0301" * 500,
    "entity": "fish &amp; chips &#x202e; &lt;b&gt;",
    "empty": "",
    "comment": "<!-- --> ]]> <![CDATA[ <?xml ?>",
    "link": '<a href="http://evil.example/">x</a> http://evil.example/',
    "arabic": "علامة توقف قراءة",
}
if SAMPLE.exists():
    CAPTIONS |= {f"sample-{row}": text for row, text in enumerate(pq.read_table(SAMPLE)["text"].to_pylist()[::400])}


@given(st.text())
def test_text_survives_the_page_as_it_looks(text):
    page = Page(serialized(tag("p", text, class_="text")).decode())
    assert page.captions == [visible(text)] and page.tags == ["p"]


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\x85", "\u202e", "\u2067", "\u200f", "\ufeff", "\uffff", "\ud800"]
)
def test_invisible_characters_are_spelt_out(character):
    assert visible(f"a{character}b") == f"a[U+{ord(character):04X}]b"


def test_shortened():
    whole = "x" * LONGEST_TEXT
    assert shortened(whole) == whole
    longer = shortened("a" * 200 + "b" * 101)
    assert (
        len(longer) == LONGEST_TEXT and longer.startswith("aaa") and "…" in longer[140:160] and longer.endswith("bbb")
    )
    assert shortened("abcdef", 4) == "ab…f"


def test_byte_size():
    sizes = [byte_size(size) for size in (0, 999, 143_571, 3.4e9, 2e15)]
    assert sizes == ["0 bytes", "999 bytes", "144 kB", "3.4 GB", "2,000.0 TB"]


def test_every_rule_has_its_words():
    rules = rules_of({"config": config_tree()})
    assert list(rules.values()) == Filters().enabled()
    words = {reason: decided(rule, dropped_pair(1, reason)) for reason, rule in rules.items()}
    assert words == {
        "undecodable": "truncated",
        "short_side": "short side 199 px, at least 200",
        "aspect_ratio": "2,000 × 480 px, ratio 4.167, at most 3",
        "texts_of_image": "1,204 alt-texts, at most 1,000",
        "images_of_text": "11 images, at most 10",
        "rare_ngram": "rare: “foo bar”",
        "word_count": "1 word, 3 to 20",
        "eval_duplicate": "matches clothing/xyz at 12 bits",
        "porn": "score 0.31, at most 0.2",
    }


def test_words_follow_the_numbers_of_the_run():
    assert sentence(filters.ShortSide(min_pixels=64)) == "Short side under 64 pixels"
    assert sentence(filters.RareNgram(top_k=5, min_count=3)).endswith("the 5 most frequent, or seen under 3 times")
    large, cut = (PAIR | {"image_error": error} for error in ("over the limit", "truncated"))
    assert decided(filters.Undecodable(max_pixels=9), large) == "307,200 pixels, at most 9"
    assert decided(filters.Undecodable(), cut) == "640 × 480 px, truncated"


def test_examples_have_the_smallest_draws(tmp_path):
    rng = np.random.default_rng(0)
    draws = rng.permutation(2**64 - 1 - np.arange(300, dtype=np.uint64)).tolist()
    lists = [[], ["short_side"], ["short_side", "aspect_ratio"], ["word_count"]]
    rows = [candidate(number, draw=draw, reasons=lists[number % 4]) for number, draw in enumerate(draws)]
    groups = choose_examples(write_run(tmp_path, rows, verdicts=False), REASONS)
    for name, group in groups.items():
        firsts = [row for row in rows if (row["reasons"][:1] or ["kept"]) == [name]]
        expected = firsts or [row for row in rows if name in row["reasons"]]
        smallest = sorted(expected, key=lambda row: row["draw"])[:EXAMPLES_SHOWN]
        assert [row["key"] for row in group.rows] == [row["key"] for row in smallest]
        assert group.first == bool(firsts)
    assert len(groups["aspect_ratio"].rows) == EXAMPLES_SHOWN and groups["porn"].rows == []


@pytest.mark.parametrize("caption", CAPTIONS.values(), ids=CAPTIONS)
def test_captions_are_shown_and_harmless(tmp_path, caption):
    pair = dropped_pair(1, "rare_ngram", text=caption, source=caption) | {"rare_ngram": caption, "key": caption}
    page = Page(page_of(write_run(tmp_path, [pair], verdicts=False)))
    assert page.captions == [visible(shortened(caption)) or "(empty text)"]
    assert not {"script", "iframe", "link", "object", "form", "a href"} & set(page.tags) and page.tags.count("img") == 0


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> str:
    rows = all_groups(noise_jpeg(64, quality=50))
    for row, caption in zip(rows, CAPTIONS.values(), strict=False):
        row["text"] = caption
    return page_of(write_run(tmp_path_factory.mktemp("page"), rows))


def test_page_asks_nothing_of_the_network(content):
    page = Page(content)
    assert "script" not in page.tags and "<script" not in content and "@import" not in content and "url(" not in content
    for name, value in page.attributes:
        assert not name.startswith("on") and "://" not in value
        if name in ("src", "href"):
            assert value.startswith(("data:image/jpeg;base64,", "#"))
    targets = {value for name, value in page.attributes if name == "id"}
    assert {value[1:] for name, value in page.attributes if name == "href"} <= targets


def test_page_shows_every_group_and_number(content):
    page = Page(content)
    assert page.tags.count("img") == EXAMPLES_SHOWN * (1 + len(REASONS))
    assert page.tags.count("svg") == 2 + len(REASONS) + HISTOGRAMS
    for words in ("score 0.31, at most 0.2", "22,127", "6,000", "and 60 more", "Short side under 200 pixels", "100 GB"):
        assert words in page.words
    assert all(f"example-{name}" in content for name in ["kept", *REASONS])


def test_pictures_have_words(content):
    page = Page(content)
    assert page.tags.count("img") == sum(name == "alt" and bool(value) for name, value in page.attributes)
    assert page.tags.count("svg") == sum(name == "aria-label" and " pairs" in value for name, value in page.attributes)


def test_page_is_the_same_for_the_same_run(tmp_path):
    rows = all_groups(noise_jpeg(32))
    first = write_run(tmp_path / "here" / "a", rows)
    second = write_run(tmp_path / "there" / "a", rows)
    funnel = json.loads(Path(second.path("funnel.json")).read_bytes())
    second.write_bytes("funnel.json", json.dumps(funnel | {"seconds": {"index": 99.0}}).encode())
    assert page_of(first) == page_of(second) == page_of(first)


@pytest.mark.parametrize(
    ("thumbnail", "shown"), [(noise_jpeg(400), True), (b"no JPEG" * 100_000, False), (noise_jpeg(400)[:50_000], False)]
)
def test_page_stays_small(tmp_path, thumbnail, shown):
    rows = [row | {"text": "\u202e" * 1000, "key": "\U0001f600" * 1000} for row in all_groups(thumbnail)]
    content = page_of(write_run(tmp_path, rows))
    assert len(content.encode()) < 5_000_000
    assert Page(content).tags.count("img") == (EXAMPLES_SHOWN * (1 + len(REASONS)) if shown else 0)


def test_what_is_off_or_unmeasured_is_said(tmp_path):
    output = write_run(
        tmp_path, [], ("filters.porn.enabled", "false"), ("filters.rare_ngram.enabled", "false"), verdicts=False
    )
    empty = pa.table({name: pa.nulls(5, kind) for name, kind in VERDICTS.items()})
    write_table(output, "verdicts/align-00000-of-00001.parquet", empty)
    words = Page(page_of(output)).words
    assert words.count("No pair has a value: Short side (no image size is known); ") == 1
    assert "; n-grams (rare_ngram is switched off); " in words and "; Porn score (porn is switched off)." in words
    assert words.count("switched off") == 4 and words.count("not measured for any pair") == 5
    assert "This run set no examples aside." in words


def test_a_run_without_pairs_has_a_page(tmp_path):
    output = write_run(tmp_path, [], verdicts=False)
    nothing = {"raw": 0, "kept": 0, "records": 0}
    funnel = funnel_of(REASONS) | nothing | {"first_reason": dict.fromkeys(REASONS, 0)}
    output.write_bytes("funnel.json", json.dumps(funnel).encode())
    Path(output.path("work/examples/align-00000-of-00002.parquet")).unlink()
    Path(output.path("work/examples/align-00001-of-00002.parquet")).unlink()
    assert "No pair has a value" in Page(page_of(output)).words


@pytest.mark.slow
def test_importing_the_report_does_not_import_beam():
    code = "import pipeline.report, sys; sys.exit('apache_beam' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0
