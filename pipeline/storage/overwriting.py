"""Removal of an earlier run by `--overwrite`: a half-removed run never passes for a run.

A marker is written before the removal and removed last; any command that finds it finishes the removal first.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.files import Output

REMOVING = "work/removing"


def make_room(output: Output, names: Sequence[str], overwrite: bool) -> None:
    """Removes the files and folders `names`, below the root, in this order, and the content of `work`.

    Does nothing without `overwrite`, unless a killed command began a removal. Raises OSError.
    """
    if not overwrite and not output.has(REMOVING):
        return
    output.write_bytes(REMOVING, b"")
    for name in names:
        output.remove(output.path(name))
    output.clear_work(REMOVING)
    output.remove(output.path(REMOVING))
