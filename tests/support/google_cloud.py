"""Credentials for stand-ins of Google's services: a service account whose tokens come from the stand-in itself."""

from __future__ import annotations

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PROJECT = "test-project"


def write_account(folder: Path, address: str) -> dict[str, str]:
    """Writes the key file of a service account; returns the environment in which Google's libraries use it there."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": f"corpus@{PROJECT}.iam.gserviceaccount.com",
        "token_uri": f"{address}/token",
    }
    (folder / "account.json").write_text(json.dumps(account))
    return {"GOOGLE_APPLICATION_CREDENTIALS": str(folder / "account.json"), "STORAGE_EMULATOR_HOST": address}
