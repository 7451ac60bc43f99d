"""Signals, whose handlers wait until libcurl is not at work: an exception within one of its callbacks would be lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]


class Signals:
    """The signals that have arrived, and the handlers that wait for them."""

    def __init__(self) -> None:
        self.handlers: dict[int, Handler] = {}
        self._arrived: list[int] = []

    def note(self, number: int, _: FrameType | None) -> None:
        """Remembers that a signal has arrived."""
        self._arrived.append(number)

    def handle(self) -> None:
        """Calls the handler of each signal that has arrived; raises what it raises."""
        while self._arrived:
            number = self._arrived.pop(0)
            self.handlers[number](number, None)


@contextmanager
def deferred() -> Iterator[Signals]:
    """Defers all handlers in Python while the block runs. A thread other than the main one gets no signals at all."""
    signals = Signals()
    if threading.current_thread() is threading.main_thread():
        found = {number: signal.getsignal(number) for number in signal.valid_signals()}
        signals.handlers = {number: handler for number, handler in found.items() if callable(handler)}
    try:
        for number in signals.handlers:
            signal.signal(number, signals.note)
        yield signals
    finally:
        for number, handler in signals.handlers.items():
            signal.signal(number, handler)
    signals.handle()
