"""Real text in many languages for any machine with apt: Debian's translated descriptions of its packages.

apt fetches and verifies them, into separate folders and without changing the system's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from bench.apt import DEBIAN, update

LANGUAGES = (
    *("ca", "cs", "da", "de", "en", "es", "fi", "fr", "hu", "it", "ja", "ko", "nl", "pl", "pt", "pt_BR", "ru", "sk"),
    *("sr", "sv", "tr", "uk", "vi", "zh_CN", "zh_TW"),
)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


def debian_texts(folder: Path) -> Path:
    """A Parquet file of distinct sentences (`text`) and their languages (`lang`), fetched on first use.

    Raises CommandFailed if apt can't fetch them.
    """
    path = folder / "debian.parquet"
    if not path.exists():
        lists = _fetch(folder / "apt")
        tables = [_table(file.read_text(), unquote(file.name).rpartition("Translation-")[2]) for file in lists]
        partial = path.with_suffix(".part")
        pq.write_table(pa.concat_tables(tables), partial)
        partial.rename(path)
    return path


def _fetch(folder: Path) -> list[Path]:
    """Fetches the files with the descriptions, one for each language."""
    update(folder, f"deb [lang={','.join(LANGUAGES)} target=Translations] {DEBIAN}")
    return sorted((folder / "lists").glob("*_Translation-*"))


def _table(content: str, language: str) -> pa.Table:
    texts = list(dict.fromkeys(sentences(content)))
    return pa.table({"text": texts, "lang": [language] * len(texts)})


def sentences(content: str) -> Iterator[str]:
    """Yields the sentences of all descriptions in a file of apt's: a first line, and paragraphs divided by ` .`."""
    for _, _, described in (entry.partition("\nDescription-") for entry in content.split("\nDescription-md5: ")):
        summary, *lines = described.partition("\n\n")[0].partition(": ")[2].split("\n ")
        for paragraph in [summary, *" ".join(lines).split(" . ")]:
            yield from filter(None, (sentence.strip() for sentence in SENTENCE_END.split(paragraph)))
