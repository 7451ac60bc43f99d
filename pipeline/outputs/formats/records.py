"""A shard of the corpus: one tf.train.Example for every kept pair, and the metadata with which TFDS loads them."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from pipeline.files import Output
from pipeline.formats import RECORDS
from pipeline.outputs.formats.sink import DigestedFile, PairImage
from train.example import encode_example, write_record


class RecordShard:
    """A record file: one record for each pair. A null string becomes ''."""

    def __init__(self, file: DigestedFile, name: str, pairs: pa.Table) -> None:
        self._file, self._pairs = file, pairs

    def add(self, image: PairImage) -> None:
        """Writes the record of a pair."""
        texts = {feature: self._pairs[name][image.row].as_py() or "" for feature, name in _TEXTS.items()}
        sizes = {"width": image.width, "height": image.height}
        write_record(self._file, encode_example({"jpg": image.data, **texts, **sizes}))

    def close(self) -> None:
        """Does nothing: a record file has no end of its own."""


_TEXTS = {"txt": "text", "key": "key", "url": "url", "sha256": "sha256"}  # features, and columns of pairs


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
                "numBytes": str(sum(note["bytes"][RECORDS] for note in notes)),
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
