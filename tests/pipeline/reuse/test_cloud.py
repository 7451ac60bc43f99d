"""Outputs in an object store: kept work is copied there, and the bytes are those of a run from scratch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.fake_http import serving
from tests.support.fake_storage import Storage
from tests.support.google_cloud import write_account
from tests.support.reuse import OTHER, SMALL, page_of, rows, write

pytestmark = pytest.mark.slow(seconds=60)

BUCKET = "corpora"
OPTIONS = (*SMALL, "--filters.porn.enabled=false")


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    found = Storage({BUCKET: {}})
    with serving(found.routes) as address:
        for name, value in write_account(tmp_path, address).items():
            monkeypatch.setenv(name, value)
        yield found


def corpus(output: str, inputs: list[Path], *options: str) -> str:
    done = run("pipeline", f"--input={','.join(map(str, inputs))}", f"--output={output}", *OPTIONS, *options)
    assert done.returncode == 0, done.stderr
    return done.stderr


def objects(storage: Storage, run: str) -> dict[str, bytes | str]:
    """The files of a run, but its funnel, which holds times, and what it keeps; its page without folder and command."""
    named = {name: stored.content for name, stored in storage.buckets[BUCKET].items() if name.startswith(f"{run}/")}
    found = {name.removeprefix(f"{run}/"): content for name, content in named.items()}
    others = {name: found[name] for name in found if not name.startswith(("funnel.json", *OTHER))}
    return others | {"report.html": page_of(found["report.html"])}


def test_from_a_bucket_to_a_bucket_and_from_a_disk(storage: Storage, tmp_path: Path) -> None:
    one, other = write(tmp_path / "in/a.parquet", rows(0, 12)), write(tmp_path / "in/b.parquet", rows(12, 18))
    said = corpus(f"gs://{BUCKET}/kept", [one], "--keep_work")
    assert f"bytes in gs://{BUCKET}/kept/work, for --reuse=gs://{BUCKET}/kept" in said
    corpus(str(tmp_path / "kept"), [one], "--keep_work")
    corpus(f"gs://{BUCKET}/scratch", [one, other])
    for name, source in (("cloud", f"gs://{BUCKET}/kept"), ("disk", str(tmp_path / "kept"))):
        said = corpus(f"gs://{BUCKET}/{name}", [one, other], f"--reuse={source}")
        assert "reuse: index of 1 of 2 input files (12 pairs), decoding of " in said
        assert objects(storage, name) == objects(storage, "scratch")
