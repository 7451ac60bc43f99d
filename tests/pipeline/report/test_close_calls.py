"""The audit of near-duplicates on the report page: pairs in their order, whatever their captions and pictures hold."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image

from dedup.variants import DEFAULT, DENSE, variants
from pipeline.files import Output
from pipeline.page.markup import shortened, visible
from pipeline.report.close_calls_section import CLOSE_CALLS_STYLE, LONGEST_ID, LONGEST_TEXT
from pipeline.report.transforms import in_words
from pipeline.storage.for_report import CLOSE_CALLS, CLOSE_CALLS_SHOWN
from tests.support.report_runs import Page, all_groups, noise_jpeg, page_of, rows_table, write_run, write_table

KINDS = {
    "key": pa.string(),
    "source": pa.string(),
    "text": pa.string(),
    "image_id": pa.string(),
    "eval_match": pa.string(),
    "eval_distance": pa.int32(),
    "eval_score": pa.float32(),
    "transform": pa.string(),
    "picture": pa.binary(),
    "eval_picture": pa.binary(),
}
PICTURE = noise_jpeg(16, quality=50)
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "style": "</style><style>*{display:none}</style>",
    "entity": "fish &amp; chips &lt;b&gt;",
    "bidi": "abc \u202egpj.exe\u2066",
    "nul": "a\x00b\x1bc",
    "long": "start " + "word " * 10_000 + "end",
    "comment": "<!-- ]]> <![CDATA[",
}


def match(number: int, **columns: object) -> dict:
    row = {"key": f"a.tar#{number:09}", "source": "a.tar", "text": f"caption {number}", "image_id": f"{number:016x}"}
    row |= {"eval_match": f"shop/{number}.jpg", "eval_distance": 7, "eval_score": 0.4 + number / 1000}
    return row | {"transform": "mirrored", "picture": PICTURE, "eval_picture": PICTURE} | columns


def write_close_calls(folder: Path, rows: list[dict], candidates: list[dict] | None = None, **settings: str) -> Output:
    overrides = [(name.replace("__", "."), value) for name, value in settings.items()]
    output = write_run(folder, candidates or [], *overrides, verdicts=False)
    write_table(output, CLOSE_CALLS, rows_table(rows, KINDS))
    return output


def jpeg(width: int, height: int) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(content, "JPEG")
    return content.getvalue()


def ratios(content: str) -> list[str]:
    return re.findall(r'style="--ratio: ([\d.]+)"', content)


def test_a_run_without_the_file_has_no_section(tmp_path: Path) -> None:
    content = page_of(write_run(tmp_path, [], verdicts=False))
    assert "Near-duplicates of" not in content and CLOSE_CALLS_STYLE not in content


def test_a_file_without_a_row_gives_no_section(tmp_path: Path) -> None:
    without = page_of(write_run(tmp_path / "a" / "run", [], verdicts=False))
    assert page_of(write_close_calls(tmp_path / "b" / "run", [])) == without


def test_a_pair_says_all_that_is_known_of_it(tmp_path: Path) -> None:
    row = match(1, eval_score=0.41249, eval_distance=1234, transform="crop centre 0.9, mirrored")
    words = Page(page_of(write_close_calls(tmp_path, [row]))).words
    assert "score 0.412, 1,234 bits: middle 90% of each side, mirrored" in words
    assert "caption 1" in words and "corpus a.tar#000000001" in words and "evaluation shop/1.jpg" in words


def test_the_section_says_its_numbers_and_settings(tmp_path: Path) -> None:
    output = write_close_calls(tmp_path, [match(1), match(2)], dedup__max_distance="42", dedup__min_score="0.35")
    words = Page(page_of(output)).words
    assert "eval_duplicate drops 25 pairs, 10 of them as the first rule that does. 2 images of these are shown" in words
    assert "0.35 at least" in words and "42 of 256 bits at most" in words and "mode default." in words


def test_pairs_keep_the_order_of_the_file(tmp_path: Path) -> None:
    numbers = [3, 1, 2, *range(4, CLOSE_CALLS_SHOWN + 5)]
    page = Page(page_of(write_close_calls(tmp_path, [match(number) for number in numbers])))
    assert page.captions == [f"caption {number}" for number in numbers[:CLOSE_CALLS_SHOWN]]
    assert page.tags.count("img") == 2 * CLOSE_CALLS_SHOWN


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_captions_and_names_are_shown_and_harmless(tmp_path: Path, text: str) -> None:
    names = {"key": text, "source": text, "eval_match": text, "transform": text}
    content = page_of(write_close_calls(tmp_path, [match(1, text=text, **names)]))
    page = Page(content)
    assert page.captions == [visible(shortened(text, LONGEST_TEXT))]
    assert page.words.count(visible(shortened(text, LONGEST_ID))) >= 3
    assert page.tags.count("img") == 2 and page.tags.count("style") == 1 and "script" not in page.tags
    assert not any(name.startswith("on") for name, _ in page.attributes)


@pytest.mark.parametrize("nothing", [None, b"", b"no JPEG", PICTURE[:20]])
def test_a_missing_picture_has_a_placeholder_of_the_others_shape(tmp_path: Path, nothing: bytes | None) -> None:
    rows = [match(1, picture=nothing, eval_picture=jpeg(40, 20)), match(2, picture=jpeg(20, 40), eval_picture=nothing)]
    content = page_of(write_close_calls(tmp_path, rows))
    page = Page(content)
    assert page.words.count("no corpus image") == page.words.count("no evaluation image") == 1
    assert [value for name, value in page.attributes if name == "alt"] == [
        "The evaluation image",
        "The corpus image",
    ]
    assert ratios(content) == ["2.000", "2.000", "0.500", "0.500"]


def test_two_missing_pictures_and_no_caption(tmp_path: Path) -> None:
    row = match(1, picture=None, eval_picture=None, text=None, key=None, source=None, transform=None)
    page = Page(page_of(write_close_calls(tmp_path, [row])))
    assert page.tags.count("img") == 0 and page.captions == ["(empty text)"] and "score 0.401, 7 bits" in page.words


def test_widths_are_shared_by_proportion_so_that_heights_are_equal(tmp_path: Path) -> None:
    rows = [match(1, picture=jpeg(30, 20), eval_picture=jpeg(20, 20)), match(2, picture=jpeg(900, 1))]
    content = page_of(write_close_calls(tmp_path, rows))
    assert ratios(content) == ["1.500", "1.000", "5.000", "1.000"]
    assert re.findall(r'style="--ratios: ([\d.]+)"', content) == ["2.500", "6.000"]


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = [match(number) for number in range(5)]
    first, second = (page_of(write_close_calls(tmp_path / place / "run", rows)) for place in "ab")
    assert first == second


@pytest.mark.slow
@pytest.mark.parametrize(("large", "shown"), [(noise_jpeg(400), True), (b"no JPEG" * 100_000, False)])
def test_the_page_stays_small(tmp_path: Path, large: bytes, shown: bool) -> None:
    long = "\u202e" * 1000
    rows = [
        match(n, picture=large, eval_picture=large, text=long, key=long, eval_match=long)
        for n in range(CLOSE_CALLS_SHOWN)
    ]
    groups = [row | {"text": long, "key": long} for row in all_groups(large)]
    alone = Page(page_of(write_run(tmp_path / "alone", groups, verdicts=False))).tags.count("img")
    content = page_of(write_close_calls(tmp_path / "audit", rows, groups))
    assert len(content.encode()) < 5_000_000
    assert Page(content).tags.count("img") == alone + 2 * CLOSE_CALLS_SHOWN * shown


@pytest.mark.parametrize(
    ("transform", "words"),
    {
        "as is": "as is",
        "rotated 180": "rotated 180°",
        "rotated 270": "rotated 90° to the right",
        "rotated 4": "rotated 4° to the left",
        "rotated -6, inner, mirrored": "rotated 6° to the right, without the corners, mirrored",
        "crop centre 0.975": "middle 97.5% of each side",
        "crop width 0.667": "middle 66.7% of the width",
        "cut top 0.07, mirrored": "7% cut off at the top, mirrored",
        "crop 0.95 at 0, 0.5": "95% of each side, placed 0% across, 50% down",
        "crop 0.7 at 1, 0.29, border trimmed": "70% of each side, placed 100% across, 29% down, inside a border",
        "0.13 more at the top": "13% more at the top",
        "mirrored, left half": "mirrored, left half of the corpus image",
        "inner 0.8": "inner 80% of the corpus image",
        "something new": "something new",
    }.items(),
)
def test_transforms_are_told_in_words(transform: str, words: str) -> None:
    assert in_words(transform) == words


def test_every_variant_is_told_without_fractions() -> None:
    for mode in (DEFAULT, DENSE):
        told = [in_words(variant.name) for variant in variants(mode)]
        assert len(set(told)) == len(told)
        assert not [words for words in told if re.search(r"\b[01]\.\d|rotated -|crop", words)]
