"""A stand-in for Cloud Storage with bad moods: it gives the answers that a test puts before those of its bucket."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.fake_http import Reply, Request, Route, answer
from tests.support.fake_storage import BUCKET, Storage
from tests.support.google_cloud import empty_bucket

METHODS = ("GET", "POST", "PUT", "DELETE")
GUARD = 60.0  # seconds; only a hang lasts as long


@dataclass
class Moody:
    """Each of `moods` answers a request; None lets it pass. `requests` are all but those for tokens and of the client
    itself, which asks once what the bucket is.
    """

    storage: Storage
    moods: list[Callable[[Request], Reply] | None] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def routes(self) -> list[Route]:
        usual: list[Route] = [
            ("POST", "/token", self.storage.give_token),
            ("GET", BUCKET, self.storage.describe_bucket),
        ]
        return [*usual, *((method, ".*", self.answer) for method in METHODS)]

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        mood = self.moods.pop(0) if self.moods else None
        return mood(request) if mood else answer(self.storage.routes, request)

    def silence(self, _: Request) -> Reply:
        """Answers when the test is over."""
        self.over.wait(GUARD)
        return Reply(503)


def status(code: int) -> Callable[[Request], Reply]:
    return lambda _: Reply(code)


@contextmanager
def moody_bucket(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moody]:
    """The bucket `data` in a bad mood; see `empty_bucket`."""
    moody = Moody(Storage({"data": {}}))
    with empty_bucket(folder, monkeypatch, moody.storage, moody.routes()):
        yield moody
        moody.over.set()
