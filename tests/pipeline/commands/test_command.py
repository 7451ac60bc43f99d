"""The end of every command after an unexpected error: one line, the traceback in a file, an exit code."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.commands import program as command
from pipeline.commands.corpus.cli import PIPELINE
from pipeline.commands.dedup.cli import DEDUP
from pipeline.commands.outlook import FAILS_AGAIN
from pipeline.commands.program import GOES_ON, STARTS_AGAIN, Program
from pipeline.commands.train.cli import TRAIN
from pipeline.commands.vocab.cli import VOCAB
from tests.support.command import ROOT, run
from vocab import private


class Unforeseen(RuntimeError):
    """An error that no command expects."""


def breaks(*_: object, **__: object) -> None:
    raise Unforeseen("of its \x1b[1m own\nand a second line")


@pytest.fixture(autouse=True)
def temporary(machine: Path) -> Path:
    """The machine's temporary folder."""
    return machine


def kept(said: str) -> Path:
    """The file that the last line names."""
    found = re.search(r" \(traceback: (.*)\)$", said.splitlines()[-1])
    assert found is not None, said
    return Path(found[1])


def corpus(output: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("pipeline.run.run", breaks)
    return PIPELINE.call(["--input=x", f"--output={output}", "--workers=1"])


def subset(output: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("pipeline.commands.subset.run.make_subset", breaks)
    return PIPELINE.call(["subset", "corpus", f"--output={output}", "--workers=1"])


def vocab(output: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("pipeline.commands.vocab.build.build", breaks)
    return VOCAB.call(["--input=x", f"--output={output}", "--workers=1"])


def duplicates(name: str, *arguments: str) -> Callable[[Path, pytest.MonkeyPatch], int]:
    def act(output: Path, monkeypatch: pytest.MonkeyPatch) -> int:
        monkeypatch.setattr(f"pipeline.commands.dedup.run.{name}", breaks)
        return DEDUP.call([name, *arguments, f"--output={output}", "--workers=1"])

    return act


def train(name: str, *arguments: str) -> Callable[[Path, pytest.MonkeyPatch], int]:
    """Without TensorFlow, which `train.run` imports."""

    def act(output: Path, monkeypatch: pytest.MonkeyPatch) -> int:
        for module, values in ((f"pipeline.commands.train.{name}.run", {"run": breaks}), ("train.run", dict(ERRORS))):
            monkeypatch.setitem(sys.modules, module, SimpleNamespace(**values))
        monkeypatch.setattr("pipeline.commands.train.options.load_tensorflow", lambda _: None)
        monkeypatch.setattr(
            f"pipeline.commands.train.{name}.options.writing_folder", lambda *_: nullcontext(), raising=False
        )
        return TRAIN.call([name, *arguments, f"--output={output}"])

    return act


ERRORS = {name: type(name, (Exception,), {}) for name in ("NoRecords", "OtherTraining")}
COMMANDS = {
    "pipeline": (corpus, True, GOES_ON),
    "pipeline subset": (subset, True, GOES_ON),
    "vocab": (vocab, True, STARTS_AGAIN),
    "dedup index": (duplicates("index", "--images=x"), False, STARTS_AGAIN),
    "dedup match": (duplicates("match", "--images=x", "--index=x"), False, STARTS_AGAIN),
    "dedup groups": (duplicates("groups", "x"), False, STARTS_AGAIN),
    "train fit": (train("fit", "--config=toy", "--corpus=x"), True, GOES_ON),
    "train transfer": (train("transfer", "--model=x", "--config=toy", "--images=x"), True, GOES_ON),
    "train embed": (train("embed", "--model=x", "--images=x"), True, GOES_ON),
    "train evaluate": (train("evaluate", "--model=x", "--corpus=x"), False, STARTS_AGAIN),
    "train search": (train("search", "--model=x", "--index=x", "--text=x"), False, STARTS_AGAIN),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_keeps_the_traceback_in_the_file_that_its_line_names(
    name: str, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    act, has_folder, go_on = COMMANDS[name]
    assert act(tmp_path / "out", monkeypatch) == 1
    said = capsys.readouterr().err
    line = rf"{name.split()[0]}: Unforeseen: of its \\x1b\[1m own; {go_on} \(traceback: .*\)\n"
    assert re.fullmatch(line, said)
    assert kept(said).is_relative_to((tmp_path / "out" / "work") if has_folder else private.private_folder("errors"))
    content = kept(said).read_text()
    assert "in breaks\n" in content and r"of its \x1b[1m own" in content and "\x1b" not in content


def test_errors_of_several_commands_are_kept_apart() -> None:
    paths = [command.keep(Unforeseen(str(number)), "dedup", None) for number in range(2)]
    assert [Path(path).read_text().splitlines()[-1].rpartition(" ")[2] for path in paths] == ["0", "1"]


def test_a_traceback_that_the_output_does_not_take_is_kept_elsewhere(tmp_path: Path) -> None:
    """And why it is there."""
    (tmp_path / "out").write_text("a file where the folder would be")
    content = Path(command.keep(Unforeseen("first"), "vocab", str(tmp_path / "out"))).read_text()
    assert "Unforeseen: first" in content and "It is not in the output: " in content


@pytest.mark.parametrize(("error", "lines"), [(Unforeseen("first"), 2), (OSError(28, "No space left on device"), 1)])
def test_no_disk_at_all_leaves_the_terminal(
    error: Exception, lines: int, temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """But for an error that says by itself what is wrong with the disk."""
    temporary.rmdir()
    assert Program("dedup").failed(error) == 1
    said = capsys.readouterr().err.splitlines()
    assert "traceback" not in said[-1] and said[-1].startswith("dedup: ")
    assert len(said) >= lines and (lines == 1) == (len(said) == 1)


@pytest.mark.slow
def test_an_error_outside_of_a_command_is_one_line_too(tmp_path: Path, temporary: Path) -> None:
    """A finished run whose funnel is damaged: `report` expects it whole."""
    (tmp_path / "manifest.json").write_text("{")
    (tmp_path / "funnel.json").write_text("{")
    done = run("pipeline", "report", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"; {FAILS_AGAIN} (traceback: " in done.stderr and "Traceback" in kept(done.stderr).read_text()
    assert [name for name in os.listdir(temporary) if "-run-" in name] == []


PLAIN = """
def act(arguments, folder):
    os.kill(os.getpid(), int(arguments[0]))
    return 7
"""


def signalled_words(act: str) -> list[str]:
    program = f"import os, signal, sys\nfrom pipeline.commands.program import Program\n{act}"
    return [sys.executable, "-c", program + 'Program("vocab", "go on").main(act, sys.argv[1:])']


def signalled(number: int, folder: Path, *before: str, act: str = PLAIN) -> subprocess.CompletedProcess[str]:
    """A command that gets a signal in the midst of its work, `act`."""
    words = [*before, *signalled_words(act), str(int(number))]
    environment = os.environ | {"TMPDIR": str(folder)}
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "says"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated (SIGTERM)"),
        (signal.SIGHUP, 129, "hung up (SIGHUP)"),
    ],
)
def test_a_signal_ends_a_command_with_a_code_and_a_line(number: int, code: int, says: str, temporary: Path) -> None:
    done = signalled(number, temporary)
    assert (done.returncode, done.stderr) == (code, f"\nvocab: {says}; go on\n")
    assert os.listdir(temporary) == []


BEAM = """
def act(arguments, folder):
    ours = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, lambda *given: (print("engine stopped", flush=True), ours(*given)))
    os.kill(os.getpid(), int(arguments[0]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_engine_that_beam_has_started_is_stopped_first(number: int, code: int, temporary: Path) -> None:
    """By its own handler of SIGINT, which it puts over ours, and which calls ours."""
    done = signalled(number, temporary, act=BEAM)
    assert (done.returncode, done.stdout) == (code, "engine stopped\n")
    assert done.stderr.endswith("; go on\n") and done.stderr.count("go on") == 1


@pytest.mark.slow
def test_a_terminal_that_is_gone_changes_no_code(temporary: Path) -> None:
    """A session that ends takes its terminal along, and then sends SIGHUP."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as gone:
        words = [*signalled_words(PLAIN), str(int(signal.SIGHUP))]
        done = subprocess.run(words, cwd=ROOT, env=os.environ | {"TMPDIR": str(temporary)}, stdout=gone, stderr=gone)
    assert done.returncode == 129 and os.listdir(temporary) == []


@pytest.mark.slow
def test_nohup_is_respected(temporary: Path) -> None:
    assert signalled(signal.SIGHUP, temporary, "nohup").returncode == 7


class Full(io.StringIO):
    """A file on a full disk."""

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("stream", "codes"), [(Full(), [1, 2]), (io.StringIO(), [0, 2]), (None, [0, 2])])
def test_what_nobody_can_read_any_more_is_a_failure(
    stream: io.StringIO | None, codes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result that a full disk, or a pipe without a reader, did not take; a closed stdout is as the user wants it."""
    ended = list[int]()
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(sys, "stdout", stream)
    for code in (0, 2):
        command._end(code)
    assert ended == codes


def test_a_vocabulary_does_not_replace_the_report_of_a_corpus(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "funnel.json").write_text("{}")
    (tmp_path / "report.html").write_text("of the corpus")
    assert VOCAB.call(["--input=x", f"--output={tmp_path}", "--workers=1"]) == 2
    assert capsys.readouterr().err.startswith(f"vocab: output: {tmp_path} holds a corpus")
    assert (tmp_path / "report.html").read_text() == "of the corpus" and not (tmp_path / "work").exists()
