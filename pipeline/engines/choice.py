"""The choice of a run's engine by Beam's `--runner`."""

from __future__ import annotations

from collections.abc import Sequence

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.runners.direct.direct_runner import SwitchingDirectRunner
from apache_beam.runners.portability.portable_runner import PortableRunner
from apache_beam.runners.runner import create_runner
from apache_beam.transforms.environments import PythonLoopbackEnvironment

from pipeline.engines.dataflow import Dataflow, on_dataflow
from pipeline.engines.engine import Engine
from pipeline.engines.external import External, InProcess
from pipeline.engines.local import Local
from pipeline.engines.portable import Portable


def make_engine(workers: int, log: str, beam_options: Sequence[str] = ()) -> Engine:
    """The engine that Beam's options name, the local one by default; it and its workers print to the file `log`."""
    return _class_of(PipelineOptions(list(beam_options)), beam_options)(workers, log, beam_options)


def _class_of(options: PipelineOptions, beam_options: Sequence[str]) -> type[Engine]:
    name = options.view_as(StandardOptions).runner
    if name in (None, "FnApiRunner"):
        return Local
    if on_dataflow(beam_options):
        return Dataflow
    runner = create_runner(name)
    if isinstance(runner, PortableRunner):
        is_loopback = isinstance(runner.default_environment(options), PythonLoopbackEnvironment)
        return InProcess if is_loopback else Portable
    return InProcess if isinstance(runner, SwitchingDirectRunner) else External
