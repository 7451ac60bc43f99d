"""One shard of a fetch: its URLs are asked for, and images and statuses written in the order of its rows."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crawl.fetching.answers import Answer
from crawl.fetching.hosts import HostLimit
from crawl.fetching.settings import Fetch
from crawl.fetching.urls import place_of
from pipeline.commands.fetch.parts import Parts, PartWriter
from pipeline.commands.fetch.rows import GIVEN, rows_of_shard
from pipeline.commands.fetch.summary import summary
from pipeline.commands.fetch.tars import OldImages, Sample, write_tar
from pipeline.engines.progress import Meter
from pipeline.files import Output, open_file, read_bytes
from vocab.buffers import one_array

FOLDER = "work/fetched"


@dataclass(frozen=True)
class Fetching:
    """Parameters of the fetch pass."""

    output: Output
    settings: Fetch
    agent: str
    limits: dict[str, HostLimit]
    tasks: int  # files of rows
    shards: int
    retry: frozenset[str]  # statuses that are asked for again
    turn: int  # 0 for the first fetch, and one more for each finished retry
    meter: Meter


@dataclass(frozen=True)
class Names:
    """The files of a shard."""

    shard: int
    shards: int
    turn: int

    @property
    def images(self) -> str:
        """The tar."""
        return f"images-{self.shard:05d}-of-{self.shards:05d}.tar"

    @property
    def status(self) -> str:
        """The table of statuses."""
        return f"status/{self.shard:05d}-of-{self.shards:05d}.parquet"

    @property
    def note(self) -> str:
        """The completion marker, with counts."""
        return f"{FOLDER}/{self.shard:05d}.json"

    @property
    def parts(self) -> str:
        """The folder of checkpoints."""
        return f"{FOLDER}/{self.shard:05d}-{self.turn}"


def fetch_shard(shard: int, job: Fetching) -> str:
    """Fetches a shard and writes its files, then its completion marker; returns the marker's name."""
    names = Names(shard, job.shards, job.turn)
    if turn_of(job.output, names.note) < job.turn:
        rows = ShardRows.of(job, names)
        asked = _ask(rows, job, names)
        with Parts(job.output, names.parts) as parts:
            note = _write(rows, parts, job, names) | {"asked": asked}
        job.output.write_bytes(names.note, json.dumps(note).encode())
    job.output.remove(job.output.path(names.parts))
    return names.note


def turn_of(output: Output, note: str) -> int:
    """The turn that a completion marker is of; -1 if there is none."""
    return int(json.loads(read_bytes(output.path(note)))["turn"]) if output.has(note) else -1


@dataclass(frozen=True)
class ShardRows:
    """The rows of a shard, its distinct URLs, and what an earlier turn found."""

    table: pa.Table  # key, source, URL, text, passthrough columns
    urls: list[str]  # distinct
    which: np.ndarray  # the number of each row's URL, int64 (rows,)
    before: list[Answer] | None  # of each URL; None in the first turn

    @classmethod
    def of(cls, job: Fetching, names: Names) -> ShardRows:
        """Reads the rows of a shard: of the input, or of an earlier turn."""
        if not job.turn:
            table, before = rows_of_shard(job.output, job.tasks, names.shard, job.shards), None
        else:
            with open_file(job.output.path(names.status)) as file:
                before = pq.read_table(file, use_threads=False)
            table = before.drop_columns(list(GIVEN))
        urls, which = distinct_urls(one_array(table["url"]))
        first = np.unique(which, return_index=True)[1]
        answers = None if before is None else [_answer(row) for row in before.take(pa.array(first)).to_pylist()]
        return cls(table, urls, which, answers)

    def wanted(self, retry: frozenset[str]) -> list[int]:
        """The URLs to ask for, by number."""
        return [i for i in range(len(self.urls)) if self.before is None or self.before[i].status in retry]


def distinct_urls(column: pa.StringArray) -> tuple[list[str], np.ndarray]:
    """The distinct URLs of a column, and the number of each row's, int64 (rows,): spellings of one URL are one."""
    coded = column.fill_null("").dictionary_encode()
    places = [(url, place_of(url)) for url in coded.dictionary.to_pylist()]
    asked = pa.array([place.url if place else url for url, place in places], pa.string()).dictionary_encode()
    numbers = asked.indices.to_numpy().astype(np.int64)
    return asked.dictionary.to_pylist(), numbers[coded.indices.to_numpy()]


