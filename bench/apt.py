"""Packages and lists, fetched and verified by apt into folders of their own; the system's lists stay as they are."""

from __future__ import annotations

from pathlib import Path

from bench.measure import measure

DEBIAN = "http://deb.debian.org/debian bookworm main"


def update(folder: Path, source: str) -> list[str]:
    """Fetches the lists of `source`, a line of sources.list, into `folder`; returns the options that use them.

    Raises CommandFailed if apt can't fetch them.
    """
    lists = folder.resolve() / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    sources = folder.resolve() / "sources.list"
    sources.write_text(f"{source}\n")
    settings = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": lists,
        "Dir::Cache": folder.resolve(),
        "Acquire::GzipIndexes": "false",
        "APT::Sandbox::User": "",
        "APT::Update::Error-Mode": "any",
    }
    options = [f"-o{name}={value}" for name, value in settings.items()]
    measure("apt-get", "update", *options)
    return options
