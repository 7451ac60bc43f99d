"""Licences as the input states them, and the one of a whole corpus, if it has one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeline.outputs.card.corpus import Corpus
from pipeline.page.markup import visible
from pipeline.storage.for_report import NOT_GIVEN

KNOWN = (
    "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "gpl-2.0", "gpl-3.0", "lgpl-3.0", "agpl-3.0", "gfdl",
    "unlicense", "wtfpl", "odbl", "pddl", "odc-by", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0",
    "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0",
)  # fmt: skip
"""Identifiers of licences that Hugging Face's cards may have."""

_COMMONS = re.compile(r"https?://(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/([\d.]+).*")


def only_licence(corpus: Corpus) -> str | None:
    """The licence of every kept pair, if the input states one and the same for all."""
    found = corpus.statistics("licence")
    rows = [row for row in found["rows"] if row["kept"]] if found else []
    if len(rows) != 1 or rows[0]["kept"] != corpus.funnel["kept"] or rows[0]["name"] in ("", NOT_GIVEN):
        return None
    return visible(" ".join(rows[0]["name"].split()))


def licence_settings(licence: str | None) -> Mapping[str, Any]:
    """The YAML for a licence: `license`, and `license_name` for one that has no identifier."""
    if not licence:
        return {}
    known = identifier(licence)
    return {"license": known} if known else {"license": "other", "license_name": licence}


def identifier(licence: str) -> str | None:
    """The identifier of a licence, such as cc-by-4.0 for CC BY 4.0 or its address; None if it is not known."""
    plain = _COMMONS.sub(r"cc-\1-\2", licence.strip().lower()).replace("cc-zero-", "cc0-")
    made = re.sub(r"[\s_-]+", "-", plain)
    return made if made in KNOWN else None
