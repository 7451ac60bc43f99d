"""The command that made an output, for its page: as typed, or the one that does what a Python call did."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Iterator, Sequence

from pipeline.config import Options
from pipeline.files import Output, read_bytes
from pipeline.outputs.changed import from_defaults

COMMAND = "work/command.json"  # not in the manifest, which is the same in every place


def typed(invocation: str, arguments: Sequence[str]) -> str:
    """The command as a shell takes it."""
    return f"{invocation} {shlex.join(arguments)}"


def write_command(output: Output, command: str) -> None:
    """Records the command that works on an output; the last one, where several did."""
    output.write_bytes(COMMAND, json.dumps({"command": command}).encode())


def read_command(output: Output) -> str:
    """The recorded command; empty for a run of an older version."""
    return str(json.loads(read_bytes(output.path(COMMAND)))["command"]) if output.has(COMMAND) else ""


def equivalent(options: Options) -> str:
    """The command that does what a call of `pipeline.make_corpus` with these options does."""
    return typed("python -m pipeline", list(_arguments(options)))


def _arguments(options: Options) -> Iterator[str]:
    yield f"--input={','.join(options.inputs)}"
    if options.eval_images:
        yield f"--eval_images={','.join(options.eval_images)}"
    if options.counts:
        yield f"--counts={options.counts}"
    if options.reuse:
        yield f"--reuse={options.reuse}"
    if options.keep_work:
        yield "--keep_work"
    if files := options.config.filters.files:
        yield f"--rules={','.join(file.path for file in files)}"
    yield from (f"--{setting.path}={setting.value}" for setting in from_defaults(dataclasses.asdict(options.config)))
    yield from options.beam
    yield f"--output={options.output}"
