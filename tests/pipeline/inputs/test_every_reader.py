"""Conformance of every reader, whatever its format: a new reader joins with a file in `test_fuzz.FILES`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.inputs import FIELDS, BadFile, Span, carried_columns, find_sources, open_source
from pipeline.inputs.by_extension import READERS
from pipeline.inputs.pages.extra import HTML, PAGES
from pipeline.inputs.sources import EXTENSIONS, extension
from tests.pipeline.inputs.test_fuzz import FILES, rows_of
from tests.support.inputs import INPUT, again, carried, open_path, read, whole

FORMATS = {extension(name): name for name in FILES}
CAPTIONS = ("coco.json", "karpathy.json")  # files without a column `n`


@pytest.fixture(params=FORMATS.values())
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of each format, in a folder with the images that COCO's and Karpathy's name."""
    for name in [*(f"{number}.jpg" for number in range(9)), *(f"x/{number}.jpg" for number in range(18))]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / request.param).write_bytes(FILES[request.param]())
    return tmp_path / request.param


def test_every_format_has_a_file_here() -> None:
    """Add a file to FILES when this fails: it is damaged, read from a remote folder, and tested here."""
    compressed = {kind for kind in EXTENSIONS if kind.endswith(".gz")}
    assert set(READERS) == {*EXTENSIONS, None} and set(FORMATS) >= set(EXTENSIONS) - compressed


def test_rows_have_texts_and_one_schema(path: Path) -> None:
    table = read(path)
    assert table["text"].null_count < len(table) > 5 and len(table.schema.names) >= len(FIELDS)
    assert all(name not in FIELDS.names for name in table.schema.names[len(FIELDS) :])


def test_every_row_of_the_file_is_read_with_its_text_and_its_carried_columns(path: Path) -> None:
    rows, table = rows_of(path.name), read(path)
    assert [text or b"" for text in table["text"].to_pylist()] == [str(row["text"]).encode() for row in rows]
    if path.name not in CAPTIONS and not path.name.endswith(PAGES):
        assert [int(number) for number in carried(table)["n"]] == [row["n"] for row in rows]


def test_one_schema_for_all_batches_and_at_least_one(path: Path) -> None:
    reader = open_path(path)
    for span in (Span(), *reader.spans(1)):
        batches = list(reader.batches(span))
        assert batches and all(batch.schema.equals(read(path).schema) for batch in batches)


@pytest.mark.parametrize("damage", [lambda _: bytes(range(256)) * 4, lambda content: content[: len(content) // 2]])
def test_a_file_that_is_not_of_its_format_or_cut_off_is_named(path: Path, damage: Callable[[bytes], bytes]) -> None:
    path.write_bytes(content := damage(path.read_bytes()))
    if path.name.endswith(HTML) and b"<img" in content:
        return  # a page that is cut off is a page
    with pytest.raises(BadFile) as caught:
        read(path)
    assert caught.value.path == str(path) and caught.value.reason


def test_a_second_reader_gives_the_same(path: Path) -> None:
    assert read(path).equals(read(path)) and carried_columns(read(path)).keys() == carried_columns(read(path)).keys()


def test_spans_join_to_the_whole(path: Path) -> None:
    reader = open_path(path)
    spans = [reader.spans(rows) for rows in (1, 5, 10**9)]
    assert all(left.last == right.first for found in spans for left, right in pairwise(found))
    assert all(found[0].first == 0 for found in spans) and len(spans[-1]) == 1
    assert whole(open_path(path), 1).equals(whole(open_path(path), 10**9))
    assert pa.concat_tables(open_path(path).batches(Span())).equals(read(path))


def test_images_are_found_again_from_any_shard(path: Path) -> None:
    reader, table = open_path(path), read(path)
    images = table["image"].to_pylist()
    assert reader.has_images == any(images)
    for rows in (range(len(table)), [0], [len(table) - 1], [1, 4, 5], []):
        if reader.has_images:
            assert again(path, table, rows) == [images[row] for row in rows]


def test_text_alone_has_the_same_texts_and_no_image(path: Path) -> None:
    table, texts = read(path), read(path, text_only=True)
    assert texts["text"].equals(table["text"]) and texts["image"].null_count == len(table)
    assert open_path(path, text_only=True).paths_seen == 0


def test_partitions_are_carried(path: Path) -> None:
    folder = path.parent / "lang=en"
    folder.mkdir()
    (folder / path.name).write_bytes(path.read_bytes())
    [source] = [source for source in find_sources([str(path.parent)]) if source.name.startswith("lang=")]
    table = whole(open_source(source, INPUT))
    assert carried_columns(table)["lang"].to_pylist() == ["en"] * len(table) == ["en"] * len(read(path))
