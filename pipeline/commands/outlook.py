"""Predicts whether a command that failed can succeed when it is started again, for its last line."""

from __future__ import annotations

import builtins
import errno
import re
import sys

LASTING = frozenset(
    {
        errno.EACCES,
        errno.EEXIST,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)
"""Errors that stay until the user changes a path or a right."""
FULL = frozenset({errno.EDQUOT, errno.EFBIG, errno.ENOSPC})
FAILS_AGAIN = "the same command may fail again"
_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    NotImplementedError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""Errors of code and data, which depend on neither time nor machine."""
_INPUT = "pipeline.inputs.errors."
_UNANSWERED = re.compile(r"\bUnanswered[:(]")  # also in an error of Beam's about a list of files
_NUMBER = re.compile(r"\[Errno (\d+)\]")
_TENSORFLOW = re.compile(r"(?:PermissionDenied|FailedPrecondition)Error: /.+; (?:Permission|Read-only|Not a)\b.*")


def is_explained(line: str) -> bool:
    """Returns whether `line`, class and message of an error, names a damaged input or an output that can't be written.

    The same command fails again until the user changes that file, path or right.
    """
    if line.removeprefix("RuntimeError: ").startswith(_INPUT):
        return True
    return bool(_TENSORFLOW.search(line)) or (": can't write " in line and _number(line) in LASTING)


def is_unanswered(line: str) -> bool:
    """Returns whether `line` says that storage didn't answer, for which a log there would wait as long again."""
    return bool(_UNANSWERED.search(line))


def outlook(error: Exception, line: str, go_on: str) -> str:
    """Returns `go_on` if that is true after `error`, whose class and message are `line`, else another prediction."""
    number = _number(line)
    if number in FULL or line.endswith("; No space left on device"):  # the latter by TensorFlow
        return f"with more space {go_on}"
    if number in LASTING or (not number and _is_fault(error, line)):
        return FAILS_AGAIN
    return go_on


def _is_fault(error: Exception, line: str) -> bool:
    """A worker's error arrives as a RuntimeError with its class in the message."""
    name = line.removeprefix("RuntimeError: ").partition(":")[0]
    return isinstance(error, _FAULTS) or issubclass(_class(name), _FAULTS)


def _number(line: str) -> int:
    found = _NUMBER.search(line)
    return int(found[1]) if found else 0


def _class(name: str) -> type:
    """Returns the class of an error by its name: a builtin, or one of a module that is loaded; else Exception."""
    module, _, last = name.rpartition(".")
    found = getattr(sys.modules.get(module) if module else builtins, last, None)
    return found if isinstance(found, type) else Exception
