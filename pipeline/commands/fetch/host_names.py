"""The host of every URL of a column, in one spelling, without parsing each URL."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawl.fetching.urls import host_of
from vocab.hashing import hash_strings

_AUTHORITY = r"^(?P<start>https?://[^/?#\\]+[/?#\\])"  # scheme and authority, of the usual form, and their end


def host_names(urls: pa.StringArray) -> pa.StringArray:
    """The host of each URL as `crawl.fetching` names it; null for what is no URL of http or https."""
    start = pc.struct_field(pc.extract_regex(urls, _AUTHORITY), "start")
    start = pc.coalesce(start, urls)  # other forms, such as HTTP:\\example.org, are read one by one
    encoded = start.dictionary_encode()
    hosts = [None if url is None else host_of(url) for url in encoded.dictionary.to_pylist()]
    return pa.array(hosts, pa.string()).take(encoded.indices)


def hash_hosts(urls: pa.StringArray) -> np.ndarray:
    """The hash of each URL's host, uint64 (rows,); of the URL itself if it has none."""
    return hash_strings(pc.coalesce(host_names(urls), urls))
