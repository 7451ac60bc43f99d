"""The least that pycurl needs for the URLs in URLS.txt: a multi handle, no robots.txt, no check, bytes dropped."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pycurl

AT_ONCE = 64


def main(urls: list[str]) -> None:
    """Fetches all URLs. Raises SystemExit if one fails."""
    multi, free, left = pycurl.CurlMulti(), [pycurl.Curl() for _ in range(AT_ONCE)], len(urls)
    while left:
        while free and urls:
            curl = free.pop()
            curl.setopt(pycurl.URL, urls.pop())
            curl.setopt(pycurl.WRITEDATA, io.BytesIO())
            multi.add_handle(curl)
        multi.perform()
        _, good, bad = multi.info_read()
        if bad:
            sys.exit(f"{bad[0][1:]}")
        for curl in good:
            multi.remove_handle(curl)
            free.append(curl)
            left -= 1
        if left:
            multi.select(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]).read_text().split())
