"""The funnel: a table in which each rule takes its part off the bar of the rule before it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from filters import EvalDuplicate, Porn, Rule
from pipeline.page.markup import tag
from pipeline.report.charts import funnel_bar
from pipeline.report.funnel import Step, not_asked, share, steps
from pipeline.report.page_steps import PageStep, page_steps
from pipeline.report.wording import sentence

COLUMNS = ("Rule", "What is left of the raw pairs", "Dropped here", "Left", "Fails", "Only this rule")
EXPLANATION = (
    "Rules apply in this order, and a pair is dropped by the first that it fails. “Fails” counts every measured pair "
    "that fails the rule, whatever else it fails, and “only this rule” those that are known to fail no other."
)
ALL = " Every rule looks at every pair (measure=all)."
OF_PAGES = (
    " Before the pairs come the pages of the input: each cause takes its part off the records, the pages or the images "
    "above it, and what is left of the images are pairs."
)


def funnel_section(
    funnel: Mapping[str, Any], rules: Mapping[str, Rule], unmeasured: Container[str], measure: str = "needed"
) -> Element:
    """The funnel of `funnel.json`, with the sentences of `rules` (by reason); `unmeasured` rules lack their signal."""
    table = funnel_table(funnel, rules, unmeasured)
    says = EXPLANATION + _of_pixels(funnel, measure) + (OF_PAGES if funnel.get("pages") else "")
    return tag("section", tag("h2", "The funnel"), tag("p", says, class_="note"), table, id="funnel")


def _of_pixels(funnel: Mapping[str, Any], measure: str) -> str:
    """The pairs that the rules on decoded images look at, if the run has such rules."""
    names = [name for name in (EvalDuplicate.reason, Porn.reason) if name in funnel["first_reason"]]
    if not names:
        return ""
    look, them = ("looks", "it") if len(names) == 1 else ("look", "them")
    return ALL if measure == "all" else f" {' and '.join(names)} {look} only at pairs that nothing before {them} drops."


def funnel_table(
    funnel: Mapping[str, Any], rules: Mapping[str, Rule], unmeasured: Container[str] = (), links: bool = True
) -> Element:
    """The table of a funnel; its rows may have links to the examples of the page."""
    head = tag("tr", *(tag("th", name, scope="col", role="columnheader") for name in COLUMNS), role="row")
    return tag(
        "table",
        tag("thead", head, role="rowgroup"),
        tag("tbody", *_rows(funnel, rules, unmeasured, links), role="rowgroup"),
        class_="funnel rules",
        role="table",
        aria_label="Funnel",
    )


def _rows(
    funnel: Mapping[str, Any], rules: Mapping[str, Rule], unmeasured: Container[str], links: bool
) -> Iterator[Element]:
    raw, kept = funnel["raw"], funnel["kept"]
    done, silent = {step.reason: step for step in steps(funnel)}, not_asked(funnel)
    unmeasured = unmeasured if raw else rules
    yield from map(_page_step, page_steps(funnel))
    yield _total("raw", "All pairs of the input", raw, raw, "")
    for reason, rule in rules.items():
        if reason in silent and rule.enabled:
            yield _idle(rule, f"not judged: {silent[reason]}")
        elif reason in unmeasured and rule.enabled:
            yield _idle(rule, "not measured for any pair")
        elif reason not in done:
            yield _idle(rule, "switched off")
        elif done[reason].failed:
            yield _step(done[reason], rule, raw, links)
    passed = [
        reason for reason, step in done.items() if not step.failed and reason in rules and reason not in unmeasured
    ]
    if passed:
        yield _never_failed([rules[reason] for reason in passed])
    yield _total("kept", "Pairs that no rule drops", kept, raw, "#example-kept" if links else "")


def _page_step(step: PageStep) -> Element:
    if step.dropped is None:
        return _total(step.name, step.says, step.left, step.whole, "", "")
    label = f"{step.name}: {step.left + step.dropped:,} before, {step.dropped:,} left out, {step.left:,} left"
    return _row(
        _name(step.name, step.says, ""),
        _cell(funnel_bar(step.left + step.dropped, step.left, step.whole, label), class_="picture"),
        _amount("dropped here", step.dropped, step.whole, "accent" if step.dropped else "nothing"),
        _amount("left", step.left, step.whole, ""),
        _cell(class_="empty"),
        _cell(class_="empty"),
    )


def _step(step: Step, rule: Rule, raw: int, links: bool) -> Element:
    before = step.left + step.dropped
    label = f"{step.reason}: {before:,} pairs before, {step.dropped:,} dropped, {step.left:,} left"
    return _row(
        _name(step.reason, sentence(rule), f"#example-{step.reason}" if links else ""),
        _cell(funnel_bar(before, step.left, raw, label), class_="picture"),
        _amount("dropped here", step.dropped, raw, "accent" if step.dropped else "nothing"),
        _amount("left", step.left, raw, ""),
        _amount("fails", step.failed, raw, "" if step.failed else "nothing"),
        _cell(class_="empty")
        if step.only is None
        else _amount("only this rule", step.only, raw, "" if step.only else "nothing"),
    )


def _idle(rule: Rule, why: str) -> Element:
    silent = _cell(why, class_="off")
    return _row(
        _name(rule.reason, sentence(rule), ""), silent, *(_cell(class_="empty") for _ in range(4)), class_="off"
    )


def _never_failed(rules: list[Rule]) -> Element:
    """A row for all rules that no pair fails."""
    names: list[Element | str] = []
    for rule in rules:
        names += [", " if names else "", tag("code", rule.reason), f" ({sentence(rule)})"]
    return _row(_cell("No pair fails ", *names, ".", class_="off", colspan=str(len(COLUMNS))), class_="off")


def _total(name: str, says: str, left: int, raw: int, link: str, noun: str = " pairs") -> Element:
    bar = funnel_bar(left, left, raw, f"{name}: {left:,}{noun}")
    empty = _cell(class_="empty")
    return _row(
        _name(name, says, link),
        _cell(bar, class_="picture"),
        empty,
        _amount("left", left, raw, ""),
        _cell(class_="empty"),
        _cell(class_="empty"),
        class_="total",
    )


def _row(*cells: Element, **attributes: str) -> Element:
    return tag("tr", *cells, role="row", **attributes)


def _cell(*content: Element | str, **attributes: str) -> Element:
    return tag("td", *content, role="cell", **attributes)


def _name(name: str, says: str, link: str) -> Element:
    code = tag("code", tag("a", name, href=link) if link else name)
    return tag("th", code, tag("span", says, class_="says"), scope="row", role="rowheader")


def _amount(label: str, count: int, raw: int, kind: str) -> Element:
    """A count over its share; the label shows if a narrow page hides the column heads."""
    return _cell(
        tag("span", label, class_="label", aria_hidden="true"),
        tag("b", f"{count:,}"),
        tag("small", share(count, raw)),
        class_=f"amount {kind}".strip(),
    )
