"""Pre-flight checks for Google Cloud: fails within seconds, with the command that fixes it, where Beam would retry
for minutes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pipeline.inputs import InputError

SCHEME = "gs://"
SECONDS = 6  # for all requests together
INSTALL = "pip install 'align-corpus[dataflow]'"
LOGIN = "gcloud auth application-default login"


def check_buckets(paths: Iterable[str]) -> None:
    """Lists one object of the bucket of every gs:// path.

    Raises InputError if Google's packages, credentials, a bucket or the right to list it are missing, or if nothing
    answers in time.
    """
    if buckets := sorted({path.removeprefix(SCHEME).split("/")[0] for path in paths if path.startswith(SCHEME)}):
        check_installed(SCHEME)
        work = ThreadPoolExecutor(1).submit(_ask, buckets)
        try:
            work.result(SECONDS)
        except TimeoutError as error:
            raise InputError(f"gs://{buckets[0]}: Cloud Storage doesn't answer within {SECONDS} seconds") from error


def check_installed(user: str) -> None:
    """Raises InputError if the packages that `user` needs are missing."""
    try:
        import apache_beam.io.gcp.gcsio  # noqa: F401
        import google.cloud.dataflow
        import google.cloud.storage  # noqa: F401
    except ImportError as error:
        raise InputError(f"{user} needs Google Cloud's packages: {INSTALL}") from error


def _ask(buckets: list[str]) -> None:
    from google.auth.exceptions import GoogleAuthError

    try:
        client = _client()
        for bucket in buckets:
            _ask_for(client, bucket)
    except GoogleAuthError as error:
        raise InputError(f"no Google Cloud credentials ({_line(error)}): {LOGIN}") from error


def _client() -> Any:
    os.environ.setdefault("GCE_METADATA_DETECT_RETRIES", "1")  # off Google's machines nothing answers there
    import google.auth
    from google.cloud import storage

    credentials, project = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    return storage.Client(project or "unknown", credentials)  # a project matters only for making buckets


def _ask_for(client: Any, bucket: str) -> None:
    """Lists one object, which needs no right that a run does not need. Raises InputError."""
    from google.api_core.exceptions import Forbidden, GoogleAPIError, NotFound, Unauthorized
    from requests.exceptions import RequestException

    try:
        next(iter(client.list_blobs(bucket, max_results=1, retry=None, timeout=SECONDS)), None)
    except NotFound as error:
        make = f"gcloud storage buckets create gs://{bucket} --location=REGION"
        raise InputError(f"gs://{bucket}: no such bucket; another name, or: {make}") from error
    except (Forbidden, Unauthorized) as error:
        grant = f"gcloud storage buckets add-iam-policy-binding gs://{bucket}"
        role = "--member=user:YOU --role=roles/storage.objectUser"
        raise InputError(f"gs://{bucket}: these credentials may not list it: {grant} {role}") from error
    except (GoogleAPIError, RequestException, ValueError) as error:
        raise InputError(f"gs://{bucket}: {_line(error)}") from error


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
