"""The images of a finished corpus, read from its records."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.files import Output, open_file
from pipeline.formats import FORMATS, RECORDS
from pipeline.inputs.errors import BadFile
from pipeline.outputs.formats.sink import PairImage
from train.example import decode_example, read_records


def read_images(corpus: Output, shard: str) -> Iterator[PairImage]:
    """Yields the images of a shard's records, with their places as rows. Raises BadFile if the file is damaged."""
    path = corpus.path(FORMATS[RECORDS].file(shard))
    try:
        with open_file(path) as file:
            for place, (_, data) in enumerate(read_records(file)):
                features = decode_example(data)
                yield PairImage(place, features["jpg"][0], features["width"][0], features["height"][0])
    except (ValueError, KeyError, IndexError) as error:
        raise BadFile(path, f"no records of a corpus: {str(error).removeprefix(f'{path}: ')}") from error
