"""The time that a training took, and the machine: the only part of the page that differs between equal runs."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from pipeline.commands.train.fit.curves import Curve, curve_card
from pipeline.page.markup import shortened, tag
from pipeline.page.parts import figure, table
from train.times import MEASURING, PARTS, SAVING, TRACING, TRAINING, Times
from vocab.minutes import duration

STYLE = """
#time .pairs { width: 100%; margin-top: 0; font-size: 0.875rem; }
"""
RATES_SAY = "Of training steps, from one row of the log to the next; in a long run each point is a mean."
NAMES = {
    TRAINING: "training steps",
    TRACING: "first steps, traced",
    MEASURING: "measuring recall and loss",
    SAVING: "checkpoints and towers",
}


def time_section(times: Times, steps: int) -> Element:
    """The rate, over the steps too, and the wall time, the parts of it, and the machine."""
    title = tag("h2", "Time and hardware")
    if not times.sessions:
        return tag("section", title, tag("p", "The time was not measured.", class_="empty"), id="time")
    tables = table(("Time", ""), _parts(times)), table(("Machine", ""), list(_machine(times)))
    cards = tag("div", *_rates(times, steps), *(tag("article", table) for table in tables), class_="curves")
    return tag("section", title, tag("dl", *_figures(times), class_="figures"), cards, id="time")


def _figures(times: Times) -> Iterator[Element]:
    rate = times.pairs_per_second
    value = "not measured" if rate is None else f"{rate:,.0f}" if rate >= 9.95 else f"{rate:.2g}"
    yield figure("pairs a second", value, "in training steps, without the other parts")
    sessions = f"{times.sessions:,} sessions" if times.sessions > 1 else "one session"
    yield figure("wall time", duration(times.wall), sessions)


def _rates(times: Times, steps: int) -> Iterator[Element]:
    if times.rates:
        yield curve_card(Curve("Pairs a second", "pairs_per_second", RATES_SAY, steps), times.rates)


def _parts(times: Times) -> list[tuple[str, str]]:
    return [(NAMES[part], duration(times.seconds[part])) for part in PARTS]


def _machine(times: Times) -> Iterator[tuple[str, str]]:
    """Yields names and values that describe the machine of the last session."""
    machine = times.machine
    yield "processor", shortened(str(machine.get("cpu") or "not known"), 100)
    yield "cores", f"{machine['cores']:,}" if machine.get("cores") else "not known"
    yield "memory", f"{machine['memory'] / 1e9:,.1f} GB" if machine.get("memory") else "not known"
    gpus = (f"{count} x {shortened(name, 100)}" for name, count in (machine.get("accelerators") or {}).items())
    yield "accelerators", ", ".join(gpus) or "none"
