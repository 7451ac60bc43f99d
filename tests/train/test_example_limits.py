"""The values of an encoded Example are counted before any is decoded; random bytes end in a ValueError."""

from __future__ import annotations

import contextlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.example import _EXAMPLE, encode_example
from train.example_limits import count_values

MANY = 1_000_000


def example(**features: list[int] | list[float] | list[bytes]) -> bytes:
    made = _EXAMPLE()
    kinds = {int: "int64_list", float: "float_list", bytes: "bytes_list"}
    for name, values in features.items():
        getattr(made.features.feature[name], kinds[type(values[0])]).value.extend(values)
    return bytes(made.SerializeToString())


@pytest.mark.parametrize("values", [[0, 1, -1, 1 << 40] * 250, [0.5] * 1_000, [b"", b"abc"] * 500])
def test_every_value_counts(values: list[int] | list[float] | list[bytes]) -> None:
    fields = 6 if isinstance(values[0], bytes) else 5  # its name, its value and what holds them
    assert 1_000 <= count_values(example(a=values), MANY) <= 1_000 + fields
    assert 2_000 <= count_values(example(a=values, b=values), MANY) <= 2_000 + 2 * fields


def test_a_usual_record_counts_little() -> None:
    assert count_values(encode_example({"jpg": bytes(5_000_000), "txt": "a cat", "width": 3}), MANY) < 20


@pytest.mark.parametrize("empty", [b"\x0a\x00", b"\x12\x00", b"\x4a\x00"])
def test_empty_fields_count_too(empty: bytes) -> None:
    assert count_values(empty * 2_000, 1_000) == 1_001


def test_counting_stops_early_and_copies_nothing() -> None:
    data = example(a=[1] * 5_000_000)
    tracemalloc.start()
    assert count_values(data, 100) > 100
    assert tracemalloc.get_traced_memory()[1] < 6_000_000
    tracemalloc.stop()


@given(st.binary(max_size=200))
def test_random_bytes_end_in_a_number_or_a_value_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert count_values(data, 1_000) <= 1_000 + len(data)


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_example_ends_in_a_number_or_a_value_error(place: int, byte: int) -> None:
    data = bytearray(example(a=[1, 300] * 10, b=[b"text"] * 10, c=[0.5] * 10))
    data[place % len(data)] = byte
    with contextlib.suppress(ValueError):
        assert count_values(bytes(data), 1_000) <= 1_000 + len(data)


@pytest.mark.parametrize("cut", [1, 2, 10])
def test_a_truncated_example_is_none(cut: int) -> None:
    with pytest.raises(ValueError, match=r"not a tf\.train\.Example"):
        count_values(example(a=[1, 300])[:-cut], MANY)
