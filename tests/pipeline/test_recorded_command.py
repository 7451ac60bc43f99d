"""The command that a page shows: as typed, and for a Python call one that does the same."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.corpus.options import CORPUS, parse
from pipeline.config import Options, load_config
from pipeline.files import Output
from pipeline.outputs.command import COMMAND, equivalent, read_command, typed
from tests.support.report_runs import Page
from tests.support.two_runs import QUIET, call, corpus

RULE = '''
from dataclasses import dataclass
@dataclass(frozen=True)
class Low:
    """Drops a low one."""
    reason = "low"
    needs = ("words",)
    least: int = 1
    enabled: bool = True
    def drops(self, signals):
        return [False] * len(signals["words"])
'''


@pytest.mark.parametrize("arguments", [["a b", "$x", "it's"], ["--name=ü", "", "*"], ["a\nb", "\udcff"]])
def test_a_shell_reads_the_command_as_it_was_typed(arguments: list[str]) -> None:
    assert shlex.split(typed("align-corpus pipeline", arguments)) == ["align-corpus", "pipeline", *arguments]


def test_the_command_line_is_kept_in_the_options() -> None:
    arguments = ["--input=a b.csv", "--output", "out", "--runner=DirectRunner", "--filters.porn.enabled=false"]
    options = CORPUS.parse(arguments, "align-corpus pipeline")
    assert shlex.split(options.command) == ["align-corpus", "pipeline", *arguments]


@pytest.mark.parametrize(
    "settings",
    [
        [],
        [("filters.short_side.min_pixels", "64"), ("name", "it's mine"), ("input.limit", "3")],
        [("input.delimiter", ","), ("input.columns.text", "2"), ("input.quoting", "false")],
        [("filters.aspect_ratio.max_ratio", "2.5"), ("filters.porn.enabled", "false"), ("measure", "all")],
        [("fetch.hosts", "3")],
    ],
)
@pytest.mark.parametrize(
    "others",
    [
        {},
        {"inputs": ("a b/*.csv", "c.tar"), "eval_images": ("coco", "x.idx"), "counts": "run 1"},
        {"beam": ("--runner=DirectRunner", "--job_name=x y"), "output": "gs://bucket/it's"},
    ],
)
def test_a_call_has_a_command_with_the_same_options(settings: Any, others: dict[str, Any]) -> None:
    usual = {
        "inputs": ("a.csv",),
        "output": "out",
        "eval_images": (),
        "workers": parse(["--input=a", "--output=b"]).workers,
    }
    options = Options(config=load_config("", settings), overwrite=False, **usual | {"beam": ()} | others)
    words = shlex.split(equivalent(options))
    assert words[:3] == ["python", "-m", "pipeline"]
    found = parse(words[3:])
    if settings[:1] != [("fetch.hosts", "3")]:  # which changes nothing of a corpus
        assert found == options
    else:
        assert "fetch" not in equivalent(options)


def test_own_rules_and_their_settings_are_in_it(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RULE)
    typed_in = ["--input=a", "--output=b", f"--rules={tmp_path / 'mine.py'}", "--filters.low.least=4"]
    options = parse(typed_in)
    assert parse(shlex.split(equivalent(options))[3:]) == options


@pytest.mark.slow
def test_a_run_and_its_subset_record_their_commands(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,url\n" + "".join(f"a red kite {row},http://x/{row}\n" for row in range(9)))
    run = corpus(tmp_path / "in.csv", tmp_path / "a run", "--limit=5")
    words = ["python", "-m", "pipeline", f"--input={tmp_path / 'in.csv'}", f"--output={run}", *QUIET, "--limit=5"]
    assert shlex.split(read_command(Output(str(run)))) == words
    page = Page((run / "report.html").read_text()).words
    assert f"'--output={run}'" in page and "Only the first 5 pairs" in page and "a run corpus" in page
    manifest = (run / "manifest.json").read_text()
    assert "--output" not in manifest and "storage" not in json.loads(manifest)["config"]
    assert json.loads(manifest)["config"]["input"]["limit"] == 5
    (run / COMMAND).unlink()
    assert call("report", run) == 0 and "Command" not in (run / "report.html").read_text()
    assert call("subset", run, "--size=2", f"--output={tmp_path / 'part'}", "--workers=1") == 0
    part = Page((tmp_path / "part" / "report.html").read_text()).words
    assert f"subset '{run}' --size=2" in part and "2 of its pairs" in part and "Report of a subset" in part
