"""Requests to remote storage: the settings of a command, and the threads that make requests at one time.

A command puts its settings in force. Its workers get them with Beam's options: see `pipeline.engines.worker_options`.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Annotated, Any

OPTION = "align_storage"  # of Beam, by which workers get the settings
_LIMITS = {"requests": (1, 1_000), "timeout": (0.1, 3_600), "retries": (0, 100)}


@dataclass(frozen=True)
class Storage:
    """Requests to remote storage, for each process. No byte of an output depends on them.

    `timeout` and `retries` are for gs://: Beam's other file systems have rules of their own, which can't be set.
    """

    requests: Annotated[int, "most requests at one time; each holds its answer in memory", "requests"] = 16
    timeout: Annotated[float, "gs:// only: longest silence before a request counts as failed", "s"] = 60
    retries: Annotated[int, "gs:// only: how often a failed request is sent again at most", "retries"] = 8

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            least, most = _LIMITS[name]
            if not least <= value <= most:
                raise ValueError(f"{name}: {value} is not from {least} to {most:,}")


class Unanswered(RuntimeError):
    """A request that failed as often as the settings allow: names the object, what happened, and the settings.

    It is no OSError, which would make an input a bad file, to be skipped, where its storage has a bad day.
    """


_given: Storage | None = None


def use(storage: Storage) -> None:
    """Puts the settings of a command in force, for this process and the workers of its engines."""
    global _given
    _given = storage


def in_force() -> Storage:
    """Returns the settings of this process' command; in a worker, those of the command that it works for."""
    return _given or _of_worker()


def _of_worker() -> Storage:
    from apache_beam.options.value_provider import RuntimeValueProvider

    text = RuntimeValueProvider.get_value(OPTION, str, "")
    return Storage(**json.loads(text)) if text else Storage()


def turn() -> AbstractContextManager[Any]:
    """Returns what a read of a file holds, so that threads of no `request_pool` keep to the number of requests too."""
    return _turns(os.getpid(), in_force().requests)


@lru_cache(maxsize=2)
def _turns(process: int, requests: int) -> AbstractContextManager[Any]:
    return BoundedSemaphore(requests)


def request_pool() -> ThreadPoolExecutor:
    """Returns threads for requests that are made at one time: each takes some 50 ms, most of it waiting."""
    return ThreadPoolExecutor(in_force().requests)
