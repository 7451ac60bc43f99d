"""The page of a training: what the model finds, how it learned, its time, and its settings beside the paper's.

The same input gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from pipeline.commands.train.fit import chart, curves, held_out_section, recall_table, settings_table, time_section
from pipeline.commands.train.fit.chart import Level
from pipeline.commands.train.fit.curves import MOST_POINTS, Curve, curve_card, numbers_card
from pipeline.commands.train.fit.recall_table import percent, recalls_section, times_chance, unmeasured_section
from pipeline.commands.train.fit.settings_table import settings_section
from pipeline.page.axes import three_digits
from pipeline.page.markup import serialized, shortened, tag
from pipeline.page.parts import document, figure, flat, fold, table
from train.chance import candidates, chance_loss, floor_loss
from train.retrieval import NotMeasured
from train.times import NO_TIMES, Times

if TYPE_CHECKING:
    from train.evaluate import Retrieval
    from train.log import Row
    from train.measurements import Measurement

PAPER_TEMPERATURE = 1 / 64  # where the paper's converges
LOSS_SAYS = "The sum of both directions, as in the paper."
TEMPERATURE_SAYS = "The paper's is learned: it starts at 1.0 and converges to about 1/64. Logarithmic scale."
RATE_SAYS = "The paper's rises for 10,000 steps of 1,200,000."
COLUMNS = ("Step", "Loss", "Temperature", "Learning rate")
PARTS = (recall_table, curves, chart, held_out_section, time_section, settings_table)
STYLE = "".join(part.STYLE for part in PARTS) + "footer .note { overflow-wrap: anywhere; }\n"


def training_page(
    facts: Mapping[str, Any],
    rows: Sequence[Row],
    retrieval: Retrieval | NotMeasured,
    measurements: Sequence[Measurement] = (),
    times: Times = NO_TIMES,
) -> bytes:
    """The page as UTF-8: `facts` is what `model.json` holds, `rows` the log in the order of its steps, `measurements`
    what was measured on the way and at the end.
    """
    sections = [
        _header(facts, retrieval),
        *_retrieval_sections(facts, retrieval, measurements),
        _curves_section(facts, rows),
        time_section.time_section(times, facts["steps"]),
        settings_section(facts),
        _footer(facts),
    ]
    return serialized(document(f"{shortened(facts['name'], 60)}: training report", sections, STYLE))


def _retrieval_sections(
    facts: Mapping[str, Any], retrieval: Retrieval | NotMeasured, measurements: Sequence[Measurement]
) -> Iterator[Element]:
    if isinstance(retrieval, NotMeasured):
        yield unmeasured_section(retrieval)
    else:
        yield recalls_section(retrieval)
        yield held_out_section.held_out_section(facts, measurements, retrieval)


def _header(facts: Mapping[str, Any], retrieval: Retrieval | NotMeasured) -> Element:
    train, parameters = facts["train"], facts["parameters"]
    both = f"{_millions(parameters['images'])} for images, {_millions(parameters['texts'])} for texts"
    figures = [
        _recall(retrieval),
        figure("steps", f"{facts['steps']:,}"),
        figure("batch", f"{train['batch']:,}", f"{facts['steps'] * train['batch']:,} pairs in all"),
        figure("parameters", _millions(sum(parameters.values())), both),
        *_bad_records(facts["skipped"]),
    ]
    return tag(
        "header",
        tag("p", "Training report", class_="overline"),
        tag("h1", shortened(facts["name"], 60)),
        tag("dl", *figures, class_="figures"),
        tag("p", _learned_from(facts), class_="note"),
    )


def _recall(retrieval: Retrieval | NotMeasured) -> Element:
    name = "text to image, R@1"
    if isinstance(retrieval, NotMeasured):
        return figure(name, "not measured", retrieval.reason)
    found = retrieval.text_to_image
    return figure(name, percent(found.found[0]), f"{times_chance(found)} times chance")


def _millions(count: int) -> str:
    return f"{count / 1e6:,.1f} M" if count >= 100_000 else f"{count:,}"


def _bad_records(count: int) -> Iterator[Element]:
    if count:
        yield figure("bad records", f"{count:,}", "skipped", class_="accent")


def _learned_from(facts: Mapping[str, Any]) -> str:
    """Describes the records; those not made by the pipeline have no name, and perhaps no count."""
    corpus, vocabulary = facts["corpus"], facts["vocabulary"]
    name = f" of {shortened(corpus['name'], 60)}" if corpus.get("name") else ""
    records = f"{corpus['records']:,} records in " if "records" in corpus else ""
    shards = f"{corpus['shards']:,} {'shard' if corpus['shards'] == 1 else 'shards'}"
    pieces = f"{vocabulary['size']:,} pieces ({vocabulary['profile']})"
    return f"Learned from {records}{shards}{name}, with a vocabulary of {pieces}."


def _curves_section(facts: Mapping[str, Any], rows: Sequence[Row]) -> Element:
    title = tag("h2", "How it learned")
    if not rows:
        return tag(
            "section", title, tag("p", "Nothing was logged: there are no curves to draw.", class_="empty"), id="log"
        )
    charts = [_loss(facts), _temperature(facts, rows[-1].temperature), _learning_rate(facts)]
    cards = tag(
        "div",
        *(curve_card(chart, rows) for chart in charts),
        numbers_card(COLUMNS, [*map(_numbers, rows)]),
        class_="curves",
    )
    return tag("section", title, *_of_means(len(rows)), cards, id="log")


def _numbers(row: Row) -> tuple[str, ...]:
    return f"{row.step:,}", f"{row.loss:#.4g}", f"{row.temperature:#.4g}", f"{row.learning_rate:.3g}"


def _of_means(rows: int) -> Iterator[Element]:
    if rows > MOST_POINTS:
        run = three_digits(rows / MOST_POINTS)
        says = f"The log has {rows:,} rows: each point of a curve is the mean of about {run} of them."
        yield tag("p", says, class_="note")


def _loss(facts: Mapping[str, Any]) -> Curve:
    train = facts["train"]
    queue, smoothing = train["queue"]["size"], train["loss"]["smoothing"]
    count = candidates(train["batch"], train["loss"]["negatives"], queue)
    chance, floor = chance_loss(count), floor_loss(count, smoothing)
    levels = [Level(chance, f"chance {chance:.2f}")]
    says = f"{LOSS_SAYS} Chance is 2 ln {count:,}: all {count:,} candidates of a query are equally similar."
    if queue:
        filled = math.ceil(queue / train["batch"])
        says += f" One is its own, {queue:,} are in the queue; the first {filled:,} steps fill it, and have fewer."
    if smoothing:
        levels.append(Level(floor, f"floor {floor:.2f}", above=floor < chance / 10))  # no room below
        says += f" The floor is what label smoothing of {smoothing:g} leaves to a perfect model."
    return Curve("Loss", "loss", says, facts["steps"], levels)


def _temperature(facts: Mapping[str, Any], last: float) -> Curve:
    settings = facts["train"]["temperature"]
    start = settings["start"]
    above = start > PAPER_TEMPERATURE
    apart = max(start / PAPER_TEMPERATURE, PAPER_TEMPERATURE / start) > 2  # else the other label is in the way
    own = last <= start if apart else above  # where the curve doesn't end
    levels = [Level(start, f"start {start:.3g}", own), Level(PAPER_TEMPERATURE, "the paper's 1/64", not above)]
    if math.isclose(start, PAPER_TEMPERATURE):
        levels = [Level(start, "start, and the paper's 1/64")]
    says = f"{'Learned' if settings['learned'] else 'Fixed'} here. {TEMPERATURE_SAYS}"
    return Curve("Temperature", "temperature", says, facts["steps"], levels, log=True)


def _learning_rate(facts: Mapping[str, Any]) -> Curve:
    warmup, steps = facts["train"]["optimizer"]["warmup_steps"], facts["train"]["steps"]
    rises = f"Rises for {warmup:,} steps, and falls" if warmup else "Falls"
    says = f"{rises} to 0 at step {steps:,}. {RATE_SAYS}"
    return Curve("Learning rate", "learning_rate", says, facts["steps"])


def _footer(facts: Mapping[str, Any]) -> Element:
    digests = {"vocab.txt": facts["vocabulary"]["sha256"], "the corpus": facts["corpus"].get("sha256")}
    return tag(
        "footer",
        fold("All settings of this run", table(("Setting", "Value"), sorted(flat(facts["train"])))),
        *(
            tag("p", f"SHA-256 of {name}: ", tag("code", digest), class_="note")
            for name, digest in digests.items()
            if digest
        ),
    )
