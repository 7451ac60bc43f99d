"""The output of a transfer: whose it is, and the result."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.commands.train.transfer.options import Options
from pipeline.files import Output, read_bytes
from pipeline.storage.overwriting import make_room
from train.run import OtherTraining
from train.trained import Trained

IDENTITY, RESULT = "run.json", "transfer.json"  # the result is written last


def claim(output: Output, facts: Mapping[str, Any], ours: Sequence[str], overwrite: bool) -> None:
    """Makes an output that of the transfer that `facts` are of; `overwrite` removes another, the names in `ours`.

    Raises OtherTraining.
    """
    facts = json.loads(json.dumps(facts))  # as it is read again
    make_room(output, (RESULT, *ours, IDENTITY), overwrite)
    if output.has(IDENTITY):
        _check(output.root, json.loads(read_bytes(output.path(IDENTITY))), facts)
    elif output.has("checkpoints"):
        raise OtherTraining(f"{output.root} holds a model that no transfer made; --overwrite replaces it")
    else:
        write_json(output, IDENTITY, facts)


def facts_of_run(options: Options, trained: Trained) -> dict[str, Any]:
    """Returns what identifies a transfer, besides its images and the settings of its task."""
    return {
        "task": options.config.transfer.task,
        "name": options.config.name,
        "model": trained.weights[:16],
        "seed": trained.settings.seed,
        "precision": trained.settings.precision,
    }


def write_json(output: Output, name: str, content: Mapping[str, Any]) -> None:
    """Writes a small file of facts."""
    output.write_bytes(name, f"{json.dumps(content, indent=1)}\n".encode())


def _check(root: str, held: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    found = _differences({"task": held.get("task")}, {"task": facts["task"]}) or _differences(held, facts)
    if found:
        raise OtherTraining(f"{root} holds another transfer: {'; '.join(found)}; --overwrite replaces it")


def _differences(held: Any, facts: Any, path: str = "") -> list[str]:
    """Formats the differences."""
    if isinstance(held, Mapping) and isinstance(facts, Mapping):
        parts = [(f"{path}.{name}" if path else name, name) for name in {**held, **facts}]
        return [line for place, name in parts for line in _differences(held.get(name), facts.get(name), place)]
    return [f"{path} is {_shown(held)} there, {_shown(facts)} here"] if held != facts else []


def _shown(value: Any) -> Any:
    return "none" if value is None else "one" if isinstance(value, Mapping) else value
