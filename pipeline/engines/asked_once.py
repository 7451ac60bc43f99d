"""Options, signatures and state specs, computed once: Beam computes them hundreds of times for each pipeline.

They are half of a small run. Importing this module gives Beam the kept signatures and specs.
"""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms import core, userstate

View = TypeVar("View", bound=PipelineOptions)
Signature = tuple[list[str], list[Any]]
Specs = tuple[set[userstate.StateSpec], set[userstate.TimerSpec]]
VIEWS = "_views"


class Options(PipelineOptions):
    """Beam's options. Beam builds a parser for each view, and asks for a view at each transform and type hint."""

    def view_as(self, cls: type[View]) -> View:
        """The one view of this class: all views share their values with these options."""
        views = self.__dict__.setdefault(VIEWS, {})
        if cls not in views:
            views[cls] = super().view_as(cls)
        return cast(View, views[cls])

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in cast(Any, super()).__getstate__().items() if name != VIEWS}


_read = core.get_function_args_defaults
_signatures: WeakKeyDictionary[FunctionType, Signature] = WeakKeyDictionary()


def arguments(f: Any) -> Signature:
    """Names and defaults of the arguments: Beam asks eight times for every method of every DoFn."""
    function = f.__func__ if isinstance(f, MethodType) else None
    if not isinstance(function, FunctionType):
        return _read(f)
    if function not in _signatures:
        _signatures[function] = _read(f)
    names, defaults = _signatures[function]
    return [*names], [*defaults]


core.get_function_args_defaults = arguments


_read_specs = userstate.get_dofn_specs
_specs: WeakKeyDictionary[core.DoFn, Specs] = WeakKeyDictionary()


def specs(dofn: core.DoFn) -> Specs:
    """State and timers of a DoFn: Beam looks through all its attributes eight times."""
    if type(dofn).__hash__ is not object.__hash__:  # equal ones may have other functions
        return _read_specs(dofn)
    if dofn not in _specs:
        _specs[dofn] = _read_specs(dofn)
    states, timers = _specs[dofn]
    return {*states}, {*timers}


userstate.get_dofn_specs = specs
