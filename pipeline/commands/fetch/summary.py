"""The counts of a fetch: URLs and rows of each status, bytes, and the hosts that failed most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from crawl.fetching.answers import STATUSES, Answer
from pipeline.commands.fetch.host_names import host_names

WORST = 20  # hosts that are listed


def summary(urls: Sequence[str], which: np.ndarray, answers: Sequence[Answer]) -> dict[str, Any]:
    """Counts a shard. `which` is the number of each row's URL, int64 (rows,); an answer belongs to each URL."""
    rows = np.bincount(which, minlength=len(urls)).tolist()
    by_row: Counter[str] = Counter()
    for answer, count in zip(answers, rows, strict=True):
        by_row[answer.status] += count
    return {
        "urls": len(urls),
        "rows": len(which),
        "bytes": sum(answer.size or 0 for answer in answers),
        "status_urls": _ordered(Counter(answer.status for answer in answers)),
        "status_rows": _ordered(by_row),
        "hosts": _hosts(urls, answers),
    }


def _ordered(counts: Mapping[str, int]) -> dict[str, int]:
    return {status: counts[status] for status in STATUSES if counts.get(status)}


def _hosts(urls: Sequence[str], answers: Sequence[Answer]) -> list[list[Any]]:
    """The worst hosts: name, URLs, URLs without an image, and the most frequent status of these."""
    by_host: dict[str, Counter[str]] = {}
    for host, answer in zip(host_names(pa.array(urls, pa.string())).to_pylist(), answers, strict=True):
        by_host.setdefault(host or "", Counter())[answer.status] += 1
    found = (_host(host, counts) for host, counts in by_host.items() if host)
    return worst([host for host in found if host[2]])


def _host(host: str, counts: Counter[str]) -> list[Any]:
    failed = _ordered({status: count for status, count in counts.items() if status != "ok"})
    return [host, counts.total(), sum(failed.values()), max(failed, key=lambda name: failed[name], default="")]


def worst(hosts: Iterable[list[Any]]) -> list[list[Any]]:
    """The hosts with most URLs without an image."""
    return sorted(hosts, key=lambda host: (-host[2], host[0]))[:WORST]


def total(notes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Adds up the counts of all shards; a host is in one of them."""
    added: dict[str, Any] = {
        name: sum(note[name] for note in notes) for name in ("rows", "urls", "images", "bytes", "asked")
    }
    for name in ("status_urls", "status_rows"):
        counts: Counter[str] = Counter()
        for note in notes:
            counts.update(note[name])
        added[name] = _ordered(counts)
    return added | {"hosts": worst(host for note in notes for host in note["hosts"])}
