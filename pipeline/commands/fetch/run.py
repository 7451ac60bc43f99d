"""The whole fetch: rows by host, what lies ahead, the images, the account."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import apache_beam as beam

from crawl.fetching.hosts import HostLimit, read_hosts
from crawl.fetching.settings import Fetch, user_agent
from pipeline import __version__
from pipeline.commands.fetch.account import finish
from pipeline.commands.fetch.claim import ASKED, claim, next_turn, turn_is_over
from pipeline.commands.fetch.options import Options
from pipeline.commands.fetch.outlook import FOLDER as OUTLOOK
from pipeline.commands.fetch.outlook import lines, longest_first, look_ahead, read_outlooks
from pipeline.commands.fetch.rows import FOLDER as ROWS
from pipeline.commands.fetch.rows import RowTask, row_count, shards_for, write_rows
from pipeline.commands.fetch.shard import FOLDER as FETCHED
from pipeline.commands.fetch.shard import Fetching, Names, fetch_shard, turn_of
from pipeline.commands.fetch.sources import row_tasks
from pipeline.engines.choice import make_engine
from pipeline.engines.created import spread
from pipeline.engines.dataflow import check_options, job_options
from pipeline.engines.engine import Engine
from pipeline.files import TEMPORARY, Output, read_bytes
from pipeline.identity import FUNNEL, RUN
from pipeline.inputs import InputError, check_output
from pipeline.printable import tell
from pipeline.settings import ConfigError
from pipeline.storage.lock import locked
from pipeline.storage.markers import forget_lost, read_json_files
from pipeline.yaml_text import read_text


def run_fetch(options: Options, folder: str) -> dict[str, Any]:
    """Fetches what `options` describe, or resumes a killed fetch; returns the content of its funnel.json.

    `folder` is a local one for temporary files. Raises InputError, OtherRun, BadInputs, Held.
    """
    check_options(options.run)
    check_output(options.output, options.run.inputs)
    limits = read_limits(options.run.config.fetch.hosts)
    with locked(options.output):
        output = Output(options.output)
        this, tasks = row_tasks(options.run)
        if not claim(output, this, options.run.overwrite, options.retry):
            output.sweep()
            with make_engine(options.workers, os.path.join(folder, "workers.log"), options.beam) as engine:
                engine.check(output.path(RUN))
                passes = Passes(output, options, limits, folder, engine)
                passes.fetch(next_turn(output), tasks)
                finish(output, options.run.config, this, passes.seconds)
            parts = [name for name in output.names(FETCHED) if not name.endswith(".json")]
            for name in (ROWS, OUTLOOK, TEMPORARY, *parts):
                output.remove(output.path(name))
            turn_is_over(output)
        funnel: dict[str, Any] = json.loads(read_bytes(output.path(FUNNEL)))
        return funnel


def read_limits(path: str) -> dict[str, HostLimit]:
    """The limits in a table of hosts; none without one. Raises InputError."""
    if not path:
        return {}
    try:
        text = read_text("fetch.hosts", path)
    except ConfigError as error:
        raise InputError(str(error)) from error
    try:
        return read_hosts(text)
    except ValueError as error:
        raise InputError(f"fetch.hosts: {path}: {error}") from error


SHARDS = "work/shards.json"  # numbers of row files and of shards


@dataclass
class Passes:
    """The passes of a fetch, each a Beam pipeline; a killed one resumes."""

    output: Output
    options: Options
    limits: dict[str, HostLimit]
    folder: str
    engine: Engine
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def settings(self) -> Fetch:
        """The section fetch."""
        return self.options.run.config.fetch

    def fetch(self, turn: int, tasks: list[RowTask]) -> None:
        """Fetches in the first turn what the input names, and later what an earlier turn did not get."""
        if self._is_fetched(turn):
            return
        files, shards = self.read(tasks) if not turn else (0, self._shards()[1])
        order = self.look_ahead(files, shards) if not turn else self._largest_first(shards)
        if not turn:
            self.output.write_bytes(ASKED, self._outside.encode())
        self._check_contact(read_bytes(self.output.path(ASKED)).decode())
        with self._pass("fetch", "URLs", self._urls(turn)) as (root, meter):
            job = Fetching(
                self.output, self.settings, self._agent, self.limits, files, shards, self.options.retry, turn, meter
            )
            self._each(root, order, fetch_shard, job)

    def _largest_first(self, shards: int) -> list[int]:
        """The shards by the URLs that an earlier turn found in them."""
        paths = [self.output.path(Names(shard, shards, 0).note) for shard in range(shards)]
        urls = [note["urls"] for note in read_json_files(paths)]
        return sorted(range(shards), key=lambda shard: (-urls[shard], shard))

    def _is_fetched(self, turn: int) -> bool:
        """Returns whether every shard has a completion marker of this turn."""
        if not self.output.has(SHARDS):
            return False
        shards = self._shards()[1]
        return all(turn_of(self.output, Names(shard, shards, turn).note) >= turn for shard in range(shards))

    def _urls(self, turn: int) -> int:
        """Number of URLs of all shards."""
        if turn:
            return int(json.loads(read_bytes(self.output.path(FUNNEL)))["urls"])
        return sum(one["urls"] for one in self._ahead)

    @property
    def _agent(self) -> str:
        return user_agent(__version__, self.settings.contact)

    def read(self, tasks: list[RowTask]) -> tuple[int, int]:
        """Reads the input into files of rows, sorted by host; returns the numbers of files and of shards."""
        if not self.output.has(SHARDS):
            forget_lost(self.output, {task.note: [task.name] for task in tasks})
            with self._pass("rows", "rows", sum(task.work for task in tasks)) as (root, meter):
                self._each(root, tasks, write_rows, self.output, self.options.run.config.input, meter)
            rows = row_count(self.output, tasks)
            if not rows:
                raise InputError(f"{self.options.run.inputs[0]}: no row to fetch; of a run these are its kept pairs")
            content = {"files": len(tasks), "shards": shards_for(rows)}
            self.output.write_bytes(SHARDS, json.dumps(content).encode())
        return self._shards()

    def _shards(self) -> tuple[int, int]:
        content = json.loads(read_bytes(self.output.path(SHARDS)))
        return content["files"], content["shards"]

    def look_ahead(self, files: int, shards: int) -> list[int]:
        """Prints what to expect; returns the shards, those that take longest first. Raises InputError."""
        with self._pass("hosts", "hosts", shards) as (root, meter):
            self._each(root, range(shards), look_ahead, self.output, files, shards, self.settings, self.limits, meter)
        self._ahead = read_outlooks(self.output, shards)
        self._outside = min((one["outside"] for one in self._ahead if one["outside"]), default="")
        self._check_contact(self._outside)
        tell(*lines(self._ahead))
        return longest_first(self._ahead)

    def _check_contact(self, outside: str) -> None:
        """Raises InputError without a contact where the host `outside` is not of this machine."""
        if outside and not self.settings.contact:
            raise InputError(
                f"fetch.contact: empty; hosts such as {outside} need a URL or an address of whoever asks: "
                "--fetch.contact=https://example.org/our-crawl"
            )

    def _each(self, root: beam.Pipeline, items: Any, do: Callable[..., Any], *more: Any) -> None:
        spread(root, "Items", list(items)) | "Do" >> beam.Map(do, *more)

    @contextmanager
    def _pass(self, name: str, unit: str, work: int) -> Iterator[tuple[beam.Pipeline, Any]]:
        """Executes the pipeline that the block wires, with a progress bar, and records its seconds."""
        begin = time.monotonic()
        meter = replace(self.engine.meter(self.folder), unit=unit)
        with meter.shown(name, work):
            pipeline = self.engine.pipeline(job_options(self.options.beam, self.options.run.config.name, name))
            yield pipeline, meter
            self.engine.execute(pipeline)
        self.seconds[name] = round(time.monotonic() - begin, 3)
