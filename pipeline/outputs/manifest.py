"""The manifest of a finished corpus."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pipeline.files import Output, read_bytes
from pipeline.formats import FORMATS, RECORDS, formats_of
from pipeline.inputs import InputError
from pipeline.settings import shown


def read_manifest(output: Output) -> dict[str, Any]:
    """Reads the manifest of a finished corpus. Raises InputError if there is none."""
    whole = output.has("report.html") and output.has("manifest.json")
    try:
        content: dict[str, Any] = json.loads(read_bytes(output.path("manifest.json"))) if whole else {}
    except ValueError as error:
        raise InputError(f"corpus: {output.path('manifest.json')} is damaged; make the corpus again") from error
    if "config" not in content:  # such as that of a fetch
        raise InputError(f"corpus: {output.root} {no_run(output)}")
    return content


def no_run(output: Output) -> str:
    """Says, as the end of a sentence, that a folder holds an export, or no finished run."""
    try:
        content = json.loads(read_bytes(output.path("manifest.json"))) if output.has("manifest.json") else {}
        formats, name = " and ".join(content["export"]["formats"]), content["parent"]["name"]
    except (ValueError, LookupError, TypeError):
        return "holds no finished run of python -m pipeline"
    return (
        f"is an export, the corpus {shown(name)} as {formats} without verdicts; give the folder of that "
        "corpus, the DIR of python -m pipeline export DIR"
    )


def check_records(manifest: Mapping[str, Any], corpus: str) -> None:
    """Raises InputError for a finished corpus, in the folder `corpus`, that was written without TFRecords."""
    if RECORDS not in (formats := formats_of(manifest["config"])):
        raise InputError(
            f"corpus: {corpus} has no TFRecords, which are read here: it was made with output.formats="
            f"[{','.join(formats)}]; make it with --output.formats=[{','.join((RECORDS, *formats))}]"
        )


def plain_config(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The config of a finished corpus without the settings of the user's own rules, whose files may be gone."""
    config, own = manifest["config"], manifest.get("rule_descriptions", {})
    return {**config, "filters": {name: settings for name, settings in config["filters"].items() if name not in own}}


def corpus_name(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Identifies a corpus: its name, and a digest of all its records, or of another format if it has none."""
    first = FORMATS[formats_of(manifest["config"])[0]]
    digests = [shard[first.digest] for shard in manifest["shards"]]
    return {"name": manifest["config"]["name"], "sha256": digest(digests)}


def json_file(content: Any) -> bytes:
    """The content of a JSON file that people read too."""
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def digest(content: Any) -> str:
    """The sha256 of a value's JSON."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
