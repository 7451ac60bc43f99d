"""Options, signatures and specs that are kept equal those that Beam computes anew."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
from dataclasses import dataclass
from unittest import mock

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import GoogleCloudOptions, StandardOptions, TypeOptions
from apache_beam.transforms import userstate

from pipeline.engines import asked_once
from pipeline.engines.asked_once import Options, arguments, specs


def test_views_share_their_values() -> None:
    options = Options(["--runner=Flink"])
    options.view_as(StandardOptions).streaming = True
    assert options.view_as(StandardOptions) is options.view_as(StandardOptions)
    assert options.view_as(StandardOptions).runner == "Flink" and options.get_all_options()["streaming"]
    assert options.view_as(TypeOptions).view_as(StandardOptions).streaming
    assert not Options(["--runner=Flink"]).view_as(StandardOptions).streaming


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda options: pickle.loads(pickle.dumps(options))])
def test_a_copy_has_views_of_its_own(copied) -> None:
    options = Options(["--runner=Flink", "--impersonate_service_account=me"])
    options.view_as(StandardOptions)
    other = copied(options)
    other.view_as(StandardOptions).runner = "Spark"
    assert (options.view_as(StandardOptions).runner, other.view_as(StandardOptions).runner) == ("Flink", "Spark")
    assert other.get_all_options()["runner"] == "Spark"
    assert other.view_as(GoogleCloudOptions).impersonate_service_account is None  # as Beam does


class Doubled(beam.DoFn):
    def process(self, element, *, loud=False, window=beam.DoFn.WindowParam):
        yield element

    def finish_bundle(self, times=2):
        """Nothing."""


class Tripled(Doubled):
    def finish_bundle(self, more, times=3):
        """Nothing."""


@pytest.mark.parametrize("made", [Doubled, Tripled])
def test_arguments_are_those_of_the_signature(made) -> None:
    for name, method in inspect.getmembers(made(), inspect.ismethod):
        found = [p for p in inspect.signature(method).parameters.values() if p.kind == p.POSITIONAL_OR_KEYWORD]
        defaults = [p.default for p in found if p.default is not p.empty]
        for _ in range(2):
            assert arguments(method) == ([p.name for p in found], defaults), name
    arguments(made().finish_bundle)[0].append("changed")
    assert "changed" not in arguments(made().finish_bundle)[0]


def test_beam_asks_here() -> None:
    assert beam.transforms.core.get_function_args_defaults is arguments
    assert arguments(lambda first, second=2: None) == (["first", "second"], [2])


STATE = userstate.CombiningValueStateSpec("count", sum)
TIMER = userstate.TimerSpec("end", beam.TimeDomain.WATERMARK)


COUNT, END = beam.DoFn.StateParam(STATE), beam.DoFn.TimerParam(TIMER)


class Counted(beam.DoFn):
    def process(self, element, count=COUNT):
        yield element

    @userstate.on_timer(TIMER)
    def ended(self, end=END):
        """Nothing."""


@dataclass(frozen=True)
class Equal(beam.DoFn):
    """Two of these are equal, whatever they call."""

    def process(self, element):
        yield element


@pytest.mark.parametrize(
    ("dofn", "states", "timers"),
    [
        (Counted(), {STATE}, {TIMER}),
        (Doubled(), set(), set()),
        (Equal(), set(), set()),
        (beam.FlatMap(str).fn, set(), set()),
    ],
)
def test_specs_are_those_of_the_dofn(dofn, states, timers) -> None:
    for _ in range(2):
        assert specs(dofn) == (states, timers) == asked_once._read_specs(dofn)
    specs(dofn)[0].add("changed")
    assert specs(dofn) == (states, timers)


def test_specs_are_read_once_for_each_dofn_and_kept_as_long_as_it() -> None:
    with mock.patch.object(asked_once, "_read_specs", wraps=asked_once._read_specs) as read:
        first, second = Doubled(), Doubled()
        userstate.validate_stateful_dofn(first)
        assert not userstate.is_stateful_dofn(first) and not userstate.is_stateful_dofn(second)
        assert [call.args for call in read.call_args_list] == [(first,), (second,)]
        kept = len(asked_once._specs)
        read.reset_mock()
        del first, second
        gc.collect()
        assert len(asked_once._specs) <= kept - 2
