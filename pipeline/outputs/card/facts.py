"""The parts of a card on what the pairs are: languages, licences, opt-outs, limits. What isn't known is said."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.outputs.card.corpus import Corpus
from pipeline.outputs.card.markdown import code, table
from pipeline.storage.for_report import NOT_GIVEN

SHOWN = 20  # languages or licences


def languages(corpus: Corpus) -> list[str]:
    """The table of languages."""
    return _by(corpus, "language") or [_unknown(corpus, "the input states no language, and none was identified")]


def licences(corpus: Corpus) -> list[str]:
    """The table of licences."""
    note = "Licences are as the input has them; nobody checked them."
    return [*(_by(corpus, "licence") or [_unknown(corpus, "the input states none")]), "", note]


def _unknown(corpus: Corpus, why: str) -> str:
    return f"Not known: {why if corpus.funnel.get('statistics') else 'the run counted nothing by it'}."


def _by(corpus: Corpus, name: str) -> list[str]:
    found = corpus.statistics(name)
    if not found or not found["rows"]:
        return []
    rows = [(_named(row["name"]), row["raw"], row["kept"]) for row in found["rows"]]
    rest = found.get("rest")
    others = [*rows[SHOWN:], *([("", rest["raw"], rest["kept"])] if rest else [])]
    if others:
        rows = [*rows[:SHOWN], ("others", sum(row[1] for row in others), sum(row[2] for row in others))]
    return table((name, "raw pairs", "kept"), [(label, f"{raw:,}", f"{kept:,}") for label, raw, kept in rows])


def _named(name: str) -> str:
    return NOT_GIVEN if name in ("", NOT_GIVEN) else code(name)


def opt_outs(corpus: Corpus) -> Iterator[str]:
    """The opt-outs that were honoured, as far as the run knows."""
    pages = corpus.funnel.get("pages")
    if pages:
        directives = corpus.manifest["config"].get("input", {}).get("pages", {}).get("opt_out") or ()
        named = ", ".join(map(code, directives)) or "none: the setting `input.pages.opt_out` is empty"
        yield f"* {pages['opt_out']:,} pages with images opt out and gave no pairs (directives: {named})."
    else:
        yield "* Pages: not read by this run, so that opt-outs of pages are not known to it."
    yield "* Images: robots.txt and opt-outs of their servers are honoured where `python -m pipeline fetch` got them."
    yield "  Its account is in the store of images, not here; nothing is known of images that came otherwise."


def limits(corpus: Corpus) -> Iterator[str]:
    """The uses for which the pairs are no good, or not known to be."""
    yield "* Texts are as pages have them: not checked for truth, names, or personal data."
    yield "* Rules look at sizes, counts and words, not at whether a text describes its image."
    silent = dict(corpus.funnel.get("not_asked") or {})
    off = [name for name, rule in corpus.manifest["config"]["filters"].items() if not rule.get("enabled", True)]
    if unasked := [name for name in corpus.manifest["config"]["filters"] if name in {*silent, *off}]:
        yield f"* Rules that judged no pair: {', '.join(f'`{name}`' for name in unasked)}."
    yield "* The porn score is a model's, with errors on both sides; a near-duplicate is found in the given sets alone."
