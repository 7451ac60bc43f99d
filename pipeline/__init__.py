"""The pipeline: everything that uses Beam and files. Start reading at `run.py`; Python programs call `make_corpus`.

What stands in `__all__` is public: docs/api.md describes it. Importing this package imports no library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pipeline.call import make_corpus
from pipeline.funnel import Funnel, RuleCount

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.identity import OtherRun
    from pipeline.inputs import InputError
    from pipeline.settings import ConfigError
    from pipeline.storage.lock import Held
    from pipeline.storage.plan import BadInputs

__version__ = "0.2.0"

__all__ = [
    "BadInputs",
    "Config",
    "ConfigError",
    "Funnel",
    "Held",
    "InputError",
    "OtherRun",
    "RuleCount",
    "make_corpus",
]

_LATER = {  # imported at the first use, since they import libraries
    "BadInputs": "pipeline.storage.plan",
    "Config": "pipeline.config",
    "ConfigError": "pipeline.settings",
    "Held": "pipeline.storage.lock",
    "InputError": "pipeline.inputs",
    "OtherRun": "pipeline.identity",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
