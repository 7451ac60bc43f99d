"""Records against TensorFlow: its `tf.train.Example`, its TFRecord writer and reader, in both directions."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from train.example import decode_example, encode_example, read_records, write_record

pytestmark = pytest.mark.slow

INT64 = st.integers(-(2**63), 2**63 - 1)
FEATURES = st.dictionaries(st.text(max_size=12), st.binary(max_size=300) | st.text(max_size=40) | INT64, max_size=9)
PAIR: dict[str, bytes | str | int] = {
    "jpg": bytes(range(256)) * 120,
    "txt": "été à la plage 写真",
    "key": "part.parquet#000000007",
    "url": "",
    "width": 640,
    "height": 480,
    "sha256": "0f" * 32,
}


def as_tensorflow(features: dict[str, bytes | str | int]) -> bytes:
    example = tf.train.Example()
    for name, value in features.items():
        feature = example.features.feature[name]
        if isinstance(value, int):
            feature.int64_list.value.append(value)
        else:
            feature.bytes_list.value.append(value.encode() if isinstance(value, str) else value)
    return example.SerializeToString(deterministic=True)


def stored(value: bytes | str | int) -> list[bytes | int]:
    return [value.encode() if isinstance(value, str) else value]


@given(FEATURES)
def test_bytes_equal_tensorflows(features):
    assert encode_example(features) == as_tensorflow(features)


@given(FEATURES)
def test_decodes_what_it_encodes(features):
    assert decode_example(encode_example(features)) == {name: stored(value) for name, value in features.items()}


def test_tensorflow_parses_a_pair():
    kinds = {name: tf.int64 if isinstance(value, int) else tf.string for name, value in PAIR.items()}
    parsed = tf.io.parse_single_example(
        encode_example(PAIR), {name: tf.io.FixedLenFeature([], kind) for name, kind in kinds.items()}
    )
    assert {name: [value.numpy()] for name, value in parsed.items()} == {n: stored(v) for n, v in PAIR.items()}


def test_order_of_features_does_not_matter():
    assert encode_example(PAIR) == encode_example(dict(reversed(PAIR.items())))


def test_decodes_lists_floats_and_features_without_value():
    example = tf.train.Example()
    example.features.feature["boxes"].float_list.value.extend([0.5, 0.25])
    example.features.feature["labels"].bytes_list.value.extend([b"a", b"b"])
    example.features.feature["nothing"].SetInParent()
    assert decode_example(example.SerializeToString()) == {"boxes": [0.5, 0.25], "labels": [b"a", b"b"], "nothing": []}


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_refuses_what_int64_cannot_hold(value):
    with pytest.raises(ValueError, match="out of range"):
        encode_example({"width": value})


def test_refuses_other_types():
    with pytest.raises(TypeError):
        encode_example({"width": 1.5})


def test_refuses_what_is_no_example():
    with pytest.raises(ValueError, match=r"not a tf\.train\.Example"):
        decode_example(b"\xff\xff\xff")


def written(records: list[bytes]) -> bytes:
    file = io.BytesIO()
    for record in records:
        write_record(file, record)
    return file.getvalue()


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_file_reads_back_with_offsets(records):
    file = written(records)
    offsets = [len(written(records[:index])) for index in range(len(records))]
    assert list(read_records(io.BytesIO(file))) == list(zip(offsets, records, strict=True))


def test_file_equals_tensorflows(tmp_path: Path):
    records = [b"", b"one", bytes(100_000), encode_example(PAIR)]
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as writer:
        for record in records:
            writer.write(record)
    assert written(records) == (tmp_path / "theirs").read_bytes()
    (tmp_path / "ours").write_bytes(written(records))
    assert [r.numpy() for r in tf.data.TFRecordDataset(str(tmp_path / "ours"))] == records


def test_every_cut_is_told():
    file = written([b"first", b"second"])
    second = len(written([b"first"]))
    for size in set(range(1, len(file))) - {second}:
        with pytest.raises(ValueError, match=f"cut off in the record at byte {second if size > second else 0}$"):
            list(read_records(io.BytesIO(file[:size])))


def test_every_damaged_byte_is_told():
    file = written([b"first", b"second"])
    for place in range(len(file)):
        damaged = bytearray(file)
        damaged[place] ^= 0x10
        with pytest.raises(ValueError, match=r"wrong checksum of the (length|data) of the record at byte"):
            list(read_records(io.BytesIO(bytes(damaged))))


def test_error_names_the_file(tmp_path: Path):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(b"not records")
    with path.open("rb") as file, pytest.raises(ValueError, match=r"a\.tfrecord: cut off in the record at byte 0"):
        list(read_records(file))
