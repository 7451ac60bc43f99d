"""The lock of an output on gs://: an object that only one command can create, and which its holder renews.

An object doesn't end with a process. So a lock that wasn't renewed for minutes is abandoned, and so is one of an ended
process of this machine; the next command replaces it. A command that finds its lock replaced ends.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from pipeline.remote import Storage, Unanswered
from pipeline.storage.lock import Held, this_process

RENEWED = 60.0  # seconds
STALE = timedelta(minutes=10)  # without a renewal; far more than clocks differ
PATIENCE = Storage(timeout=30, retries=2)  # whatever a command has: a renewal fails before its lock is abandoned


@contextmanager
def cloud_lock(output: str, path: str) -> Iterator[None]:
    """Holds the lock while the block runs. Raises Held; OSError if the object can't be written."""
    lock = _Lock(output, path)
    lock.take()
    ended = threading.Event()
    renewal = threading.Thread(target=lock.renew, args=(ended,), daemon=True)
    renewal.start()
    try:
        yield
    finally:
        ended.set()
        renewal.join()
        lock.release()


class _Lock:
    """An object by its path; `generation` is that of this process' last write."""

    def __init__(self, output: str, path: str) -> None:
        from pipeline.cloud import cloud_object

        self.output, self.path, self.generation = output, path, 0
        self.object = cloud_object(path, PATIENCE)

    def take(self) -> None:
        """Creates the object, or replaces an abandoned one."""
        from google.api_core.exceptions import GoogleAPIError, NotFound, PreconditionFailed

        try:
            try:
                self._write(0)
            except PreconditionFailed:
                self._write(self._abandoned())
        except (PreconditionFailed, NotFound) as error:  # another command was faster, or has just ended
            raise Held(self.output, "") from error
        except GoogleAPIError as error:
            raise OSError(f"{type(error).__name__}: {' '.join(str(error).split())}") from error

    def renew(self, ended: threading.Event) -> None:
        """Rewrites the object periodically; ends the process if another command took it."""
        from google.api_core.exceptions import GoogleAPIError, NotFound, PreconditionFailed

        while not ended.wait(RENEWED):
            try:
                self._write(self.generation)
            except (PreconditionFailed, NotFound):
                self._end()
            except (GoogleAPIError, OSError, Unanswered) as error:  # the server may answer the next time
                print(f"{self.path} can't be renewed: {type(error).__name__}", file=sys.stderr)

    def release(self) -> None:
        """Deletes the object."""
        from google.api_core.exceptions import NotFound, PreconditionFailed

        try:
            self.object.delete(if_generation_match=self.generation)
        except (NotFound, PreconditionFailed) as error:
            print(f"{self.path} is gone before its command ended: {type(error).__name__}", file=sys.stderr)

    def _write(self, generation: int) -> None:
        """Writes the object if its generation is this one; 0 stands for none. Raises PreconditionFailed."""
        self.object.upload_from_string(this_process(), if_generation_match=generation)
        self.generation = int(self.object.generation)

    def _abandoned(self) -> int:
        """The generation of an abandoned object. Raises Held, NotFound."""
        self.object.reload()
        generation = int(self.object.generation)
        holder = self.object.download_as_bytes().decode(errors="replace")
        age = datetime.now(UTC) - self.object.updated
        if age < STALE and not _is_gone(holder):
            after = f"if that is gone, the lock is free {STALE.seconds // 60} minutes after its last renewal"
            raise Held(self.output, holder, f"; {after}, or when you delete {self.path}")
        return generation

    def _end(self) -> NoReturn:
        print(f"{self.output}: another command has taken its lock {self.path}; this one ends", file=sys.stderr)
        sys.stderr.flush()
        os._exit(1)


def _is_gone(holder: str) -> bool:
    """Returns whether a process of this machine left the lock and ended. This process may have its number now."""
    words: list[Any] = holder.split()
    if len(words) != 4 or words[3] != socket.gethostname() or not words[1].isdigit():
        return False
    return int(words[1]) == os.getpid() or not _lives(int(words[1]))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # belongs to another user
        return True
    return True
