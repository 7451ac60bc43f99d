"""Every command in the tables of docs/inputs.md reads its inputs, and every input format has a command there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.commands.corpus.options import parse
from pipeline.config import Options
from pipeline.inputs import BadFile, InputError, find_sources, open_source
from pipeline.inputs.sources import EXTENSIONS, NAMED, extension
from pipeline.inputs.unused import check_columns
from tests.support.command import ROOT, run_corpus
from tests.support.every_format import write_every_format
from tests.support.img2dataset_layouts import WRITERS
from tests.support.inputs import read, whole

PAGE = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8")
PART = PAGE.partition("\n## Commands\n")[2].partition("\n## ")[0]
PIPELINE = "python -m pipeline "
COMMANDS = [command for command in re.findall(r"`([^`]+)` \|$", PART, re.M) if PIPELINE in command]
DIRECT = [command for command in COMMANDS if command.startswith(PIPELINE)]
CONVERTED = [tuple(command.split(" && ")) for command in COMMANDS if command not in DIRECT]
PAIRS = 2  # in each input


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats")
    write_every_format(folder)
    return folder


@pytest.fixture(autouse=True)
def inside(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


def options_of(command: str) -> Options:
    return parse(shlex.split(command.removeprefix(PIPELINE)))


def pairs_of(command: str) -> pa.Table:
    """The texts and images that pass 1 reads of the inputs."""
    options = options_of(command)
    sources = find_sources(options.inputs)
    check_columns(sources, options.config.input.columns)
    tables = [whole(open_source(source, options.config.input)) for source in sources]
    return pa.concat_tables([table.select(["text", "image", "url", "key"]) for table in tables])


def without_gz(kinds: set[str]) -> set[str]:
    return {kind.removesuffix(".gz") for kind in kinds}


def check(command: str) -> None:
    found = pairs_of(command)
    assert len(found) == PAIRS * len(options_of(command).inputs) and found["text"].null_count == 0
    assert found["image"].null_count == 0 or found["url"].null_count == 0


def test_every_row_of_the_tables_has_a_command() -> None:
    assert len(COMMANDS) == len(re.findall(r"^\| (?!---)", PART, re.M)) - len(re.findall(r"^\|---", PART, re.M))


def test_every_format_has_a_command() -> None:
    inputs = [path for command in DIRECT for path in options_of(command).inputs]
    sources = [source.path for source in find_sources(inputs)]
    kinds = {extension(path) or os.path.splitext(path)[1] for path in sources}
    assert without_gz(kinds) == without_gz({*EXTENSIONS, *NAMED})
    assert {f"downloaded_{kind}" for kind in WRITERS} <= set(inputs)


@pytest.mark.parametrize("command", DIRECT)
def test_a_command_reads_its_pairs(command: str) -> None:
    check(command)


@pytest.mark.slow(seconds=10)
@pytest.mark.parametrize(("first", "second"), CONVERTED)
def test_a_refused_file_is_read_after_the_command_of_the_message(first: str, second: str) -> None:
    if not shutil.which(first.split()[0]):
        pytest.skip(f"no {first.split()[0]} on this machine")
    refused = next(word for word in shlex.split(first) if Path(word).is_file())
    with pytest.raises((BadFile, InputError), match=re.escape(first)):
        read(refused)
    subprocess.run(["sh", "-c", first], check=True)
    check(second)


@pytest.mark.slow(seconds=10)
def test_commands_without_options_run_to_the_end(tmp_path: Path) -> None:
    """Joins their inputs in one run, as the fixed costs of a run are most of its time."""
    plain = [options for options in map(options_of, DIRECT) if options.config == options_of(DIRECT[0]).config]
    inputs = {path for options in plain for path in options.inputs}
    paths = [os.path.abspath(path) for path in sorted(inputs)]
    done = run_corpus(tmp_path / "out", ",".join(paths), "--workers=1", "--filters.porn.enabled=false")
    assert done.process.returncode == 0, done.process.stderr
    assert len(inputs) > 10 and done.json("funnel.json")["raw"] == PAIRS * len(inputs)
