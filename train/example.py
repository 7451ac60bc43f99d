"""The record of a pair: a `tf.train.Example` in a TFRecord file, written and read without TensorFlow."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Protocol

import google_crc32c
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

# The features of a record, each with one value: an int64, or bytes (text as UTF-8)
FIELDS = {"jpg": bytes, "txt": bytes, "key": bytes, "url": bytes, "width": int, "height": int, "sha256": bytes}

_LISTS = {"bytes_list": "BytesList", "float_list": "FloatList", "int64_list": "Int64List"}
_MOST_BYTES = (1 << 31) - 1  # limit of a protocol-buffer message, and so of a record
_BLOCK = 1 << 24  # bytes read at a time: a length field may be wrong
_LENGTH = struct.Struct("<Q")
_CHECKSUM = struct.Struct("<I")


class Writable(Protocol):
    """A file that takes bytes."""

    def write(self, data: bytes, /) -> int: ...


def encode_example(features: Mapping[str, bytes | str | int]) -> bytes:
    """Encodes a `tf.train.Example` with one value per feature; equal features give equal bytes in any order.

    A string is written as UTF-8. Raises ValueError for an integer outside int64, TypeError for anything else.
    """
    example = _EXAMPLE()
    fields = example.features.feature
    for name, value in features.items():
        if isinstance(value, int):
            fields[name].int64_list.value.append(value)
        else:
            fields[name].bytes_list.value.append(value.encode() if isinstance(value, str) else value)
    return bytes(example.SerializeToString(deterministic=True))


def decode_example(data: bytes, most_values: int | None = None) -> dict[str, list[Any]]:
    """The values of each feature: bytes, floats or integers.

    Raises ValueError if `data` is no `tf.train.Example`, or if features, or one feature's values, exceed `most_values`.
    """
    try:
        example = _EXAMPLE.FromString(data)
    except DecodeError as error:
        raise ValueError(f"not a tf.train.Example: {error}") from error
    features = example.features.feature
    if most_values is not None and len(features) > most_values:
        raise ValueError(f"an Example of {len(features):,} features; the limit is {most_values:,}")
    return {name: _values(name, feature, most_values) for name, feature in features.items()}


def write_record(file: Writable, data: bytes) -> None:
    """Appends a record: its length, the length's checksum, the data, the data's checksum."""
    length = _LENGTH.pack(len(data))
    file.write(length + _masked_crc(length))
    file.write(data)
    file.write(_masked_crc(data))


def read_records(file: BinaryIO, most_bytes: int = _MOST_BYTES) -> Iterator[tuple[int, bytes]]:
    """Yields each record's start, in bytes, and its data.

    Raises ValueError if the file is truncated or damaged, and for a record that claims more than `most_bytes`.
    """
    offset = file.tell()
    while head := file.read(_LENGTH.size):
        _check(file, head, _LENGTH.size, offset, "length")
        (length,) = _LENGTH.unpack(head)
        if length > most_bytes:
            raise ValueError(
                f"{_name(file)}: the record at byte {offset} claims {length:,} bytes; the limit is {most_bytes:,}"
            )
        data = _read(file, length)
        _check(file, data, length, offset, "data")
        yield offset, data
        offset += _LENGTH.size + length + 2 * _CHECKSUM.size


def _read(file: BinaryIO, length: int) -> bytes:
    """Reads the next `length` bytes, or the rest of the file, using no more memory than that."""
    if length <= _BLOCK:
        return file.read(length)
    blocks = []
    while length and (block := file.read(min(length, _BLOCK))):
        blocks.append(block)
        length -= len(block)
    return b"".join(blocks)


def _values(name: str, feature: Any, most: int | None) -> list[Any]:
    kind = feature.WhichOneof("kind")
    if kind is None:
        return []
    values = getattr(feature, kind).value
    if most is not None and len(values) > most:
        raise ValueError(f"feature {name[:80]!r} has {len(values):,} values; the limit is {most:,}")
    return list(values)


def _check(file: BinaryIO, data: bytes, size: int, offset: int, part: str) -> None:
    """Raises ValueError unless `data` is complete and the checksum that follows is right."""
    checksum = file.read(_CHECKSUM.size)
    if len(data) < size or len(checksum) < _CHECKSUM.size:
        raise ValueError(f"{_name(file)}: cut off in the record at byte {offset}")
    if checksum != _masked_crc(data):
        raise ValueError(f"{_name(file)}: wrong checksum of the {part} of the record at byte {offset}")


def _masked_crc(data: bytes) -> bytes:
    """CRC-32C, rotated and shifted as the TFRecord format requires."""
    crc = google_crc32c.value(data)
    return _CHECKSUM.pack((((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def _name(file: BinaryIO) -> str:
    return str(getattr(file, "name", "records"))


def _example_class() -> Any:
    """Builds the class of `tf.train.Example` from its definition, in a pool separate from TensorFlow's."""
    proto = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="tensorflow", syntax="proto3")
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    types = (proto.TYPE_BYTES, proto.TYPE_FLOAT, proto.TYPE_INT64)
    for number, ((field, message), type_) in enumerate(zip(_LISTS.items(), types, strict=True), start=1):
        values = file.message_type.add(name=message)
        values.field.add(name="value", number=1, type=type_, label=proto.LABEL_REPEATED)
        _add_message(feature, field, number, message).oneof_index = 0
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=proto.TYPE_STRING, label=proto.LABEL_OPTIONAL)
    _add_message(entry, "value", 2, "Feature")
    _add_message(features, "feature", 1, "Features.FeatureEntry").label = proto.LABEL_REPEATED
    _add_message(file.message_type.add(name="Example"), "features", 1, "Features")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.Example"))


def _add_message(owner: descriptor_pb2.DescriptorProto, name: str, number: int, of: str) -> Any:
    proto = descriptor_pb2.FieldDescriptorProto
    return owner.field.add(
        name=name, number=number, type=proto.TYPE_MESSAGE, type_name=f".tensorflow.{of}", label=proto.LABEL_OPTIONAL
    )


_EXAMPLE = _example_class()
