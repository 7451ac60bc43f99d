"""Files that fail and processes that die: tests/fault.c compiled, and the orders that it follows."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from collections import Counter
from pathlib import Path

SOURCE = Path(__file__).with_name("fault.c")
KINDS = ("create", "write", "rename", "unlink", "mkdir")
FIELDS = ("count", "at", "after", "error", "many")
LAYOUT = f"{len(FIELDS) + len(KINDS)}q"


def compiled(folder: Path) -> Path | None:
    """The library, made by the compiler there is; None without one."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        return None
    library = folder / "fault.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"], check=True)
    return library


class Orders:
    """The memory that this process and all it starts share with tests/fault.c."""

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def give(self, at: int = 0, after: bool = False, error: int = 0, many: int = 1) -> None:
        self.memory[:] = struct.pack(LAYOUT, 0, at, after, error, many, *[0] * len(KINDS))

    @property
    def count(self) -> int:
        """The changes of the last attempt."""
        return int(struct.unpack_from("q", self.memory)[0])

    @property
    def kinds(self) -> Counter[str]:
        """Which it was killed at, or failed at."""
        counts = struct.unpack_from(f"{len(KINDS)}q", self.memory, 8 * len(FIELDS))
        return Counter(dict(zip(KINDS, counts, strict=True)))
