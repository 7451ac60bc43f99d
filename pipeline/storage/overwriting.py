"""Removal of an earlier run by `--overwrite`: a run that is half removed never passes for one.

A marker is written before anything goes, and goes last; whichever command finds it finishes the removal first.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.files import Output

REMOVING = "work/removing"


def make_room(output: Output, names: Sequence[str], overwrite: bool) -> None:
    """Removes the files and folders `names`, below the root, in this order, and what is in `work`.

    Does nothing without `overwrite`, unless a removal was begun by a command that was killed. Raises OSError.
    """
    if not overwrite and not output.has(REMOVING):
        return
    output.write_bytes(REMOVING, b"")
    for name in names:
        output.remove(output.path(name))
    output.clear_work(REMOVING)
    output.remove(output.path(REMOVING))
