"""The measurement of evaluation sets, one after the other, whatever is missing of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.commands.train.evaluate.table import Outcome
from pipeline.inputs import InputError
from pipeline.printable import tell
from train.errors import TrainingError
from train.evaluation.kinds import EvaluationSet, Measurable
from train.measures.result import Measured
from train.measures.towers import Towers
from train.sets.files import BadSet, NotThere
from train.sets.names import shown

_HINT = "--data=DIR is the folder that paths of sets are below"


def read_all(sets: Mapping[str, EvaluationSet], all_there: bool) -> dict[str, Measurable | NotThere]:
    """Each set as it is measured, or the file that isn't there.

    Raises InputError where a file isn't what it should be, where none of the sets is there, or one isn't and
    `all_there` wants them all.
    """
    found = {name: _read(name, settings) for name, settings in sets.items()}
    missing = {name: error for name, error in found.items() if isinstance(error, NotThere)}
    for name, error in missing.items():
        if all_there:
            raise InputError(f"{name}: {error}; {_HINT}")
        tell(f"{name}: not measured: {error}")
    if len(missing) == len(found):
        raise InputError(f"sets: no files of {', '.join(sets)}; {_HINT}")
    return found


def _read(name: str, settings: EvaluationSet) -> Measurable | NotThere:
    try:
        return settings.read()
    except NotThere as error:
        return error
    except BadSet as error:
        raise InputError(f"{name}: {error}") from error


def measure_all(
    sets: Mapping[str, EvaluationSet], found: Mapping[str, Measurable | NotThere], towers: Towers
) -> Iterator[Outcome]:
    """Measures each set; a failed set does not affect the others."""
    for name, readied in found.items():
        if isinstance(readied, NotThere):
            yield Outcome(name, sets[name], missing=str(readied))
            continue
        try:
            measured = readied.measure(towers)
        except TrainingError as error:
            yield Outcome(name, sets[name], failed=str(error))
            continue
        _tell(name, measured)
        yield Outcome(name, sets[name], measured)


def _tell(name: str, measured: Measured) -> None:
    counts = ", ".join(f"{count:,} {what}" for what, count in measured.counts.items())
    tell(f"{name}: {counts}")
    for what, which in measured.left_out.items():
        if which:
            tell(f"{name}: {len(which):,} {what}: {shown(which)}")
    for note in measured.notes:
        tell(f"{name}: {note}")
