"""Outlook of a fetch: the hosts that will take longest, and whether any host is outside this machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from crawl.fetching.addresses import is_loopback
from crawl.fetching.hosts import HostLimit, estimate
from crawl.fetching.settings import Fetch
from filters.wording import counted
from pipeline.commands.fetch.host_names import host_names
from pipeline.commands.fetch.rows import rows_of_shard
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.storage.markers import read_json_files
from vocab.buffers import one_array

FOLDER = "work/outlook"
LISTED = 5  # hosts


def look_ahead(
    shard: int, output: Output, tasks: int, shards: int, settings: Fetch, limits: Mapping[str, HostLimit], meter: Meter
) -> str:
    """Writes the outlook of a shard; returns the file's name."""
    name = f"{FOLDER}/{shard:05d}.json"
    if not output.has(name):
        urls = pc.unique(one_array(rows_of_shard(output, tasks, shard, shards)["url"]).drop_null())
        ahead = _ahead(urls, settings, limits)
        output.write_bytes(name, json.dumps(ahead).encode())
        meter.add(ahead["hosts"], 1)
    return name


def _ahead(urls: pa.StringArray, settings: Fetch, limits: Mapping[str, HostLimit]) -> dict[str, Any]:
    counts = Counter(host for host in host_names(urls).to_pylist() if host)
    seconds = estimate(counts, settings, limits)
    longest = [[host, counts[host], round(seconds[host], 1)] for host in [*seconds][:LISTED]]
    outside = min((host for host in counts if not is_loopback(host)), default="")
    return {"urls": len(urls), "hosts": len(counts), "longest": longest, "outside": outside}


def read_outlooks(output: Output, shards: int) -> list[dict[str, Any]]:
    """Reads the outlook of each shard."""
    names = [output.path(f"{FOLDER}/{shard:05d}.json") for shard in range(shards)]
    return read_json_files(names)


def longest_first(outlooks: Iterable[Mapping[str, Any]]) -> list[int]:
    """The shards by what their slowest host will take, the longest first."""
    times = [max((host[2] for host in outlook["longest"]), default=0) for outlook in outlooks]
    return sorted(range(len(times)), key=lambda shard: (-times[shard], shard))


def lines(outlooks: list[dict[str, Any]]) -> Iterator[str]:
    """Formats the outlook for the terminal."""
    urls, hosts = (sum(outlook[name] for outlook in outlooks) for name in ("urls", "hosts"))
    all_of = f"{counted(urls, 'URL')}, {counted(hosts, 'host')}"
    yield f"{all_of}; what takes longest (fetch.per_host, fetch.delay, fetch.hosts):"
    longest = sorted((host for outlook in outlooks for host in outlook["longest"]), key=lambda host: -host[2])
    for name, count, seconds in longest[:LISTED]:
        yield f"  {name}: {counted(count, 'URL')}, about {_written(seconds)}"


def _written(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 6_000 else f"{seconds / 3600:,.1f} hours"
