"""A run over URLs, then one with --counts over the pictures of what it kept, beside one run that had them all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.earlier.account import JUDGED_BEFORE
from tests.support.crawl_contents import encode, picture
from tests.support.two_runs import COUNTED, LIMITS, QUIET, Web, call, compared, corpus, kept, records, verdicts, write

pytestmark = pytest.mark.slow(seconds=60)

CODES = {"texts_of_image", "images_of_text", "rare_ngram", "word_count"}
LEFT_OUT = {"seconds", "statistics", "offenders"}  # of the earlier run


def web() -> Web:
    """Pairs on both sides of each rule on counts, and texts that are entities before and after they are resolved."""
    rng = np.random.default_rng(16)
    colours, things = ("red", "blue", "green"), ("kite", "boat", "dog", "house")
    texts = [f"the {colour} {thing} {where}" for colour in colours for thing in things for where in ("near us", "& me")]
    texts += ["a kite &amp;amp; a boat", "a kite & a boat", "1 &lt; 2 &amp;lt; 3", "kite", "a kite near me"]
    urls = [f"http://u/{number}.jpg" for number in range(140)]
    pairs = [(urls[int(rng.integers(120))], texts[int(rng.integers(len(texts)) ** 2 / len(texts))]) for _ in range(200)]
    pairs += [(url, text) for url, text in zip(urls[120:], texts[-5:] * 4, strict=True) for _ in range(2)]
    pairs.append((urls[120], "a zebra that nobody has heard of"))
    lonely = "some ant under a stone"  # frequent by a text that another rule drops
    pairs += [(urls[122], lonely), (urls[124], lonely + " and" * 20)]
    sides = [(240, 210), (199, 300), (200, 200), (900, 210)]
    pictures = {url: encode(picture(number, *sides[number % 4])) for number, url in enumerate(urls)}
    return Web(pairs, pictures)


@pytest.fixture(scope="module")
def pages() -> Web:
    return web()


@pytest.fixture(scope="module")
def first(pages: Web, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first")
    return corpus(pages.write_links(folder / "pairs.parquet"), folder / "run", *LIMITS)


@pytest.fixture(scope="module")
def at_once(pages: Web, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run over all pairs, with images."""
    folder = tmp_path_factory.mktemp("at once")
    return corpus(pages.write_images(folder / "pairs.parquet"), folder / "run", *LIMITS)


