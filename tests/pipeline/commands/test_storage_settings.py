"""Every command that reads or writes storage takes the settings of requests to it."""

from __future__ import annotations

import pytest

from pipeline.commands.command import prepare
from pipeline.console import TOOLS
from pipeline.remote import Storage, in_force

COMMANDS = {  # arguments of each command, but its tool
    "pipeline": ["--input=x.csv", "--output=out", "--workers=1"],
    "pipeline fetch": ["run", "--output=store", "--workers=1"],
    "pipeline report": ["run"],
    "pipeline subset": ["run", "--output=out", "--workers=1"],
    "pipeline export": ["run", "--format=parquet", "--output=out", "--workers=1"],
    "pipeline diff": ["run1", "run2"],
    "vocab": ["--corpus=run", "--output=out", "--workers=1"],
    "dedup index": ["--images=photos", "--output=x.idx", "--workers=1"],
    "dedup match": ["--index=x.idx", "--images=photos", "--workers=1"],
    "dedup groups": ["run", "--output=groups.parquet", "--workers=1"],
    "train fit": ["--corpus=run", "--config=toy", "--output=out"],
    "train evaluate": ["--corpus=run", "--model=model"],
    "train transfer": ["--model=model", "--config=toy", "--images=photos", "--output=out"],
    "train embed": ["--images=photos", "--model=model", "--output=index"],
    "train search": ["--index=index", "--model=model", "--text=a kite"],
}
WITHOUT = {"pipeline settings", "sample"}  # they read and write no storage but the disk


def test_no_command_is_forgotten() -> None:
    every = {f"{tool} {name}".strip() for tool, tools in TOOLS.items() for name in tools.commands()}
    assert every == COMMANDS.keys() | WITHOUT


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_them(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    tool, *command = name.split()
    given = [*command, *COMMANDS[name]]
    for words, wanted in (
        (["--storage.requests=3", "--storage.timeout=0.5"], Storage(3, 0.5)),
        ([], Storage()),
    ):
        _, options = TOOLS[tool].parse([*given, *words])
        prepare(options)
        assert in_force() == wanted
    for wrong in ("requests=0", "timeout=4000", "retries=-1"):
        with pytest.raises(SystemExit) as ended:
            TOOLS[tool].parse([*given, f"--storage.{wrong}"])
        said = capsys.readouterr().err.splitlines()
        assert ended.value.code == 2 and f"storage.{wrong.replace('=', ': ')} is not from " in said[-1]