def _answer(row: dict[str, Any]) -> Answer:
    return Answer(row["status"], row["http_code"], row["final_url"], row["tries"], row["bytes"], row["sha256"])


def _ask(rows: ShardRows, job: Fetching, names: Names) -> int:
    """Asks for every URL that no part has an answer for; returns their number."""
    from crawl.fetching.loop import fetch

    with Parts(job.output, names.parts) as parts:
        missing = [number for number in rows.wanted(job.retry) if number not in parts]
    done = len(rows.urls) - len(missing)
    job.meter.add(done, done)
    with PartWriter(job.output, names.parts) as writer:
        counted = 0

        def take(index: int, answer: Answer, body: bytes | None) -> None:
            nonlocal counted
            writer.add(missing[index], answer, body)
            counted += 1

        def tick() -> None:
            nonlocal counted
            job.meter.add(counted, counted)
            counted = 0
            writer.tick()

        fetch([rows.urls[number] for number in missing], job.settings, job.agent, take, tick, job.limits)
        job.meter.add(counted, counted)
    return len(missing)


def _write(rows: ShardRows, parts: Parts, job: Fetching, names: Names) -> dict[str, Any]:
    """Writes images, then statuses; returns what the completion marker holds."""
    before = rows.before or [Answer("")] * len(rows.urls)
    answers = [parts.answer(i) if i in parts else before[i] for i in range(len(rows.urls))]
    gained = not job.turn or any(i in parts and answers[i].status == "ok" for i in range(len(answers)))
    images = _write_images(rows, answers, parts, job, names) if gained else _known_images(job.output, names)
    table = _with_answers(rows, answers)
    content = _as_parquet(table)
    job.output.write_bytes(names.status, content)
    digest = hashlib.sha256(content).hexdigest()
    return {"turn": job.turn, **images, "status_sha256": digest, **summary(rows.urls, rows.which, answers)}


def _write_images(rows: ShardRows, answers: list[Answer], parts: Parts, job: Fetching, names: Names) -> dict[str, Any]:
    with job.output.write(names.images) as file:
        if not job.turn:
            digest, count = write_tar(file, _samples(rows, answers, parts, None, names))
        else:
            with open_file(job.output.path(names.images)) as old:
                digest, count = write_tar(file, _samples(rows, answers, parts, OldImages(old), names))
    return {"images": count, "tar_sha256": digest}


def _known_images(output: Output, names: Names) -> dict[str, Any]:
    note = json.loads(read_bytes(output.path(names.note)))
    return {name: note[name] for name in ("images", "tar_sha256")}


def _samples(
    rows: ShardRows, answers: list[Answer], parts: Parts, old: OldImages | None, names: Names
) -> Iterator[Sample]:
    """The rows that have an image, in order."""
    number = 0
    for batch in rows.table.to_batches(max_chunksize=1_000):
        for fields in batch.to_pylist():
            url, name = int(rows.which[number]), f"{names.shard:05d}{number:07d}"
            number += 1
            answer = answers[url]
            if answer.status != "ok":
                continue
            if url in parts:
                suffix, image = answer.suffix or "", parts.body(url)
            else:
                assert old is not None, "an image of an earlier turn"
                suffix, image = old.image(name)
            text = fields.pop("text")
            del fields["source"]  # the tar is the source
            yield Sample(name, suffix, image, text, fields | {"sha256": answer.sha256})


def _with_answers(rows: ShardRows, answers: list[Answer]) -> pa.Table:
    """The rows with the columns of their answers."""
    columns = {
        "status": pa.array([answer.status for answer in answers], pa.string()),
        "http_code": pa.array([answer.http_code for answer in answers], pa.int32()),
        "final_url": pa.array([answer.final_url for answer in answers], pa.string()),
        "bytes": pa.array([answer.size for answer in answers], pa.int64()),
        "sha256": pa.array([answer.sha256 for answer in answers], pa.string()),
        "tries": pa.array([answer.tries for answer in answers], pa.int32()),
    }
    which, table = pa.array(rows.which), rows.table
    for name in GIVEN:
        table = table.append_column(name, columns[name].take(which))
    return table


def _as_parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd", write_statistics=False, store_schema=False)
    return file.getvalue()
