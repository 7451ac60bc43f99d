"""Requests to gs:// follow the settings: each is given up after a silence, and sent again as often as they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import GoogleAPICallError

from pipeline import cloud, remote
from pipeline.files import Output, exists, open_file, read_bytes, read_part
from pipeline.inputs.errors import reading
from pipeline.remote import Storage, Unanswered
from pipeline.storage.cloud_lock import cloud_lock
from tests.support.fake_http import Reply
from tests.support.moody_storage import Moody, moody_bucket, status

X = "gs://data/in/x y"
CONTENT = b"0123456789" * 1000


@pytest.fixture
def moody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moody]:
    monkeypatch.setattr(cloud, "FIRST_WAIT", 0.0)
    with moody_bucket(tmp_path, monkeypatch) as moody:
        moody.storage.put("data", "in/x y", CONTENT)
        assert exists(X)  # makes the client, and asks for a token
        moody.requests.clear()
        yield moody


def settle(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
    monkeypatch.setattr(remote, "_given", Storage(**settings))


USES: dict[str, tuple[Callable[[], Any], int]] = {  # what is done, and the requests that it takes
    "a part": (lambda: read_part(X, 10, 14), 1),
    "the whole": (lambda: read_bytes(X), 2),
    "whether it is there": (lambda: exists(X), 1),
    "names": (lambda: Output("gs://data").names("in"), 1),
}


@pytest.mark.parametrize("code", sorted(cloud.PASSING))
@pytest.mark.parametrize("retries", [0, 2])
def test_a_status_that_passes_is_met_again_as_often_as_set(
    moody: Moody, monkeypatch: pytest.MonkeyPatch, code: int, retries: int
) -> None:
    settle(monkeypatch, retries=retries)
    moody.moods = [status(code)] * retries
    assert read_part(X, 10, 14) == b"0123"
    assert len(moody.requests) == retries + 1
    moody.moods = [status(code)] * (retries + 1)
    with pytest.raises(Unanswered, match=rf"^gs://data/in/x y: {code} .*, tried {retries + 1} times? "):
        read_part(X, 10, 14)
    assert len(moody.requests) == 2 * (retries + 1)


@pytest.mark.parametrize("use", USES)
def test_every_use_repeats_its_requests(moody: Moody, monkeypatch: pytest.MonkeyPatch, use: str) -> None:
    does, requests = USES[use]
    wanted = does()
    assert len(moody.requests) == requests and wanted
    for failing in range(requests):  # the first request, then the second
        moody.requests.clear()
        settle(monkeypatch, retries=1)
        moody.moods = [*[None] * failing, status(503)]
        assert does() == wanted and len(moody.requests) == requests + 1
        moody.moods = [*[None] * failing, status(503), status(503)]
        with pytest.raises((Unanswered, OSError), match=r"gs://data.*: 503 .*tried 2 times"):
            does()
        assert not moody.moods


@pytest.mark.parametrize("code", [400, 403, 404, 412])
def test_a_status_that_stays_is_met_once(moody: Moody, code: int) -> None:
    moody.moods = [status(code)] * 2
    with pytest.raises(GoogleAPICallError, match=f"^{code} .*in%2Fx%20y"):
        read_part(X, 10, 14)
    assert len(moody.requests) == len(moody.moods) == 1


def test_an_object_that_is_missing_is_looked_for_once(moody: Moody) -> None:
    assert not exists("gs://data/none") and len(moody.requests) == 1


def test_silence_ends_with_the_file(moody: Moody, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch, timeout=0.2, retries=1)
    moody.moods = [moody.silence] * 2
    with pytest.raises(Unanswered, match=r"^gs://data/in/x y: no answer within 0.2 s \(storage.timeout\), tried 2 "):
        read_bytes(X)


@pytest.mark.parametrize("closes", [True, False])
def test_an_answer_that_breaks_off_is_asked_for_again(
    moody: Moody, monkeypatch: pytest.MonkeyPatch, closes: bool
) -> None:
    """A connection that ends in the middle of an answer, and one that falls silent, are both tried again."""
    settle(monkeypatch, timeout=0.2 if not closes else 60, retries=1)
    half = Reply(206, CONTENT[:2], {"Content-Length": "4", **({"Connection": "close"} if closes else {})})
    moody.moods = [lambda _: half]
    assert read_part(X, 10, 14) == b"0123" and len(moody.requests) == 2
    moody.moods = [lambda _: half] * 2
    with pytest.raises(Unanswered, match=r"^gs://data/in/x y: .*, tried 2 times"):
        read_part(X, 10, 14)


def test_what_is_written_is_sent_again_and_names_its_file(moody: Moody, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch, retries=1)
    Output("gs://data/out").write_bytes("x", CONTENT)
    usual, again = len(moody.requests), 0
    for number in range(usual):  # each of them fails once: begin of an upload, upload, rename
        moody.moods = [*[None] * number, status(503)]
        Output("gs://data/out").write_bytes(f"{number}", CONTENT)
        again += moody.storage.buckets["data"][f"out/{number}"].content == CONTENT
    assert usual == again > 2 and sorted(moody.storage.buckets["data"])[0] == "in/x y"
    moody.moods = [status(503)] * 2
    with pytest.raises(Unanswered, match=r"gs://data: 503 .*tried 2 times.*: can't write gs://data/out/y$"):
        Output("gs://data/out").write_bytes("y", CONTENT)
    assert not moody.moods


def test_storage_with_a_bad_day_makes_no_bad_file(moody: Moody, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch, retries=0)
    moody.moods = [status(503)]
    with pytest.raises(Unanswered), reading(X), open_file(X) as file:
        file.read()


def test_the_lock_has_a_patience_of_its_own(moody: Moody, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch, retries=0)
    moody.moods = [status(503)] * 2
    with cloud_lock("gs://data/out", "gs://data/out/work/lock"):
        assert not moody.moods and "out/work/lock" in moody.storage.buckets["data"]


def test_a_process_has_one_client(moody: Moody) -> None:
    assert cloud.cloud_io() is cloud.cloud_io()
    assert cloud.cloud_io(None, Storage(timeout=1)) is not cloud.cloud_io()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://storage.googleapis.com/download/storage/v1/b/a/o/x%2Fy%20z?alt=media", "gs://a/x/y z"),
        ("https://storage.googleapis.com/storage/v1/b/a/o?prefix=x%2F", "gs://a"),
        ("https://storage.googleapis.com/storage/v1/b/a/o/x/rewriteTo/b/c/o/y", "gs://a/x"),
        ("https://storage.googleapis.com/batch/storage/v1", "Cloud Storage"),
    ],
)
def test_the_object_of_a_request(url: str, place: str) -> None:
    assert cloud._place(url) == place
