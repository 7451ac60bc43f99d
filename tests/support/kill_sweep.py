"""Kills commands before and after their changes of files, or lets these fail; what they leave must be the same bytes.

    python -m tests.support.kill_sweep corpus,urls --kills=300 --faults=100 --workers=1

Each attempt is a fork of this process, which has imported everything, and runs under tests/fault.c. After a kill the
command is started again, and killed again, until it ends. Exits with 1 where anything was wrong.
"""

from __future__ import annotations

import argparse
import errno
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.faults import LAYOUT, Orders, compiled
from tests.support.kill_cases import CASES, Case, prepare, state

ROOT = Path(__file__).resolve().parents[2]
ERRORS = (errno.ENOSPC, errno.EIO, errno.EMFILE, errno.EINTR)
LONGEST = 1500  # seconds of an attempt, which hangs then: many, as the machine may be busy
HANGS = -1000


@dataclass
class Sweep:
    """One command, run over and over in `root`, of which `root/watched` is watched."""

    case: Case
    root: Path
    orders: Orders
    random: random.Random
    workers: int
    wanted: dict[str, str] = field(default_factory=dict)
    changes: int = 0
    kills: int = 0
    faults: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def output(self) -> Path:
        return self.root / "watched" / self.case.name / "out"

    def learn(self) -> None:
        """Records the files of an undisturbed run, and the number of its file changes."""
        self._clear()
        self.orders.give()
        if self._attempt(first=True):
            raise AssertionError(f"{self.case.name}: {self._said()}")
        self.wanted, self.changes = state(self.output), self.orders.count

    def chain(self, most: int) -> None:
        """A run that is killed again and again, about `most` times at the most, until it ends."""
        self._clear()
        step, floor, first = max(self.changes // most, self.random.choice((1, 3, 10, 40, self.changes // 2))), 0, True
        for number in range(10 * self.changes):
            self.orders.give(floor + self.random.randint(1, step), after=self.random.random() < 0.5)
            code = self._attempt(first)
            first = False
            self.kinds += self.orders.kinds
            if code != -signal.SIGKILL:
                self._judge(code, f"after {number} kills")
                return
            self.kills += 1
            if not self.case.before:
                self._check_names()
            if self.case.loses and number % 3 == 2:
                self._lose()
            floor += step if number % 5 == 4 else 0  # also where the same is done again and again
        self.wrong.append(f"{self.case.name}: never ends")

    def fault(self, error: int) -> None:
        """A run in which some changes fail, and one after it."""
        self._clear()
        many = self.random.choice((1, 1, 3, 0 if error != errno.EINTR else 1))  # Python tries again after EINTR
        place = self.random.randint(1, self.changes)
        self.orders.give(place, error=error, many=many)
        code, count = self._attempt(first=True), sum(self.orders.kinds.values())
        self.faults += bool(count)
        self.kinds += self.orders.kinds
        what = f"{os.strerror(error)} at {place} of {self.changes}, {many or 'all'} from there"
        if code == 0:
            self._judge(0, what)
            return
        self._check_message(code, what)
        self.orders.give()
        self._judge(self._attempt(first=False), f"again, after {what}")

    def _clear(self) -> None:
        self.orders.give()
        shutil.rmtree(self.root / "watched", ignore_errors=True)
        (self.root / "watched" / "tmp").mkdir(parents=True)
        if self.case.before:
            shutil.copytree(self.root / self.case.before, self.output)

    def _lose(self) -> None:
        """Deletes a file, as a user may, or what cleans a disk up; not the one that says which run it is."""
        self.orders.give()
        files = sorted(path for path in self.output.rglob("*") if path.is_file())
        if files := [path for path in files if path.name not in ("run.json", "plan.json")]:
            self.random.choice(files).unlink()

    def _attempt(self, first: bool) -> int:
        """The exit code of the command, below 0 where a signal ended it."""
        sys.stdout.flush()
        child = os.fork()
        if not child:
            self._run(first)
        end = time.monotonic() + LONGEST
        while not (ended := os.waitpid(child, os.WNOHANG))[0]:
            if time.monotonic() > end:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                self._note("hangs")
                return HANGS
            time.sleep(0.005)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # workers that it left
        return os.waitstatus_to_exitcode(ended[1])

    def _run(self, first: bool) -> None:
        os.setpgid(0, 0)
        os.environ["TMPDIR"] = str(self.root / "watched" / "tmp")
        tempfile.tempdir = None
        log = os.open(self.root / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        try:
            self.case.run(self.root, self.output, self.workers, first)
        except SystemExit as end:
            os._exit(int(end.code or 0))
        except BaseException:
            traceback.print_exc()
        os._exit(99)

    def _said(self) -> str:
        return (self.root / "said.txt").read_text(errors="replace")

    def _judge(self, code: int, when: str) -> None:
        """A run that ended by itself has to leave what an undisturbed one does."""
        got = state(self.output)
        other = sorted(name for name in got.keys() | self.wanted.keys() if got.get(name) != self.wanted.get(name))
        if code or other:
            self._note(f"{when}: exit {code}, other files {other[:8]}")

    def _check_names(self) -> None:
        """Whatever a user sees under the name of a finished file is finished."""
        for name, digest in state(self.output).items():
            ours = name.startswith("work/") or Path(name).name.startswith(".")
            if not ours and digest != self.wanted.get(name) and not self.case.may_change(name):
                self._note(f"after a kill: {name} is not what it will be")

    def _check_message(self, code: int, when: str) -> None:
        said = self._said()
        if code not in (1, 2) or "Traceback" in said:
            self._note(f"{when}: exit {code}")

    def _note(self, what: str) -> None:
        self.wrong.append(f"{self.case.name}, {what}: {self._said()[-1500:]}")
        print(self.wrong[-1], flush=True)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.items() if count)
        survived = f"{self.kills} kills, {self.faults} faults ({kinds})"
        return f"{self.case.name}: {self.changes} changes, {survived}, wrong: {len(self.wrong)}"


def sweep(cases: list[str], root: Path, kills: int, faults: int, workers: int, seed: int) -> list[Sweep]:
    """So many kills and faults of each command."""
    orders, done = Orders(os.environ["FAULT_ORDERS"]), []
    orders.give()
    prepare(root, cases)
    for name in cases:
        one = Sweep(CASES[name], root, orders, random.Random(seed), workers)
        one.learn()
        while one.kills < kills and len(one.wrong) < 3:
            one.chain(max(1, kills))
            print(f"{name}: {one.kills} kills", flush=True)
        for number in range(faults if len(one.wrong) < 3 else 0):
            one.fault(ERRORS[number % len(ERRORS)])
            print(f"{name}: {one.faults} faults", flush=True)
        print(one, flush=True)
        done.append(one)
    return done


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.kill_sweep", description=__doc__)
    parser.add_argument("cases", help=f"some of {','.join(CASES)}")
    for name, default in (("kills", 300), ("faults", 100), ("workers", 1), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--root", type=Path)
    options = parser.parse_args()
    if "FAULT_ORDERS" not in os.environ:
        return again(options.root)
    settings = (options.kills, options.faults, options.workers, options.seed)
    found = sweep(options.cases.split(","), Path(os.environ["FAULT_PATH"]).parent, *settings)
    return int(any(one.wrong for one in found))


def again(root: Path | None) -> int:
    """Starts this command again, in a folder of its own, with the library loaded."""
    with tempfile.TemporaryDirectory() as folder:
        place = (root or Path(folder)).resolve()
        place.mkdir(parents=True, exist_ok=True)
        library = compiled(place)
        if library is None:
            raise SystemExit("no C compiler: cc, gcc or clang")
        (place / "orders").write_bytes(bytes(struct.calcsize(LAYOUT)))
        paths = {"FAULT_ORDERS": str(place / "orders"), "FAULT_PATH": f"{place}/watched/", "LD_PRELOAD": str(library)}
        words = [sys.executable, "-m", "tests.support.kill_sweep", *sys.argv[1:]]
        return subprocess.run(words, env=os.environ | paths).returncode


if __name__ == "__main__":
    sys.exit(main())
