"""The column `image_error`: what the header tells, what decoding tells, and how many images of a run have each."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from filters.image_errors import MEANINGS, ImageError
from pipeline.inputs.reader import FIELDS
from pipeline.measure.header import measure
from pipeline.measure.image_errors import add_errors, count_errors, header_errors
from pipeline.measure.measures import Measures
from pipeline.measure.pixel_signals import PixelSignals
from pipeline.measure.pixels import measure_pixels
from tests.pipeline.measure.test_measuring import measured
from tests.support.pictures import chunked, encoded, noise

JPEG, PNG, WEBP = (encoded(noise(), format) for format in ("JPEG", "PNG", "WEBP"))
IN_THE_HEADER = {
    "missing": [None],
    "empty": [b""],
    "no image format": [b"<html>404</html>", b"<svg/>", bytes(2000), b"text of a caption", b"%PDF-1.7 and so on"],
    "truncated": [JPEG[:20], PNG[:20], b"\xff\xd8\xff", b"GIF89a", WEBP[:24], chunked([])],
    "refused": [encoded(noise(), "EPS"), b"8BPS\0\1" + bytes(20), b"\0\0\0\x18ftypheic" + bytes(20), b"\xff\x0a" * 9],
}


def batch(images: list[bytes | None]) -> pa.Table:
    columns = {field.name: pa.nulls(len(images), field.type) for field in FIELDS}
    columns |= {"image": pa.array(images, pa.large_binary()), "text": pa.array([b"x"] * len(images))}
    return pa.table(columns)


@pytest.mark.parametrize("error", IN_THE_HEADER)
def test_header_tells_the_error(error: str) -> None:
    table = measure(batch(IN_THE_HEADER[error]), has_images=True)
    assert set(table["image_error"].to_pylist()) == {error}
    assert not any(table["decodable"].to_pylist())


def test_a_header_without_an_error_has_none() -> None:
    table = measure(batch([JPEG, JPEG[: len(JPEG) // 2], PNG]), has_images=True)
    assert table["image_error"].to_pylist() == [None] * 3


def test_rows_without_an_image_column_have_no_error() -> None:
    table = measure(batch([None, None]), has_images=False)
    assert table["image_error"].to_pylist() == [None] * 2


@pytest.mark.parametrize(("most", "error"), [(2400, None), (2399, "over the limit")])
def test_the_limit_is_an_error_from_one_pixel_over_it(most: int, error: str | None) -> None:
    columns = measure(batch([JPEG, None]), has_images=True)
    assert header_errors({name: columns[name] for name in columns.column_names}, most).to_pylist() == [error, "missing"]


def test_sizes_of_a_url_only_table_are_no_error() -> None:
    sizes = pa.array([10**6], pa.int64())
    columns = {"width": sizes, "height": sizes, "decodable": pa.nulls(1, pa.bool_()), "image_error": pa.nulls(1)}
    assert header_errors(columns | {"image_error": pa.nulls(1, pa.string())}, 10).to_pylist() == [None]


def test_decoding_tells_the_error() -> None:
    gone, cut, whole = None, PNG[: len(PNG) // 2], PNG
    verdicts, signals = measured([gone, cut, whole, cut], None)
    assert verdicts == ["undecodable", "undecodable", None, "undecodable"]
    assert signals["image_error"] == ["missing", "truncated", None, "truncated"]


def test_a_repeated_image_has_the_error_of_the_first() -> None:
    assert measured([PNG[:200]] * 3, None)[1]["image_error"] == ["truncated"] * 3


def test_counts_have_every_code_and_add_up() -> None:
    errors = pa.array(["missing", None, "truncated", "missing"])
    assert add_errors([count_errors(errors), None, {"truncated": 4}]) == {
        "missing": 2,
        "empty": 0,
        "no image format": 0,
        "truncated": 5,
        "over the limit": 0,
        "refused": 0,
    }
    assert count_errors(pa.nulls(3, pa.string())) == {}


def test_a_run_without_images_counts_none() -> None:
    assert add_errors([None, None]) is None and add_errors([]) is None


def test_documentation_has_every_error_with_its_meaning() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "inputs.md").read_text(encoding="utf-8")
    section = page.partition("\n## Images\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z ]+)` \| (.*) \|$", section, re.MULTILINE) == [(*pair,) for pair in MEANINGS.items()]
    assert set(MEANINGS) == set(ImageError)


def test_image_over_the_limit_is_told_where_all_is_measured() -> None:
    signals = PixelSignals(np.ones(1, bool))
    known = pa.table({"image_hash": pa.array([1], pa.uint64()), "width": [60], "height": [40]})
    measures = Measures([], None, None, None, max_pixels=2399, everything=True)
    list(measure_pixels(iter([PNG]), np.arange(1), known, signals, measures))
    assert signals.error.tolist() == ["over the limit"]
