"""Rules of the user's own: the frozen dataclasses of Python files that `--rules` or the config's `rules` names.

The source of a file travels inside the config, and is executed as a module named by its hash: a worker needs no file.
"""

from __future__ import annotations

import copyreg
import dataclasses
import hashlib
import keyword
import re
import sys
import threading
import traceback
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa

from filters import SIGNALS, Bins, Rule, dropped
from filters.base import bins, sentence
from filters.signals import COMPARABLE, SHOWN
from pipeline.settings import ConfigError, shown

LARGEST = 1_000_000  # bytes of a file of rules
TAKEN = ("kept", "raw", "records")  # names of lines beside those of rules
_CODE = re.compile("[a-z][a-z0-9_]{0,59}")
_PARTS = ("reason", "needs", "drops")  # a class with one of them is meant as a rule
_KINDS = (bool, int, float, str)
LOADING = threading.RLock()  # a worker's threads may receive the config at once, and have to agree on its classes


@dataclass(frozen=True)
class RuleFile:
    """A Python file of rules, by its content."""

    path: str  # the user's, for messages
    source: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.source.encode()).hexdigest()

    @property
    def module(self) -> str:
        """The name under which it is executed."""
        return f"align_corpus_rules_{self.sha256[:16]}"


def read_rule_files(paths: Any) -> tuple[RuleFile, ...]:
    """The files of the setting `rules`: a list of paths, or a text with commas between them. Raises ConfigError."""
    if isinstance(paths, str):
        paths = [path for path in paths.split(",") if path]
    if not isinstance(paths, list | tuple) or not all(isinstance(path, str) for path in paths):
        raise ConfigError(f"rules: {shown(paths)} is no list of Python files")
    return tuple(_read(path) for path in paths)


def _read(path: str) -> RuleFile:
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ConfigError(f"rules: {path}: over {LARGEST:,} bytes, which is no file of rules")
        return RuleFile(path, content.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"rules: {path}: {error.strerror}") from error
    except ValueError as error:  # not UTF-8, or a NUL in the path
        raise ConfigError(f"rules: {shown(path)}: {' '.join(str(error).split())}") from error


def load_rules(file: RuleFile) -> tuple[type, ...]:
    """The rule classes of a file, in its order, executed once a process. Raises ConfigError."""
    with LOADING:
        return _load(file)


@lru_cache
def _load(file: RuleFile) -> tuple[type, ...]:
    module = _execute(file)
    classes = [value for value in dict.fromkeys(_values(module)) if _is_meant(value, file)]
    if not classes:
        raise ConfigError(f"rules: {file.path}: no rule: no class with `reason`, `needs` and `drops`")
    for one in classes:
        if problem := _problem(one):
            raise ConfigError(f"rules: {file.path}: class {one.__name__}: {problem}")
        copyreg.pickle(one, lambda rule: (_revive, (file, type(rule).__name__, _fields(rule))))
    return tuple(classes)


