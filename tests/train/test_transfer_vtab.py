"""VTAB's protocol, with accuracies that are made up: nothing is trained here."""

from __future__ import annotations

import math

import numpy as np
import pytest

from train.transfer.config import Classification, Groups, Vtab, Whole
from train.transfer.vtab import Trial, draw_trials, means, parts_of, search

SETTINGS = Vtab(trials=200, training=6, validation=3, learning_rate=(1e-4, 1e-1), steps=(10, 1000))


def test_trials_are_drawn_evenly_on_a_logarithmic_scale() -> None:
    trials = draw_trials(SETTINGS, seed=1)
    rates = np.log10([trial.learning_rate for trial in trials])
    assert -4 <= rates.min() < -3.9 and -1.1 < rates.max() <= -1
    assert np.median(rates) == pytest.approx(-2.5, abs=0.3)
    assert all(10 <= trial.steps <= 1000 for trial in trials)
    assert np.median([trial.steps for trial in trials]) == pytest.approx(100, rel=0.5)


def test_the_first_trials_are_the_same_however_many_there_are() -> None:
    few = draw_trials(Vtab(trials=3), seed=1)
    assert few == draw_trials(Vtab(trials=50), seed=1)[:3]
    assert few != draw_trials(Vtab(trials=3), seed=2)


def test_a_trial_is_what_its_random_numbers_say() -> None:
    drawn = np.random.default_rng(7).uniform(size=3)
    (trial,) = draw_trials(Vtab(trials=1), seed=7)
    assert trial.learning_rate == pytest.approx(1e-4 * 1000 ** drawn[0])
    assert trial.weight_decay == pytest.approx(1e-6 * 10_000 ** drawn[1])
    assert trial.steps == round(250 * math.exp(math.log(10) * drawn[2]))


def test_a_trial_replaces_the_last_phase_alone() -> None:
    settings = Classification(whole=Whole(epochs=7, size=64)).varied(**vars(Trial(0.3, 0.2, 11)))
    assert settings.whole == Whole(epochs=7, steps=11, learning_rate=0.3, size=64)
    assert settings.head == Classification().head and settings.weight_decay == 0.2
    head_alone = Classification(whole=Whole(epochs=0)).varied(0.3, 0.2, 11)
    assert head_alone.head.steps == 11 and list(head_alone.phases) == ["head"]


def test_trials_learn_from_some_and_are_measured_on_others() -> None:
    order = np.array([5, 3, 8, 0, 9, 1, 7, 2, 6, 4])
    parts = parts_of(order, SETTINGS)
    assert parts.training.tolist() == [5, 3, 8, 0, 9, 1] and parts.validation.tolist() == [7, 2, 6]
    assert parts.both.tolist() == [5, 3, 8, 0, 9, 1, 7, 2, 6]
    assert len(parts_of(order[:9], SETTINGS).both) == 9
    with pytest.raises(ValueError, match=r"8 images to train on; transfer\.vtab takes 9 of training, validation"):
        parts_of(order[:8], SETTINGS)


TRIALS = [Trial(rate, 0.1, 5) for rate in (0.1, 0.2, 0.3, 0.4)]
ACCURACY = {0.1: 0.5, 0.2: 0.7, 0.3: 0.7, 0.4: 0.6}


def test_the_best_trial_is_found_and_of_equals_the_first() -> None:
    noted = []
    best = search(TRIALS, [], lambda trial: ACCURACY[trial.learning_rate], lambda *note: noted.append(note))
    assert best == 1
    assert noted == [(0, 0.5), (1, 0.7), (2, 0.7), (3, 0.6)]


def test_a_killed_search_goes_on_at_the_next_trial() -> None:
    kept: list[float] = []

    def run(trial: Trial) -> float:
        if trial.learning_rate == 0.3 and len(run_again) == 0:
            raise KeyboardInterrupt
        return ACCURACY[trial.learning_rate]

    run_again: list[Trial] = []
    with pytest.raises(KeyboardInterrupt):
        search(TRIALS, [], run, lambda number, accuracy: kept.append(accuracy))
    assert kept == [0.5, 0.7]
    best = search(TRIALS, kept, lambda trial: run_again.append(trial) or run(trial), lambda *note: None)  # type: ignore[func-returns-value]
    assert best == 1 and run_again == TRIALS[2:]


def test_a_finished_search_runs_nothing() -> None:
    assert search(TRIALS, list(ACCURACY.values()), lambda trial: 1 / 0, lambda *note: None) == 1


def test_means_are_over_all_sets_and_over_each_group_that_has_one() -> None:
    accuracies = {"pets": 0.9, "dtd": 0.5, "eurosat": 0.8, "clothing": 0.2}
    assert means(accuracies, Groups()) == pytest.approx({"all": 0.6, "natural": 0.7, "specialized": 0.8})


def test_vtab_has_nineteen_sets_in_three_groups() -> None:
    groups = Groups()
    sizes = [len(set(getattr(groups, name).split(","))) for name in ("natural", "specialized", "structured")]
    assert sizes == [7, 4, 8]
    assert groups.of("svhn") == "natural" and groups.of("clothing") is None
