"""Axes of charts: positions of values on the page, and of ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """Maps values from `low` to `high` to positions from `start` to `end`, linearly or by their logarithm."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The position of `value`."""
        low, high, value = (self._scaled(number) for number in (self.low, self.high, value))
        return self.start + (self.end - self.start) * (value - low) / (high - low)

    def ticks(self, most: int) -> list[float]:
        """At most about `most` round values between `low` and `high`."""
        ticks = self._log_ticks(most) if self.log else self._even_ticks(most)
        return [tick for tick in ticks if self.low <= tick <= self.high]

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.log else value

    def _even_ticks(self, most: int) -> list[float]:
        step = _round_step((self.high - self.low) / most)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [round(index * step, 9) for index in range(first, last + 1)]

    def _log_ticks(self, most: int) -> list[float]:
        """1, 2 and 5 times the powers of ten, or, if those are too many, the powers alone."""
        lowest, highest = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        powers = [10.0**power for power in range(lowest, highest + 1)]
        ticks = [factor * power for power in powers for factor in (1, 2, 5) if self.low <= factor * power <= self.high]
        powers = [power for power in powers if self.low <= power <= self.high]
        return ticks if len(ticks) <= most else powers[:: math.ceil(len(powers) / most)]


def short_number(value: float) -> str:
    """A number for an axis: 1500 is 1.5k, 2000000 is 2M."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def three_digits(value: float) -> str:
    """A number in a sentence: three digits, or all of its whole ones: 0.0726, 1,070."""
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def _round_step(rough: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not under `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def coordinate(value: float) -> str:
    """Formats a length or a coordinate of a chart; two decimals are finer than a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if math.isfinite(value) else "0"
