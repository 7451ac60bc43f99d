"""Credentials for stand-ins of Google's services: a service account whose tokens come from the stand-in itself."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from apache_beam.internal.gcp import auth
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pipeline.cloud import forget_clients
from tests.support.fake_http import Route, serving
from tests.support.fake_storage import Storage

PROJECT = "test-project"


@contextmanager
def empty_bucket(
    folder: Path, monkeypatch: pytest.MonkeyPatch, storage: Storage | None = None, routes: Sequence[Route] = ()
) -> Iterator[Storage]:
    """A bucket `data`; this process has the credentials for it, and a folder of its own for copies.

    It is in `storage`, with `routes` in place of its own, if these are given.
    """
    storage = storage or Storage({"data": {}})
    with serving(routes or storage.routes) as address:
        for name, value in write_account(folder, address).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(auth._Credentials, "_credentials_init", False)
        forget_clients()
        monkeypatch.setenv("TMPDIR", str(folder))
        (folder / "of a command").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(folder / "of a command"))
        yield storage


def write_account(folder: Path, address: str) -> dict[str, str]:
    """Writes the key file of a service account; returns the environment in which Google's libraries use it there."""
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key": _private_key(),
        "client_email": f"corpus@{PROJECT}.iam.gserviceaccount.com",
        "token_uri": f"{address}/token",
    }
    (folder / "account.json").write_text(json.dumps(account))
    return {"GOOGLE_APPLICATION_CREDENTIALS": str(folder / "account.json"), "STORAGE_EMULATOR_HOST": address}


@cache
def _private_key() -> str:
    """A key, made once: it takes a good part of a second."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
