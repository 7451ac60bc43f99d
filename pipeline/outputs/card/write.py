"""Writes the card and the metadata of a finished corpus, or of an export of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipeline.files import Output
from pipeline.outputs.card.corpus import CARD, CROISSANT, Corpus, folders_of
from pipeline.outputs.card.croissant import croissant
from pipeline.outputs.card.text import card


def write_card(output: Output, manifest: Mapping[str, Any], funnel: Mapping[str, Any], carried: pa.Schema) -> None:
    """Writes README.md and croissant.json, which describe the folders that `output` has. Raises OSError.

    `carried` has the passthrough columns. An export gives the manifest of its corpus with its own entries in place.
    """
    corpus = Corpus(manifest, funnel, carried, folders_of(output, funnel["records"]))
    output.write_bytes(CARD, card(corpus))
    output.write_bytes(CROISSANT, croissant(corpus))