@pytest.fixture(scope="module")
def images(pages: Web, first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kept pairs of the first run, with images."""
    return write(tmp_path_factory.mktemp("images") / "images.parquet", pages.fetched(kept(verdicts(first))))


@pytest.fixture(scope="module")
def second(first: Path, images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus(images, tmp_path_factory.mktemp("second") / "run", *LIMITS, f"--counts={first}")


def test_the_data_has_pairs_on_both_sides_of_each_rule(first: Path, second: Path) -> None:
    reasons = {reason for row in verdicts(first) for reason in row["reasons"]}
    assert reasons == CODES
    later = {reason for row in verdicts(second) for reason in row["reasons"]}
    assert later == {"short_side", "aspect_ratio"} and kept(verdicts(second))
    assert any("&amp;" in row["text"] for row in kept(verdicts(second)))


def test_two_runs_keep_what_one_keeps(at_once: Path, second: Path) -> None:
    once = compared(kept(verdicts(at_once)))
    assert compared(kept(verdicts(second))) == once
    assert records(second) == records(at_once) and len(records(second)) == len(once)


def test_signals_are_those_of_the_run_over_all(at_once: Path, second: Path) -> None:
    once, later = compared(verdicts(at_once)), compared(verdicts(second))
    assert later == {key: once[key] for key in later}


def test_without_counts_a_second_run_keeps_less(images: Path, second: Path, tmp_path: Path) -> None:
    counted_again = corpus(images, tmp_path / "run", *LIMITS)
    assert len(kept(verdicts(counted_again))) < len(kept(verdicts(second)))


def test_the_account_begins_with_the_earlier_run(first: Path, second: Path) -> None:
    before, funnel = (json.loads((run / "funnel.json").read_text()) for run in (first, second))
    assert funnel["earlier"] == {name: value for name, value in before.items() if name not in LEFT_OUT}
    assert funnel["raw"] == before["kept"] and funnel["ngrams"] is None
    assert {code: funnel["not_asked"][code] for code in CODES} == dict.fromkeys(CODES, JUDGED_BEFORE)
    assert not CODES & funnel["first_reason"].keys() and not CODES & funnel["any_reason"].keys()


def test_the_manifest_says_which_run_it_was(first: Path, second: Path) -> None:
    before, manifest = (json.loads((run / "manifest.json").read_text()) for run in (first, second))
    assert len(manifest["counts"]) == 64 and manifest["earlier"]["verdicts"] == manifest["counts"]
    assert {name: manifest["earlier"][name] for name in ("inputs", "config")} == {
        name: before[name] for name in ("inputs", "config")
    }


def test_the_page_begins_with_the_earlier_run(first: Path, second: Path) -> None:
    page, before = (second / "report.html").read_text(), json.loads((first / "funnel.json").read_text())
    assert 0 < page.index("The run before") < page.index('id="funnel"')
    assert f"It kept {before['kept']:,} pairs" in page
    assert "The run before" not in (first / "report.html").read_text()


def test_dropped_pairs_as_an_input_are_dropped_again(pages: Web, first: Path, at_once: Path, tmp_path: Path) -> None:
    everything = write(tmp_path / "all.parquet", pages.fetched(verdicts(first)))
    run = corpus(everything, tmp_path / "run", f"--counts={first}")
    assert compared(verdicts(run)) == compared(verdicts(at_once))
    before, funnel = (json.loads((run / "funnel.json").read_text()) for run in (first, run))
    assert {code: funnel["any_reason"][code] for code in CODES} == {code: before["any_reason"][code] for code in CODES}
    assert JUDGED_BEFORE not in funnel["not_asked"].values()


def test_other_settings_of_texts_have_no_effect(
    first: Path, images: Path, second: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = ("--filters.word_count.min_words=9", "--filters.rare_ngram.enabled=false", "--text.profile=multilingual")
    run = corpus(images, tmp_path / "run", *others, f"--counts={first}")
    said = capsys.readouterr().err
    for line in (
        "filters.word_count.min_words: 3, as in the run of --counts; 9 has no effect",
        "filters.rare_ngram.enabled: True, as in the run of --counts; False has no effect",
        "text.profile: uncased, as in the run of --counts; multilingual has no effect",
    ):
        assert line in said
    assert compared(verdicts(run)) == compared(verdicts(second))
    settings, before = (json.loads((run / "manifest.json").read_text())["config"] for run in (run, first))
    assert settings["text"] == before["text"]
    assert {code: settings["filters"][code] for code in CODES} == {code: before["filters"][code] for code in CODES}


def test_other_settings_of_pictures_have_an_effect(first: Path, images: Path, second: Path, tmp_path: Path) -> None:
    run = corpus(images, tmp_path / "run", "--filters.short_side.min_pixels=201", f"--counts={first}")
    assert len(kept(verdicts(run))) < len(kept(verdicts(second)))


def test_a_pair_that_the_earlier_run_lacks(
    pages: Web, first: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = kept(verdicts(first))
    strange = [
        known[0] | {"key": "another#1", "text": "a text of its own"},
        known[1] | {"text": "the text of no key"},
        known[2] | {"key": "another#2"},  # found by URL and text
    ]
    inputs, output = write(tmp_path / "more.parquet", pages.fetched([*known, *strange])), tmp_path / "run"
    for _ in range(2):  # a second start says the same
        assert call(f"--input={inputs}", f"--output={output}", "--workers=1", f"--counts={first}") == 1
        said = [line for line in capsys.readouterr().err.splitlines() if "counts:" in line]
        (line,) = [line for line in said if "are not in" in line]
        assert f"2 of {len(known) + 3:,} pairs are not in {first}, neither by key nor by URL and text" in line
        assert "another#1" in line or known[1]["key"] in line
    assert not (output / "verdicts").exists() and not (output / "corpus").exists()
    more = ("--workers=1", "--filters.porn.enabled=false")
    assert call(f"--input={images}", f"--output={output}", f"--counts={first}", *more) == 0  # the same folder serves


@pytest.mark.parametrize("kind", ["nothing", "a folder", "unfinished", "itself"])
def test_a_run_that_does_not_serve(
    kind: str, first: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, output = tmp_path / "counts", tmp_path / "run"
    if kind == "a folder":
        root.mkdir()
    elif kind == "unfinished":
        root.mkdir()
        (root / "manifest.json").write_text((first / "manifest.json").read_text())
    elif kind == "itself":
        root = output
    assert call(f"--input={images}", f"--output={output}", "--workers=1", f"--counts={root}") == 2
    said = capsys.readouterr().err.splitlines()
    reason = "is the output itself" if kind == "itself" else "holds no finished run"
    assert len(said) == 1 and said[0].startswith(f"pipeline: counts: {root} {reason}")


def test_the_earlier_run_is_part_of_the_identity(
    pages: Web, images: Path, first: Path, second: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = corpus(pages.write_links(tmp_path / "pairs.parquet"), tmp_path / "other")
    assert (
        call(f"--input={images}", f"--output={second}", *LIMITS, "--filters.porn.enabled=false", f"--counts={first}")
        == 0
    )
    for counts in ((), (f"--counts={other}",)):
        capsys.readouterr()
        assert call(f"--input={images}", f"--output={second}", *QUIET, *LIMITS, *counts) == 2
        assert "holds another run, which differs in" in capsys.readouterr().err


def test_a_moved_run_is_the_same_run(images: Path, first: Path, second: Path, tmp_path: Path) -> None:
    (tmp_path / "moved").symlink_to(first)
    corpus(images, second, *LIMITS, f"--counts={tmp_path / 'moved'}")


def test_a_third_run_after_the_second(first: Path, images: Path, second: Path, tmp_path: Path) -> None:
    run = corpus(images, tmp_path / "run", f"--counts={second}")
    assert compared(verdicts(run), COUNTED) == compared(verdicts(second), COUNTED)
    funnel = json.loads((run / "funnel.json").read_text())
    assert funnel["earlier"]["earlier"]["raw"] == json.loads((first / "funnel.json").read_text())["raw"]
    page = (run / "report.html").read_text()
    assert 0 < page.index('id="earlier-0"') < page.index('id="earlier-1"')


def test_an_input_without_rows(pages: Web, first: Path, images: Path, second: Path, tmp_path: Path) -> None:
    table = tmp_path / "in" / "a.csv"
    table.parent.mkdir()
    table.write_text("key,url,text\n")
    run = corpus(f"{table},{images}", tmp_path / "run", f"--counts={first}")
    assert compared(verdicts(run)) == compared(verdicts(second))


@pytest.mark.parametrize("workers", [2])
def test_workers_change_no_byte(workers: int, first: Path, images: Path, second: Path, tmp_path: Path) -> None:
    from tests.support.command import result, run

    options = (*LIMITS, "--filters.porn.enabled=false", f"--counts={first}", f"--workers={workers}")
    done = run("pipeline", f"--input={images}", f"--output={tmp_path / 'run'}", *options)
    assert done.returncode == 0, done.stderr
    assert result(tmp_path / "run") == result(second)


def test_an_empty_option_is_refused(images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(f"--input={images}", f"--output={tmp_path / 'run'}", "--counts=") == 2
    assert "--counts is empty" in capsys.readouterr().err


def test_an_output_inside_the_earlier_run_is_refused(first: Path, images: Path) -> None:
    assert call(f"--input={images}", f"--output={first / 'more'}", "--workers=1", f"--counts={first}") == 2
    assert not (first / "more").exists()