def _execute(file: RuleFile) -> types.ModuleType:
    """Executes a file as a module, which is in `sys.modules`: dataclasses look up the names in annotations there."""
    module = types.ModuleType(file.module)
    module.__file__ = file.path
    sys.modules[file.module] = module
    try:
        exec(compile(file.source, file.path, "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[file.module]
        raise ConfigError(f"rules: {file.path}, line {_line(error, file)}: {_in_a_line(error)}") from error
    return module


def _line(error: BaseException, file: RuleFile) -> int:
    if isinstance(error, SyntaxError) and error.filename == file.path:
        return error.lineno or 1
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file.path]
    return (lines[-1] if lines else None) or 1


def _in_a_line(error: BaseException) -> str:
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {' '.join(message.split())}".removesuffix(": ")


def _values(module: types.ModuleType) -> list[type]:
    return [value for value in vars(module).values() if isinstance(value, type)]


def _is_meant(value: type, file: RuleFile) -> bool:
    """True for a class of the file that is meant as a rule; one with a leading underscore is a helper."""
    named = not value.__name__.startswith("_")
    return named and value.__module__ == file.module and any(hasattr(value, part) for part in _PARTS)


def _problem(one: Any) -> str | None:
    """The first thing that a class lacks to be a rule."""
    parameters = vars(one).get("__dataclass_params__")  # the class itself, not one that it extends
    if parameters is None or not parameters.frozen:
        return "not a frozen dataclass: @dataclass(frozen=True)"
    if not one.__doc__ or one.__doc__.startswith(f"{one.__name__}("):  # the one that dataclasses write
        return "no docstring; it is the rule's sentence"
    missing = dataclasses.MISSING
    if bare := [field.name for field in dataclasses.fields(one) if field.default is field.default_factory is missing]:
        return f"{bare[0]} has no default"
    if lacking := [name for name in (*_PARTS, "enabled") if not hasattr(one, name)]:
        return f"no {', '.join(lacking)}"
    fields = {field.name for field in dataclasses.fields(one)}
    if wrong := sorted(fields & {*_PARTS, "sentence", "decided", "bins"}):
        return f"{wrong[0]} is a setting; annotate it as ClassVar, or not at all"
    return _problem_of_code(one) or _problem_of_needs(one) or _problem_of_numbers(one)


def _problem_of_code(one: Any) -> str | None:
    if not isinstance(one.reason, str) or not _CODE.fullmatch(one.reason) or keyword.iskeyword(one.reason):
        return f"reason {shown(one.reason)} is no code of lower-case letters, digits and underscores"
    return None


def _problem_of_needs(one: Any) -> str | None:
    if not isinstance(one.needs, tuple) or not one.needs or not all(isinstance(name, str) for name in one.needs):
        return f"needs {shown(one.needs)} is no tuple of names, such as ('words',)"
    if judged := [name for name in one.needs if name in SIGNALS and name not in COMPARABLE]:
        return f"needs {judged[0]}, which no rule can compare; the signals are {', '.join(COMPARABLE)}"
    return None


def _problem_of_numbers(one: Any) -> str | None:
    """Each setting has a default and a type that an option can have; the rule with all defaults can be made."""
    try:
        hints = typing.get_type_hints(one)
        for field in dataclasses.fields(one):
            if hints[field.name] not in _KINDS:
                return f"{field.name} is neither bool, int, float nor str"
        rule = one()
        hash(rule)
    except Exception as error:
        return _in_a_line(error)
    return None if isinstance(rule.enabled, bool) else f"enabled is {shown(rule.enabled)}, neither True nor False"


def _fields(rule: Any) -> dict[str, Any]:
    return {field.name: getattr(rule, field.name) for field in dataclasses.fields(rule)}


def _revive(file: RuleFile, name: str, settings: Mapping[str, Any]) -> Any:
    (kind,) = (one for one in load_rules(file) if one.__name__ == name)
    return kind(**settings)


def check_reasons(files: Sequence[RuleFile], taken: Sequence[str]) -> None:
    """Raises ConfigError for a rule with a reason that another has."""
    found = dict.fromkeys((*taken, *TAKEN), "")
    for file in files:
        for one in load_rules(file):
            reason = typing.cast(Any, one).reason
            if reason in found:
                where = f" in {found[reason]}" if found[reason] else ""
                raise ConfigError(
                    f"rules: {file.path}: class {one.__name__}: the name {reason} is taken{where}; choose another"
                )
            found[reason] = file.path


def is_known(rule: Rule) -> bool:
    """True for a rule that needs no passthrough column."""
    return all(name in SIGNALS for name in rule.needs)


def try_rule(rule: Rule, carried: pa.Schema) -> None:
    """Calls all parts of a rule for no pairs, with the types of the input. Raises ConfigError."""
    for name in rule.needs:
        if name not in SIGNALS and name not in carried.names:
            there = ", ".join(carried.names) or "none"
            raise ConfigError(
                f"rule {rule.reason} needs {name}, which nothing gives: the input's other columns are {there}; "
                f"the signals are {', '.join(COMPARABLE)}"
            )
    kinds = {name: SIGNALS[name].type if name in SIGNALS else carried.field(name).type for name in rule.needs}
    nothing = {name: pa.array([], kind) for name, kind in kinds.items()}
    try:
        dropped(rule, nothing)
        sentence(rule)
        if (made := bins(rule)) is not None:
            _check_bins(rule, made)
            made.values(nothing)
    except Exception as error:
        prefix = "" if str(error).startswith(f"rule {rule.reason}") else f"rule {rule.reason}: "
        inner = error if prefix else error.__cause__
        hint = f" (types: {', '.join(f'{name} {kind}' for name, kind in kinds.items())})" if inner else ""
        raise ConfigError(f"{prefix}{_in_a_line(error) if prefix else error}{hint}") from error


def _check_bins(rule: Rule, made: Any) -> None:
    if not isinstance(made, Bins):
        raise TypeError(f"bins() gave {shown(made)}, not filters.Bins")
    shown_needs = [name for name in rule.needs if name in SHOWN or name not in SIGNALS]
    if made.value not in shown_needs:
        raise ValueError(
            f"bins: {shown(made.value)} is not one of its needs that verdicts show: {', '.join(shown_needs)}"
        )
    if len(made.edges) < 2 or any(made.edges[at] >= made.edges[at + 1] for at in range(len(made.edges) - 1)):
        raise ValueError("bins: fewer than two edges, or edges that don't ascend")
