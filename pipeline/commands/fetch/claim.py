"""The fetch in a folder: the same one resumes, another is refused; and turns, in which failed URLs are asked again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.files import Output, read_bytes
from pipeline.identity import FUNNEL, MANIFEST, REPORT, RUN, OtherRun, held_run, refuse_other
from pipeline.inputs import InputError
from pipeline.storage.overwriting import make_room

ASKED = "work/asked"  # written before the first image is asked for
TURN = "work/turn.json"  # the turn under way: its number, and the statuses that are asked for again


def claim(output: Output, this: Mapping[str, Any], overwrite: bool, retry: frozenset[str]) -> bool:
    """Claims the folder for the fetch `this`; returns whether nothing is left to do. Raises OtherRun, InputError."""
    if overwrite and retry:
        raise InputError("--retry and --overwrite: give one of them")
    make_room(output, [REPORT, MANIFEST, FUNNEL, *output.names(".", ".tar"), "status"], overwrite)
    this, held = json.loads(json.dumps(this)), held_run(output, (FUNNEL, REPORT))
    if retry and held is None:
        raise InputError(f"--retry: {output.root} holds no fetch; the command without --retry makes one")
    if held is None:
        output.clear_work()
        held = dict(this)
    _check(output, held, this, retry)
    begins = not output.has(TURN) and (retry or not output.has(REPORT))
    if begins or held["fetch"] != this["fetch"]:  # settings that may change
        output.write_bytes(RUN, json.dumps({**held, **this}, indent=1).encode())
    if begins:
        _begin(output, int(held.get("turn", -1)) + 1, retry)
    return not output.has(TURN)


def _begin(output: Output, turn: int, retry: frozenset[str]) -> None:
    output.write_bytes(TURN, json.dumps({"turn": turn, "retry": sorted(retry)}).encode())


def _check(output: Output, held: Mapping[str, Any], this: Mapping[str, Any], retry: frozenset[str]) -> None:
    """Raises OtherRun for another input, another turn than the one under way, or other settings.

    Settings may change before the first image is asked for, and with each retry.
    """
    refuse_other(output, held, {name: value for name, value in this.items() if name != "fetch" or name not in held})
    _check_turn(output, retry)
    if not retry and (output.has(FUNNEL) or output.has(ASKED)):
        refuse_other(output, held, this)


def _check_turn(output: Output, retry: frozenset[str]) -> None:
    """Raises OtherRun for another turn than the one under way."""
    if output.has(TURN):
        asked = json.loads(read_bytes(output.path(TURN)))["retry"]
        if asked != sorted(retry):
            same_command = f"with --retry={','.join(asked)}" if asked else "without --retry"
            raise OtherRun(f"{output.root} holds an unfinished fetch: finish it {same_command} first")


def next_turn(output: Output) -> int:
    """The turn under way."""
    return int(json.loads(read_bytes(output.path(TURN)))["turn"])


def turn_is_over(output: Output) -> None:
    """Ends the turn under way."""
    output.remove(output.path(TURN))
