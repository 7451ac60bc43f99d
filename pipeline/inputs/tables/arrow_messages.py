"""Sizes and ends of the messages of an Arrow stream, checked before Arrow reads them."""

from __future__ import annotations

import struct

import pyarrow as pa

from pipeline.inputs.errors import BadFile

MAGIC = b"ARROW1\0\0"
"""The head of the file format; a stream follows."""

_MOST = 512 << 20  # bytes of a decompressed record batch, all of which lies in memory
_END = b"\xff\xff\xff\xff\0\0\0\0"
_HEADER, _BATCH_OF_DICTIONARY, _BUFFERS, _COMPRESSION = 2, 1, 2, 3  # indices of fields in Arrow's flatbuffers


def check_sizes(path: str, content: pa.Buffer) -> None:
    """Raises BadFile for a truncated stream, and for a compressed record batch that is too large."""
    file = pa.BufferReader(content)
    for number, message in enumerate(pa.ipc.MessageReader.open_stream(file)):
        if message.type in ("record batch", "dictionary") and (size := _decompressed(message)) > _MOST:
            limit = f"{size >> 20:,} MB, over the {_MOST >> 20} MB of a compressed record batch; write it uncompressed"
            raise BadFile(path, f"message {number} is {limit}, or as Parquet")
    end = file.tell()
    if content[max(0, end - len(_END)) : end].to_pybytes() != _END:
        raise BadFile(path, "truncated: no end of the stream")


def _decompressed(message: pa.ipc.Message) -> int:
    """The bytes of a record batch after decompression; 0 if nothing is compressed."""
    data = memoryview(message.metadata)
    batch = _table(data, _place(data, _unsigned(data, 0), _HEADER))
    if message.type == "dictionary":
        batch = _table(data, _place(data, batch, _BATCH_OF_DICTIONARY))
    buffers = _place(data, batch, _BUFFERS)
    if not _place(data, batch, _COMPRESSION) or not buffers:
        return 0
    start = buffers + _unsigned(data, buffers)
    places = struct.iter_unpack("<qq", data[start + 4 : start + 4 + 16 * _unsigned(data, start)])
    return sum(_length(message.body, offset) for offset, size in places if size)


def _length(body: pa.Buffer, offset: int) -> int:
    """The decompressed length that precedes a compressed buffer."""
    return max(int.from_bytes(body[offset : offset + 8], "little", signed=True), 0)


def _table(data: memoryview, place: int) -> int:
    """Offset of the table to which the offset at `place` leads."""
    return place + _unsigned(data, place)


def _place(data: memoryview, table: int, number: int) -> int:
    """Offset of a table's field; 0 if it has none."""
    fields = table - struct.unpack_from("<i", data, table)[0]
    inside = 4 + 2 * number < struct.unpack_from("<H", data, fields)[0]
    offset = struct.unpack_from("<H", data, fields + 4 + 2 * number)[0] if inside else 0
    return table + offset if offset else 0


def _unsigned(data: memoryview, place: int) -> int:
    return int(struct.unpack_from("<I", data, place)[0])
