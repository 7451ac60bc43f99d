"""Google's client for gs://, one for each process, whose requests follow the settings of `storage`.

Beam's file system makes a client, and so a connection, for each call; it has no setting for timeouts, and Google's
client repeats requests for two minutes, not a number of times. Every request passes through the adapter of its
client's session: there one is given up after a silence, sent again, and fails with an error that isn't repeated.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from functools import lru_cache, partial
from io import BytesIO
from itertools import islice
from typing import Any
from urllib.parse import unquote

from apache_beam.io.gcp.gcsio import GcsIO, create_storage_client, parse_gcs_path
from apache_beam.options.pipeline_options import PipelineOptions
from google.api_core.retry import exponential_sleep_generator
from requests import PreparedRequest, Response
from requests import exceptions as failures
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError, TimeoutError

from pipeline.remote import Storage, Unanswered, in_force

PASSING = frozenset({408, 429, 500, 502, 503, 504})  # statuses that a later try may not have
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds; a wait is a random part of it, and it doubles with each try
_PLACE = re.compile(r"/b/([^/?]+)(?:/o/([^/?]+))?")
_FAILURES = (failures.ConnectionError, failures.Timeout, failures.ChunkedEncodingError, HTTPError)


def follow_settings(system: Any) -> None:
    """Gives Beam's file system for gs:// the client of this process."""
    system._gcsIO = partial(cloud_io, system._pipeline_options)


def cloud_object(path: str, storage: Storage | None = None) -> Any:
    """Returns Google's object for a path with gs://; its requests follow `storage`, or what is in force."""
    bucket, name = parse_gcs_path(path)
    return cloud_io(None, storage).client.bucket(bucket).blob(name)


def cloud_io(options: object = None, storage: Storage | None = None) -> Any:
    """Returns Beam's layer over Google's client, of this process; its requests follow `storage`, or what is in force.

    `options` are Beam's.
    """
    known = options if isinstance(options, PipelineOptions) else None
    return _cloud_io(os.getpid(), known, storage or in_force())


@lru_cache(maxsize=8)  # a command has options for each pass
def _cloud_io(process: int, options: PipelineOptions | None, storage: Storage) -> GcsIO:
    options = options or PipelineOptions()
    client = create_storage_client(options)
    adapter = Adapter(storage)
    for scheme in ("https://", "http://"):
        client._http.mount(scheme, adapter)
    return GcsIO(client, options)


forget_clients = _cloud_io.cache_clear


class Adapter(HTTPAdapter):
    """Sends requests as `storage` says. An answer is whole when it is returned, or its request is sent again."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(pool_maxsize=storage.requests)
        self.storage = storage

    def send(self, request: PreparedRequest, *_: Any, **sending: Any) -> Response:
        """Returns the answer. Raises Unanswered after the last try; an error that stays is an answer."""
        sending["timeout"] = self.storage.timeout
        waits = exponential_sleep_generator(FIRST_WAIT, LONGEST_WAIT)
        for wait in (*islice(waits, self.storage.retries), None):
            answer, problem = self._try(request, sending)
            if answer is not None:
                return answer
            if wait is not None:
                time.sleep(wait)
        raise Unanswered(f"{_place(request.url or '')}: {problem}, {self._tried()}")

    def _try(self, request: PreparedRequest, sending: Mapping[str, Any]) -> tuple[Response | None, str]:
        """The answer to one request, or None and what went wrong with it."""
        try:
            answer = super().send(request, **sending)
        except _FAILURES as error:
            return None, self._described(error)
        return (None, f"{answer.status_code} {answer.reason}") if answer.status_code in PASSING else (answer, "")

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Reads the whole answer, so that one that breaks off fails here."""
        content = BytesIO(resp.read(decode_content=False))
        resp.release_conn()
        about = {"headers": resp.headers, "status": resp.status, "reason": resp.reason, "version": resp.version}
        return super().build_response(req, HTTPResponse(content, preload_content=False, **about))

    def _described(self, error: Exception) -> str:
        if isinstance(error, failures.Timeout | TimeoutError) or "timed out" in str(error):
            return f"no answer within {self.storage.timeout:g} s (storage.timeout)"
        cause = error.args[0] if error.args else error
        return " ".join(str(getattr(cause, "reason", cause)).split())

    def _tried(self) -> str:
        tries = self.storage.retries + 1
        return f"tried {tries} time{'s' * (tries > 1)} (storage.retries={self.storage.retries})"


def _place(url: str) -> str:
    """The object of a request, by its URL; the bucket alone where the URL doesn't have it."""
    found = _PLACE.search(url)
    return f"gs://{'/'.join(unquote(part) for part in found.groups() if part)}" if found else "Cloud Storage"
