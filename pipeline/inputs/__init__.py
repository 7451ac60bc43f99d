"""Input files of every kind, each read as batches of the same columns: `FIELDS`, then the passthrough columns.

Names are imported from the modules below on first use, so that the settings alone load neither Beam nor Arrow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.inputs.by_extension import open_source
    from pipeline.inputs.errors import BadFile, InputError
    from pipeline.inputs.reader import FIELDS, Reader, Span, carried_columns
    from pipeline.inputs.settings import Columns, Input
    from pipeline.inputs.sources import EXTENSIONS, Source, check_output, find_sources, lies_in, list_files

_HOMES = {
    "errors": ("BadFile", "InputError"),
    "by_extension": ("open_source",),
    "reader": ("FIELDS", "Reader", "Span", "carried_columns"),
    "settings": ("Columns", "Input"),
    "sources": ("EXTENSIONS", "Source", "check_output", "find_sources", "lies_in", "list_files"),
}

__all__ = [
    "EXTENSIONS",
    "FIELDS",
    "BadFile",
    "Columns",
    "Input",
    "InputError",
    "Reader",
    "Source",
    "Span",
    "carried_columns",
    "check_output",
    "find_sources",
    "lies_in",
    "list_files",
    "open_source",
]


def __getattr__(name: str) -> Any:
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
