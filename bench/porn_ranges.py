"""Measures the ranges of open_nsfw's activations on pictures of Debian's packages.

`python -m bench.porn_ranges > filters/open_nsfw_ranges.py` writes them, after which QUANTISED_SHA256 is another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from heapq import nsmallest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from bench.corpus import FOLDER
from bench.debian_pictures import debian_packages
from bench.porn_pictures import Found, find_pictures
from filters.open_nsfw import prepare, weights
from filters.porn import QUICK_SIDE
from filters.quantise import activations

EACH = 8  # pictures of a package
HEAD = '''"""The ranges of open_nsfw's activations, written by `python -m bench.porn_ranges`.

Of each tensor the medians, over pictures of many kinds, of its least and of its largest value in a picture: rare larger
values are cut off, and all others have finer steps.
"""

RANGES = {'''


def calibration(folders: Mapping[str, Path]) -> list[Found]:
    """The pictures on which ranges are measured: of each package those with the smallest digests."""
    by_source = defaultdict[str, list[Found]](list)
    for found in find_pictures(folders):
        by_source[found.source] = nsmallest(EACH, [*by_source[found.source], found], key=lambda each: each.sha256)
    return [found for source in by_source.values() for found in source]


def ranges(pictures: Iterable[Found]) -> Iterator[tuple[str, float, float]]:
    """Yields the name of each activation, and the medians of its least and its largest values."""
    model = onnx.load(weights())
    names = activations(model)
    for name in names:
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    seen = []
    for found in pictures:
        batch = prepare(found.open().at_least(QUICK_SIDE))[np.newaxis]
        seen.append([(values.min(), values.max()) for values in session.run(names, {model.graph.input[0].name: batch})])
    for name, (low, high) in zip(names, np.median(seen, axis=0), strict=True):
        yield name, low, high


def main() -> None:
    """Prints the module with the ranges."""
    print(HEAD)
    for name, low, high in ranges(calibration(debian_packages(FOLDER / "porn"))):
        print(f'    "{name}": ({low:.4g}, {high:.4g}),')
    print("}")


if __name__ == "__main__":
    main()
