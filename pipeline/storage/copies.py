"""Copies of whole files from another output: a hard link where both are local, a copy by the store itself, or bytes."""

from __future__ import annotations

import os
import shutil

from pipeline.files import Output, is_local, open_file
from pipeline.filesystems import filesystem


def take_file(source: str, output: Output, name: str) -> None:
    """Puts the file `source`, which nobody changes in place, into `output` as `name`, unless that is there.

    Raises OSError.
    """
    if output.has(name):
        return
    target = output.path(name)
    if is_local(source) and is_local(target):
        if not _link(source, target):
            _copy(source, output, name)
    elif source.partition("://")[0] == "gs" == target.partition("://")[0]:
        filesystem(target).copy([source], [target])
    else:
        _copy(source, output, name)


def _link(source: str, target: str) -> bool:
    """Makes a hard link; returns False where the filesystem takes none."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:  # another worker's
        return True
    except FileNotFoundError:
        raise
    except OSError:
        return False
    return True


def _copy(source: str, output: Output, name: str) -> None:
    with open_file(source) as file, output.write(name) as copy:
        shutil.copyfileobj(file, copy, 1 << 24)
