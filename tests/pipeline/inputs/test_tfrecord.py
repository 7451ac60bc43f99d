"""Record files written by TensorFlow, with the features that img2dataset gives them, and damaged ones."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from pipeline.inputs import BadFile, Columns, Input, Span
from tests.support.inputs import again, carried, open_path, read
from train.example import _masked_crc, read_records, write_record

pytestmark = pytest.mark.slow


def feature(value: Any) -> tf.train.Feature:
    values = value if isinstance(value, list) else [value]
    if all(isinstance(item, int) for item in values):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    if all(isinstance(item, float) for item in values):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    values = [item.encode() if isinstance(item, str) else item for item in values]
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for row in rows:
            features = tf.train.Features(feature={name: feature(value) for name, value in row.items()})
            writer.write(tf.train.Example(features=features).SerializeToString())
    return path


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"jpg": f"image {number}".encode(), "txt": f"text {number}", "key": f"{number:09d}", **more}


def test_records_as_img2dataset_writes_them(tmp_path: Path) -> None:
    more = {
        "caption": "c",
        "url": "u",
        "width": 640,
        "similarity": 0.5,
        "sha256": "AB" * 32,
        "status": "success",
        "error_message": "",
    }
    path = write(tmp_path / "00000.tfrecord", [row(number, **more) for number in range(5)])
    table, reader = read(path), open_path(path)
    assert reader.one_shard and reader.has_images and reader.spans(10) == [Span(0, None)]
    assert table["key"].to_pylist() == [f"{number:09d}" for number in range(5)]
    assert table["text"].to_pylist() == [f"text {number}".encode() for number in range(5)]
    assert table["image"].to_pylist() == [f"image {number}".encode() for number in range(5)]
    assert table["url"].to_pylist() == ["u"] * 5 and table["sha256"].to_pylist() == ["ab" * 32] * 5
    expected = {"caption": "c", "error_message": None, "input_width": 640, "similarity": 0.5, "status": "success"}
    assert carried(table) == {name: [value] * 5 for name, value in expected.items()}
    assert again(path, table, [1, 4]) == [b"image 1", b"image 4"]


@pytest.mark.parametrize("name", ["jpg", "png", "webp", "image"])
def test_the_image_is_named_by_its_format(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "t.tfrecord", [{name: b"image", "txt": "t"}])
    assert read(path)["image"].to_pylist() == [b"image"] == again(path, read(path), [0])


def test_settings_choose_features(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tfrecord", [row(0, photo=b"photo", alt="alt")])
    table = read(path, Input(columns=Columns(image="photo", text="alt")))
    assert table["image"].to_pylist() == [b"photo"] and table["text"].to_pylist() == [b"alt"]
    assert read(path, Input(columns=Columns(text="0")))["text"].to_pylist() == [b"text 0"]
    with pytest.raises(BadFile, match=r"no image \(picture\); the features are alt, jpg, key, photo, txt"):
        read(path, Input(columns=Columns(image="picture")))


def test_features_of_any_kind(tmp_path: Path) -> None:
    rows = [
        row(0, ints=[1, 2], floats=[0.5, 1.5], names=["a", b"\xff"], raw=b"\xff\x00", mixed=1, late=5),
        row(1, ints=3, raw="text", mixed="x", missing=[]),
    ]
    assert carried(read(write(tmp_path / "t.tfrecord", rows))) == {
        "floats": ["[0.5, 1.5]", None],
        "ints": ["[1, 2]", "3"],
        "late": [5, None],
        "mixed": ["1", "x"],
        "names": ['["a", "\ufffd"]', None],
        "raw": [b"\xff\x00", b"text"],
        "missing": [None, None],
    }


def test_a_bad_row_is_not_a_bad_file(tmp_path: Path) -> None:
    rows = [row(0), {"txt": b"\xff", "key": "1"}, {"jpg": b"", "key": "2"}, {"jpg": 5, "txt": ""}, {}]
    path = write(tmp_path / "t.tfrecord", rows)
    table = read(path)
    assert table["image"].to_pylist() == again(path, table, range(5)) == [b"image 0", None, b"", None, None]
    assert table["text"].to_pylist() == [b"text 0", b"\xff", None, None, None]


def test_an_empty_file_is_an_empty_batch(tmp_path: Path) -> None:
    assert len(read(write(tmp_path / "t.tfrecord", []))) == 0


def test_text_only_keeps_no_image(tmp_path: Path) -> None:
    table = read(write(tmp_path / "t.tfrecord", [row(0)]), text_only=True)
    assert table["image"].to_pylist() == [None] and table["text"].to_pylist() == [b"text 0"]


def test_text_or_image_missing(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"no text \(.*; the fields are key \(string\)"):
        read(write(tmp_path / "t.tfrecord", [{"jpg": b"i", "key": "k"}]))
    with pytest.raises(BadFile, match=r"no image \(jpg, png, webp, image, .*\); the features are txt, url"):
        read(write(tmp_path / "t.tfrecord", [{"txt": "t", "url": "u"}]))


def test_a_file_cut_or_changed_anywhere_is_bad(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tfrecord", [row(number) for number in range(3)])
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        changed = bytearray(content)
        changed[place] ^= 4
        for damaged in (bytes(changed), content[:place] if place % (len(content) // 3) else content[: place + 1]):
            path.write_bytes(damaged)
            with pytest.raises(BadFile, match="byte") as error:
                read(path)
            assert error.value.reason.count(str(path)) == 0 and "\n" not in str(error.value)


def test_records_that_are_no_examples(tmp_path: Path) -> None:
    path = tmp_path / "t.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"\xff\xff not an example")
    with pytest.raises(BadFile, match=r"not a tf\.train\.Example"):
        read(path)


def record(length: int, data: bytes) -> bytes:
    """A record that claims `length` bytes, under right checksums."""
    file = io.BytesIO()
    write_record(file, data)
    head = length.to_bytes(8, "little")
    return head + _masked_crc(head) + file.getvalue()[12:]


@pytest.mark.parametrize("length", [101, 1 << 24, 1 << 26, (1 << 26) + 1, 1 << 40, 1 << 62, (1 << 64) - 1])
def test_a_length_is_only_a_claim(tmp_path: Path, length: int) -> None:
    path = tmp_path / "t.tfrecord"
    path.write_bytes(record(length, bytes(100)))
    expected = "cut off in the record at byte 0" if length <= 1 << 26 else rf"byte 0 claims {length:,} bytes; the limit"
    tracemalloc.start()
    with pytest.raises(BadFile, match=expected):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 40 << 20
    tracemalloc.stop()


def test_the_trainer_s_reader_has_the_limit_of_protocol_buffers(tmp_path: Path) -> None:
    for length, reason in (((1 << 31) - 1, "cut off"), (1 << 31, "claims 2,147,483,648 bytes")):
        with pytest.raises(ValueError, match=reason):
            list(read_records(io.BytesIO(record(length, bytes(100)))))


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a\xff\xff\xff\xff\x07",  # a message of 2 GB
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",  # a message of -1 bytes
        b"\x0a\x06\x0a\xff\xff\xff\xff\x07",  # a feature of 2 GB
        b"\x0a" + b"\xff" * 11,  # a number that doesn't end
    ],
)
def test_lengths_inside_an_example_are_only_claims(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.tfrecord"
    path.write_bytes(record(len(data), data))
    with pytest.raises(BadFile, match=r"not a tf\.train\.Example"):
        read(path)


def test_a_record_has_a_limit_beside_its_image(tmp_path: Path) -> None:
    first = write(tmp_path / "t.tfrecord", [row(0)]).stat().st_size
    path = write(tmp_path / "t.tfrecord", [row(0), row(1) | {"jpg": bytes(1_000), "txt": "x" * 500}])
    assert len(read(path, Input(max_row_bytes=600))) == 2
    with pytest.raises(BadFile, match=rf"the record at byte {first} is over 500 bytes \(input.max_row_bytes\)"):
        read(path, Input(max_row_bytes=500))


def test_features_and_their_values_have_a_limit(tmp_path: Path) -> None:
    most = 1 << 16
    assert len(read(write(tmp_path / "t.tfrecord", [row(0, many=[1] * most)]))) == 1
    with pytest.raises(BadFile, match="feature 'many' has 65,537 values; the limit is 65,536"):
        read(write(tmp_path / "t.tfrecord", [row(0, many=[1] * (most + 1))]))
    with pytest.raises(BadFile, match="an Example of 65,537 features; the limit is 65,536"):
        read(write(tmp_path / "t.tfrecord", [{str(number): 0 for number in range(most + 1)}]))


def test_the_values_of_a_record_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second takes 1.2 GB if it is decoded first."""
    monkeypatch.setattr("pipeline.inputs.archives.tfrecord._SMALL", 1_000)
    wide = {f"f{number}": [1] * 50_000 for number in range(19)}
    assert len(read(write(tmp_path / "t.tfrecord", [row(0, **wide)]))) == 1
    with pytest.raises(BadFile, match="the record at byte 0 has more than 1,000,000 values"):
        read(write(tmp_path / "t.tfrecord", [row(0, **wide, more=[1] * 50_000)]))
