"""TFRecord files, as img2dataset writes them: one `tf.train.Example` per pair, with its image among the features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from pipeline.inputs.archives.pairs import Pair, PairReader, Row
from pipeline.inputs.archives.samples import ByteRange
from pipeline.inputs.errors import BadFile, too_long
from pipeline.inputs.settings import ALIASES
from train.example import decode_example, read_records
from train.example_limits import count_values

_MOST_BYTES = 1 << 26  # bytes of a record with its image: decoded numbers take up to 14 times as much memory
_MOST_VALUES = 1 << 16  # features of a record, and values of a feature; no pair has more
_MOST_IN_ALL = 1_000_000  # values of a record, as of a row of JSON: each takes some 50 bytes
_SMALL = 1 << 20  # bytes of a record whose values needn't be counted first
_IMAGES = tuple(dict.fromkeys(("jpg", "png", "webp", *ALIASES["image"])))  # img2dataset names the feature by its format
_HEAD = 12  # bytes of a record before its data: the length and its checksum


class RecordReader(PairReader):
    """A TFRecord file with verified checksums."""

    def pairs(self, file: BinaryIO, *, images: bool) -> Iterator[Pair]:
        features, image = None, None
        file.seek(0)
        for place, features in self._examples(file):
            found = self._image(features)
            self._check_length(place, found)
            image = found or image
            yield Pair(self._row(features), found if images else None, place)
        if features is not None and image is None:
            there = ", ".join(sorted(features))
            raise BadFile(self.source.path, f"no image ({', '.join(self._names)}); the features are {there}")

    def image(self, content: bytes) -> bytes | None:
        return self._image(decode_example(content))

    def _check_length(self, place: ByteRange, image: bytes | None) -> None:
        """Raises BadFile if a record, without its image, has more bytes than a row may have."""
        if (place.length or 0) - len(image or b"") > self._max_row_bytes:
            raise too_long(self.source.path, f"the record at byte {(place.offset or 0) - _HEAD:,}", self._max_row_bytes)

    @property
    def _names(self) -> tuple[str, ...]:
        chosen = self._columns.image
        return _IMAGES if chosen is None or chosen.isdigit() else (chosen,)

    def _examples(self, file: BinaryIO) -> Iterator[tuple[ByteRange, dict[str, list[Any]]]]:
        try:
            for offset, data in read_records(file, _MOST_BYTES):
                if len(data) > _SMALL and count_values(data, _MOST_IN_ALL) > _MOST_IN_ALL:
                    raise ValueError(f"the record at byte {offset:,} has more than {_MOST_IN_ALL:,} values")
                yield ByteRange(offset + _HEAD, len(data)), decode_example(data, _MOST_VALUES)
        except ValueError as error:
            raise BadFile(self.source.path, str(error).removeprefix(f"{self.source.path}: ")) from error

    def _image(self, features: dict[str, list[Any]]) -> bytes | None:
        """The first feature that may be the image."""
        values = (features[name][0] for name in self._names if features.get(name))
        return next((value for value in values if isinstance(value, bytes)), None)

    def _row(self, features: dict[str, list[Any]]) -> Row:
        """All other features, sorted: a protocol buffer has no order."""
        return {name: _value(values) for name, values in sorted(features.items()) if name not in self._names}


def _value(values: list[Any]) -> Any:
    """A feature's value, or a list of several; bytes become text if valid. Null is written as empty bytes."""
    if len(values) > 1:
        return [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values]
    return _text(values[0]) if values and values[0] != b"" else None


def _text(value: Any) -> Any:
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return value
