"""A table of URLs, with texts or without them."""

from __future__ import annotations

from dataclasses import replace

from pipeline.inputs import BadFile, Input, Reader, Source, open_source
from pipeline.inputs.settings import ALIASES


def open_urls(source: Source, settings: Input) -> tuple[Reader, bool]:
    """The reader of a table, and whether it has texts: a list of URLs alone needs none. Raises BadFile."""
    try:
        return _opened(source, settings), True
    except BadFile:
        if settings.columns.text is None and (reader := _without_texts(source, settings)):
            return reader, False
        raise


def _without_texts(source: Source, settings: Input) -> Reader | None:
    """The reader that takes the URL for the text too; None if that doesn't make a table of it."""
    names = [settings.columns.url] if settings.columns.url else ALIASES["url"]
    for name in names:
        try:
            return _opened(source, replace(settings, columns=replace(settings.columns, text=name)))
        except BadFile:
            continue
    return None


def _opened(source: Source, settings: Input) -> Reader:
    reader = open_source(source, settings)
    _ = reader.has_images  # reads the header
    return reader
