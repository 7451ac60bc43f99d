"""Executes a job as Dataflow's workers would, from its staged graph: `PYTHON -I replay_job.py PIPELINE.pb`.

It runs in the environment of PYTHON, in one process. Nothing of this repository is imported but what the graph names.
"""

from __future__ import annotations

import sys
from pathlib import Path

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import EmbeddedPythonEnvironment

graph = beam_runner_api_pb2.Pipeline.FromString(Path(sys.argv[1]).read_bytes())
here = EmbeddedPythonEnvironment.default().to_runner_api(None)
for environment in graph.components.environments.values():
    environment.CopyFrom(here)
FnApiRunner().run_via_runner_api(graph, PipelineOptions([])).wait_until_finish()
