"""A shard of the corpus: one tf.train.Example for every kept pair, and the metadata with which TFDS loads them."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from types import TracebackType
from typing import Any, ClassVar, Self

from pipeline.files import Output
from train.example import encode_example, write_record


class RecordShard:
    """A record file, written to a temporary file and renamed after the block; it counts and hashes its content."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("key", "text", "url", "image_width", "image_height", "image_id")

    def __init__(self, output: Output, name: str) -> None:
        self.count = 0
        self.bytes = 0
        self._output, self._name = output, name
        self._digest = hashlib.sha256()
        self._stack = ExitStack()

    @property
    def sha256(self) -> str:
        """Digest of all bytes written so far."""
        return self._digest.hexdigest()

    def __enter__(self) -> Self:
        self._file = self._stack.enter_context(self._output.write(self._name))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def add(self, jpg: bytes, pair: dict[str, Any]) -> None:
        """Writes one pair; `pair` has the signals named in COLUMNS, and a null string becomes ''."""
        example = {
            "jpg": jpg,
            "txt": pair["text"],
            "key": pair["key"] or "",
            "url": pair["url"] or "",
            "width": pair["image_width"],
            "height": pair["image_height"],
            "sha256": pair["image_id"] or "",
        }
        self.add_data(encode_example(example))

    def add_data(self, data: bytes) -> None:
        """Writes an encoded record."""
        write_record(self, data)
        self.count += 1

    def write(self, data: bytes) -> int:
        """Called by `write_record`."""
        self._digest.update(data)
        self.bytes += len(data)
        return self._file.write(data)


def write_metadata(output: Output, name: str, notes: list[dict[str, Any]], version: str) -> None:
    """Writes features.json and dataset_info.json, so that `tfds.builder_from_directory` loads the corpus.

    `notes` give each shard's number of `records` and of `bytes`, in order. Leaves out time, host and path.
    """
    texts = {key: _text() for key in ("txt", "key", "url", "sha256")}
    numbers = {key: _integer() for key in ("width", "height")}
    features = {
        "pythonClassName": "tensorflow_datasets.core.features.features_dict.FeaturesDict",
        "featuresDict": {"features": {"jpg": _image()} | texts | numbers},
    }
    info = {
        "name": name,
        "version": version,
        "releaseNotes": {version: ""},
        "description": "Image and alt-text pairs, curated by the rules of ALIGN (arXiv 2102.05918, section 3).",
        "fileFormat": "tfrecord",
        "splits": [
            {
                "name": "train",
                "filepathTemplate": f"{name}-{{SHARD_INDEX}}-of-{{NUM_SHARDS}}.tfrecord",
                "shardLengths": [str(note["records"]) for note in notes],
                "numBytes": str(sum(note["bytes"] for note in notes)),
            }
        ],
    }
    output.write_bytes("corpus/features.json", _json(features))
    output.write_bytes("corpus/dataset_info.json", _json(info))


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def _image() -> dict[str, Any]:
    return {
        "pythonClassName": "tensorflow_datasets.core.features.image_feature.Image",
        "image": {"shape": {"dimensions": ["-1", "-1", "-1"]}, "dtype": "uint8"},
    }


def _text() -> dict[str, Any]:
    return {"pythonClassName": "tensorflow_datasets.core.features.text_feature.Text", "text": {}}


def _integer() -> dict[str, Any]:
    return {
        "pythonClassName": "tensorflow_datasets.core.features.scalar.Scalar",
        "tensor": {"shape": {}, "dtype": "int64", "encoding": "none"},
    }
