"""The evidence: pictures that are kept apart stay apart, keys name all that counts, and tables show what is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.evidence import document, material, results
from bench.evidence.cells import STEPS, Cell
from bench.evidence.corpora import Corpus
from bench.evidence.drawings import drawings
from bench.evidence.emoji import Concept, code_points
from bench.evidence.emoji import _file_names as file_names
from bench.evidence.material import Material
from bench.evidence.noise import SHARED, mixed
from bench.evidence.packages import EMOJIBASE, OPENCLIPART, PACKAGES, TWEMOJI, Package, unpacked
from bench.evidence.pairs import rows
from bench.evidence.pictures import Picture, Text
from bench.evidence.plot import plot
from bench.evidence.questions import RULES, questions
from bench.evidence.render import renderer
from bench.evidence.results import Result
from bench.evidence.run import RESULTS, Evidence, planned
from bench.evidence.splits import HELD_OUT, split
from bench.evidence.tables import Line, Table, table, value_of
from bench.evidence.trend import BOTTOM, LEFT, RIGHT, TOP, trend
from bench.measure import CommandFailed
from pipeline.rule_set import Filters

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def picture(name: str, style: str = "openclipart", *texts: str) -> Picture:
    said = tuple(Text("title", "en", text) for text in texts or (f"drawing {name}",))
    return Picture(style, name, name, "animals", Path(f"{name}.svg"), said)


DRAWINGS = [picture(f"animals/{number}") for number in range(2000)]
EMOJI = [picture(str(number), style) for number in range(50) for style in ("twemoji", "fluent-flat")]


def test_no_picture_to_measure_on_is_trained_on() -> None:
    parts = split([*DRAWINGS, *EMOJI])
    trained = {each.file for each in parts.train}
    drawn = {query.picture.file for query in parts.drawings}
    assert not trained & (drawn | {each.file for each in parts.style})
    assert {each.style for each in parts.style} == {"twemoji"} and len(parts.style) == 50
    assert abs(len(drawn) - HELD_OUT * len(DRAWINGS)) < 4 * (len(DRAWINGS) * HELD_OUT * (1 - HELD_OUT)) ** 0.5
    assert len(trained) == len(DRAWINGS) + len(EMOJI) - len(drawn) - 50


def test_the_split_of_a_picture_depends_on_its_name_alone() -> None:
    whole, half = split(DRAWINGS), split(DRAWINGS[::2])
    names = {each.name for each in DRAWINGS[::2]}
    assert [each for each in whole.drawings if each.picture.name in names] == list(half.drawings)


def test_drawings_that_share_a_text_are_not_looked_for_and_not_trained_on() -> None:
    out = [query.picture for query in split(DRAWINGS).drawings][:3]
    same = [replace(out[0], texts=(Text("title", "en", "Gramastar"),)), replace(out[1], texts=out[2].texts), out[2]]
    same.append(replace(out[0], name="other", texts=(Text("title", "en", "gramastar"),)))
    parts = split(same)
    assert parts.drawings == [] and {each.name for each in parts.train} <= {"other"}


@pytest.mark.parametrize("share", [0.0, 0.25, 0.75, 1.0])
def test_the_share_of_noise_is_as_asked_and_shares_nest(share: float) -> None:
    texts = [row["text"] for row in rows(DRAWINGS, ["en"], share)]
    clean = [row["text"] for row in rows(DRAWINGS, ["en"])]
    changed = {number for number, (new, old) in enumerate(zip(texts, clean, strict=True)) if new != old}
    assert abs(len(changed) - share * len(clean)) <= 4 * (len(clean) * share * (1 - share)) ** 0.5
    more = [
        mixed(text, row["key"], min(1, share + 0.1)) for text, row in zip(clean, rows(DRAWINGS, ["en"]), strict=True)
    ]
    assert changed <= {number for number, (new, old) in enumerate(zip(more, clean, strict=True)) if new != old}
    assert {texts[number] for number in changed} <= set(SHARED)


def test_one_rule_alone_can_drop_the_shared_texts() -> None:
    counts = Counter(row["text"] for row in rows(DRAWINGS, ["en"], 0.5))
    assert min(counts[text] for text in SHARED) > Filters().images_of_text.max_images
    words = Filters().word_count
    assert all(words.min_words <= len(text.split()) <= words.max_words for text in SHARED)


def test_a_key_names_all_that_determines_a_cell_and_nothing_else() -> None:
    cell = Cell()
    others = {
        "corpus": Corpus(share=30),
        "settings": ("train.loss.negatives=0.5",),
        "steps": cell.steps + 1,
        "seed": 1,
        "languages": True,
    }
    assert {*others, "keep"} == {field.name for field in fields(Cell)}
    keys = {replace(cell, **{name: value}).key("pictures") for name, value in others.items()}  # type: ignore[arg-type]
    assert len({*keys, cell.key("pictures"), cell.key("others")}) == len(others) + 2
    assert replace(cell, keep=True).key("pictures") == cell.key("pictures")


def test_equal_models_of_several_questions_are_trained_once() -> None:
    first = [next(iter(question.cells(3, 100)))[1].key("") for question in questions() if question.name in "size rules"]
    cells = [cell for question in questions() for _, cell in question.cells(3, 100)]
    assert len({cell.key("") for cell in cells}) < len(cells) and len(set(first)) == 2
    assert {rule.reason for rule in Filters().all()} >= set(RULES)


def result(key: str, seed: int, **measures: float) -> Result:
    return Result(key, "", "", seed, 100, 5000, 60.5, measures)


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    written = [result("b", 1, zero_shot=0.25), result("a", 0, drawings_t2i_r10=0.5, drawings_t2i_chance=0.01)]
    results.write(tmp_path / "results.csv", written)
    assert results.read(tmp_path / "results.csv") == {each.cell: each for each in written}
    assert results.read(tmp_path / "none.csv") == {}


def test_a_table_has_means_ranges_and_chance_and_no_number_for_what_is_missing() -> None:
    copies = next(question for question in questions() if question.name == "copies")
    levels = {"planted_t2i_chance": 0.02, "unplanted_t2i_chance": 0.02}
    found = [[result(str(seed), seed, planted_t2i_r10=0.2 + seed / 10, **levels) for seed in (0, 1)], [], [], []]
    lines = table(copies, found, 3).markdown().splitlines()
    assert lines[0] == "| trained on | pairs | with copies planted | without |"
    assert lines[2] == "| nothing planted, rule on | 5,000 | 25.0 % (20.0 to 30.0, 2 of 3 seeds) | not measured yet |"
    assert lines[3] == "| nothing planted, rule off | not measured yet | not measured yet | not measured yet |"
    assert lines[-1] == "| chance |  | 2.0 % | 2.0 % |"
    assert value_of([0.5], 1) == "50.0 % (one seed)" and value_of([0.5], 3) == "50.0 % (1 of 3 seeds)"


def test_plots_of_equal_tables_are_equal_and_show_nothing_for_what_is_missing() -> None:
    copies = next(question for question in questions() if question.name == "copies")
    found = [[result("a", 0, planted_t2i_r10=0.4, planted_t2i_chance=0.1)], [], [], []]
    drawn = plot("copies", table(copies, found, 1), list(copies.columns))
    assert drawn == plot("copies", table(copies, found, 1), list(copies.columns))
    root = ElementTree.fromstring(drawn)
    circles = [each for each in root.iter() if each.tag.endswith("circle")]
    assert len(circles) == 2 + 1  # the key, and the one value
    desc = next(each.text for each in root.iter() if each.tag.endswith("desc"))
    assert desc is not None and "nothing planted, rule off: with copies planted not measured" in desc


def test_the_page_has_a_place_for_every_question_and_keeps_what_people_wrote() -> None:
    page = (ROOT / "docs" / "evidence.md").read_text()
    for name in ("packages", *(question.name for question in questions())):
        new = document.replaced(page, name, f"| {name} |")
        assert f"<!-- {name} -->\n\n| {name} |\n\n<!-- /{name} -->" in new
        assert document.replaced(new, name, f"| {name} |") == new
        begin, end = page.index(f"<!-- {name} -->"), page.index(f"<!-- /{name} -->")
        assert new.startswith(page[:begin]) and new.endswith(page[end:])
    with pytest.raises(CommandFailed, match="no place for weather"):
        document.replaced(page, "weather", "")


def test_texts_of_a_drawing_are_as_they_were_typed(tmp_path: Path) -> None:
    folder = tmp_path / "usr/share/openclipart/svg/animals"
    folder.mkdir(parents=True)
    keywords = "<r:li>cat</r:li><r:li/><r:li>pet</r:li><r:li>cat</r:li>"
    work = f"<dc:title>A  Cat</dc:title><dc:subject><r:Bag>{keywords}</r:Bag></dc:subject>"
    names = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:r="urn:r" xmlns:cc="urn:cc"'
    (folder / "cat.svg").write_text(f"<svg {names}><cc:Work>{work}</cc:Work></svg>")
    (folder / "damaged.svg").write_text("<svg")
    cat, damaged = drawings(tmp_path)
    assert [(text.kind, text.text) for text in cat.texts] == [("title", "A Cat"), ("keywords", "cat, pet")]
    assert (cat.file, cat.folder, damaged.texts) == ("openclipart/animals/cat.jpg", "animals", ())


def test_an_emoji_is_the_same_by_its_code_points_and_by_its_name() -> None:
    assert code_points("0023-fe0f-20e3") == code_points("23-20E3") == "23-20E3"
    hand = Concept("1F44B", "people-body", (Text("name", "de", "Hand"), Text("name", "en", "waving hand")), False)
    tone = (Text("name", "en", "waving hand: medium-light skin tone"),)
    assert "waving-hand-default" in set(file_names(hand))
    assert list(file_names(Concept("1F44B-1F3FC", "people-body", tone, True))) == ["waving-hand-medium-light"]


def test_packages_that_cannot_be_fetched_are_named_and_the_others_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fetched(package: Package, folder: Path) -> Path:
        if package in missing:
            raise CommandFailed("npm: no answer")
        return folder / package.folder

    monkeypatch.setattr(material, "unpacked", fetched)
    missing = [EMOJIBASE, TWEMOJI]
    assert list(Material(tmp_path).packages) == [each for each in PACKAGES if each not in missing]
    lines = [f"evidence: {each.name} can't be fetched, measured without it: npm: no answer" for each in missing]
    assert sorted(capsys.readouterr().err.splitlines()) == sorted(lines)
    assert Evidence().is_a_try and Evidence().plan.results != RESULTS  # the page of all pictures stays as it is
    missing = [each for each in PACKAGES if each != EMOJIBASE]  # names without pictures
    with pytest.raises(CommandFailed, match="no package of pictures can be fetched"):
        _ = Material(tmp_path).packages
    missing = []
    assert not Evidence().is_a_try and Evidence(steps=STEPS + 1).is_a_try and Evidence(part=0.5).is_a_try


def test_the_plan_says_which_models_are_made_again_and_a_model_takes_a_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # without results
    monkeypatch.setattr(material, "unpacked", lambda package, folder: folder / package.folder)
    asked = Evidence(("search",))
    one, both = planned(asked)
    assert one.what == "search: all pairs, seed 0" and both.value * 3600 == pytest.approx(one.value)
    ((*_, cell),) = asked.cells()
    known = Result(asked.plan.key(cell), str(cell.corpus), " ".join(cell.settings), 0, cell.steps, 10, 300.0, {})
    results.write(RESULTS, [known])
    again, both = planned(asked)
    assert again.what == "search: all pairs, seed 0, whose result is there and whose model isn't"
    assert again.value == 300 and both.value == pytest.approx(300 / 3600)
    *each, both = planned(Evidence(("rules",), seeds=2))
    assert both.value * 3600 == pytest.approx(sum(figure.value for figure in each) / 2)


@pytest.mark.slow(seconds=1)
def test_programs_that_are_not_installed_are_named_with_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for package, program in ((OPENCLIPART, "apt-get"), (TWEMOJI, "npm")):
        with pytest.raises(CommandFailed, match=f"{program} isn't installed"):
            unpacked(package, tmp_path)
        assert not (tmp_path / package.folder).exists()
    with pytest.raises(CommandFailed, match="rsvg-convert is missing, type apt-get install librsvg2-bin"):
        renderer(tmp_path)


def test_a_trend_has_its_points_where_the_axes_say_and_none_for_what_is_missing() -> None:
    drawn = trend("R@10", {"with": {0.0: [0.1, 0.3], 0.5: [], 1.0: [0.4]}, "without": {0.0: [], 1.0: []}}, 0.01)
    root = ElementTree.fromstring(drawn)
    dots = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in root.iter(f"{SVG}circle")]
    assert [x for x, _ in dots] == [LEFT, RIGHT]
    heights = [(BOTTOM - y) / (BOTTOM - TOP) for _, y in dots]
    assert heights == pytest.approx([0.2 / 0.42, 0.4 / 0.42], abs=0.001)  # the axis ends a twentieth above the largest
    assert [text.text for text in root.iter(f"{SVG}text")].count("without") == 0
    assert root.findtext(f"{SVG}desc") == "with: 20.0% at 0%, 40.0% at 100%; without: not measured"


def test_noise_is_plotted_by_drawings_where_there_are_no_emoji() -> None:
    line = Line("75 % of noise, rule on", [], {"text to drawing": [0.1]})
    found = document.drawn("noise", Table("trained on", ["text to drawing"], [line], {"text to drawing": 0.02}, 1))
    assert ElementTree.fromstring(found).findtext(f"{SVG}title") == "noise"


def test_the_trend_of_noise_is_that_of_the_models_by_their_names() -> None:
    noise = next(question for question in questions() if question.name == "noise")
    values = {variant.label: [float(number)] for number, variant in enumerate(noise.variants)}
    lines = [Line(label, [], {"emoji to name": value}) for label, value in values.items()]
    found = document.by_noise(Table("trained on", [], lines, {}, 1), "emoji to name")
    assert found["with images_of_text"][0.25] == values["25 % of noise, rule on"]
    assert found["without the rule"][0.75] == values["75 % of noise, rule off"]
    assert [len(each) for each in found.values()] == [5, 5]
