"""The fetching loop as a command: URLS.txt, and where a WebDataset shard goes; without it, bytes are dropped."""

from __future__ import annotations

import io
import sys
import tarfile
from contextlib import nullcontext
from pathlib import Path

from crawl.fetching.answers import Answer
from crawl.fetching.loop import fetch
from crawl.fetching.settings import Fetch, user_agent


def main(urls: Path, shard: Path | None) -> None:
    """Fetches all URLs, robots.txt included, without a delay. Raises SystemExit unless all are ok."""
    statuses: list[str] = []
    with tarfile.open(shard, "w") if shard else nullcontext() as tar:

        def done(index: int, answer: Answer, body: bytes | None) -> None:
            statuses.append(answer.status)
            if tar and body:
                _add(tar, f"{index:09d}.{answer.suffix}", body)
                _add(tar, f"{index:09d}.txt", b"a text")
                _add(tar, f"{index:09d}.json", repr(answer).encode())

        settings = Fetch(allow_private=True, delay=0.0)
        fetch(urls.read_text().split(), settings, user_agent("bench", ""), done)
    if set(statuses) != {"ok"}:
        sys.exit(f"statuses other than ok: {set(statuses)}")


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
