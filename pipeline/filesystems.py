"""Beam's filesystems by path, with requests as the settings of `storage` say."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pipeline.remote import Storage, in_force
from pipeline.settings import ConfigError

GOOGLE = "gs://"


def filesystem(path: str) -> Any:
    """Returns Beam's filesystem for `path`; importing Beam takes a second and waits for the first use.

    Raises ConfigError for settings that it can't follow.
    """
    from apache_beam.io.filesystems import FileSystems

    found = FileSystems.get_filesystem(path)
    if path.startswith(GOOGLE):
        from pipeline.cloud import follow_settings

        follow_settings(found)
    elif "://" in path:
        _check(path, in_force())
    return found


def _check(path: str, storage: Storage) -> None:
    usual = asdict(Storage())
    for name, value in asdict(storage).items():
        if name != "requests" and value != usual[name]:
            scheme = path.partition("://")[0]
            raise ConfigError(f"storage.{name}: {value:g} can't be told to {scheme}://, only to {GOOGLE}; leave it out")
